"""The built-in sample cluster in the real API server, with what controllers and kubelets would have added.

Those do not run there: owner references get the owners' real uids, aggregated roles their rules, pods a
phase, and nodes no taint of their first moment. Kinds of add-ons get a definition. What is a file in any
cluster (`Kind.elsewhere`) is not applied: a scan that is to see it gets `FILES` as its evidence.
"""

from collections.abc import Iterable
from pathlib import Path

import yaml
from msgspec import to_builtins

from checks.cluster import sample
from checks.cluster.defaults import aggregated
from checks.cluster.kinds import of_wire
from checks.cluster.manifests import Reader
from checks.cluster.objects import ClusterRole
from checks.cluster.sample import sources
from tests.harness.add_ons import definitions, missing_definitions
from tests.harness.kubernetes_api import Api, Object, objects_in

FILES = Path(str(sample.__file__)).parent
"""The sample's own files."""
_Key = tuple[str, str | None, str]


def load_sample(api: Api) -> list[Object]:
    """Apply all of the sample that an API server holds, and return the objects as it stores them."""
    rules = _aggregated_rules()
    waiting = [_with_rules(each, rules) for each in sample_objects()]
    waiting = [*missing_definitions(api, waiting), *waiting]
    stored: dict[_Key, Object] = {}
    while waiting:
        ready = [each for each in waiting if all(key in stored for key in _owners(each))]
        assert ready, f"owners that do not exist: {[_owners(each) for each in waiting]}"
        waiting = [each for each in waiting if each not in ready]
        for each in api.apply(*(_adopted(item, stored) for item in ready)):
            stored[_key(each)] = each
        for each in ready:
            if each["kind"] == "Pod" and "status" in each:
                _set_status(api, each, each["status"])
            if each["kind"] == "DaemonSet":
                _set_status(api, each, _ON_ONE_NODE)
            if each["kind"] == "Node":
                _make_ready(api, each)
    return list(stored.values())


def remove_sample(api: Api) -> None:
    """Delete what `load_sample` made, but for the objects that every API server makes for itself."""
    built_in = {"default", "kube-system", "kube-public", "kube-node-lease"}
    kept = [each for each in sample_objects() if not _is_bootstrap(each)]
    api.delete(
        *definitions(kept),
        *(each for each in kept if each["metadata"]["name"] not in built_in or each["kind"] != "Namespace"),
    )


def sample_objects() -> list[Object]:
    """Every object of the sample's files that an API server can hold."""
    documents = [each for source in sources() for each in yaml.safe_load_all(source.text())]
    found = [each for each in objects_in(documents) if not _is_a_file(each)]
    for each in found:  # who wrote what, the API server itself keeps
        each["metadata"].pop("managedFields", None)
    return found


def _is_a_file(item: Object) -> bool:
    read_as = of_wire(item["apiVersion"], item["kind"])
    return bool(read_as) and all(each.elsewhere for each in read_as)


def _is_bootstrap(item: Object) -> bool:
    labels: dict[str, str] = item["metadata"].get("labels", {})
    return labels.get("kubernetes.io/bootstrapping") == "rbac-defaults"


def _aggregated_rules() -> dict[str, list[Object]]:
    reader = Reader()
    for source in sources():
        reader.read(source)
    roles = tuple(each for each in reader.objects.values() if isinstance(each, ClusterRole))
    return {
        role.metadata.name: to_builtins(role.rules or ())
        for role in aggregated(roles)
        if role.aggregation_rule
    }


def _with_rules(item: Object, rules: dict[str, list[Object]]) -> Object:
    if item["kind"] == "ClusterRole" and item["metadata"]["name"] in rules:
        return {**item, "rules": rules[item["metadata"]["name"]]}
    return item


def _owners(item: Object) -> Iterable[_Key]:
    metadata = item["metadata"]
    for owner in metadata.get("ownerReferences", []):
        namespace = None if owner["kind"] == "Node" else metadata.get("namespace")
        yield owner["kind"], namespace, owner["name"]


def _adopted(item: Object, stored: dict[_Key, Object]) -> Object:
    metadata = item["metadata"]
    if "ownerReferences" not in metadata:
        return item
    uids = [stored[key]["metadata"]["uid"] for key in _owners(item)]
    owners = [{**owner, "uid": uid} for owner, uid in zip(metadata["ownerReferences"], uids, strict=True)]
    return {**item, "metadata": {**metadata, "ownerReferences": owners}}


_ON_ONE_NODE = {
    "desiredNumberScheduled": 1,
    "currentNumberScheduled": 1,
    "numberReady": 1,
    "numberMisscheduled": 0,
}
"""What a controller would say of a DaemonSet: without one it is for no node at all."""


def _set_status(api: Api, item: Object, status: Object) -> None:
    api.request(
        "PATCH", f"{api.path(item)}/status", {"status": status}, content_type="application/merge-patch+json"
    )


def _make_ready(api: Api, node: Object) -> None:
    """Take off the taint that a new node has until a controller finds it ready."""
    taints = node.get("spec", {}).get("taints")
    body = {"spec": {"taints": taints}}
    api.request("PATCH", api.path(node), body, content_type="application/merge-patch+json")


def _key(item: Object) -> _Key:
    return item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]

"""The kinds that come with add-ons, in the real API server: definitions as wide as their objects need."""

from collections.abc import Iterable, Iterator

from checks.cluster.kinds import of_wire
from tests.harness.kubernetes_api import Api, Object


def definitions(objects: Iterable[Object]) -> Iterator[Object]:
    """A CRD for each kind among the objects that is an add-on's."""
    for version, kind in dict.fromkeys((each["apiVersion"], each["kind"]) for each in objects):
        read_as = of_wire(version, kind)
        if any(each.custom for each in read_as):
            yield definition(version, kind, read_as[0].plural, namespaced=read_as[0].namespaced)


def missing_definitions(api: Api, objects: Iterable[Object]) -> list[Object]:
    """Those of them that a server has need of."""
    return [each for each in definitions(objects) if not api.serves(*_of(each))]


def _of(each: Object) -> tuple[str, str]:
    spec = each["spec"]
    return f"{spec['group']}/{spec['versions'][0]['name']}", spec["names"]["kind"]


def definition(api_version: str, kind: str, plural: str, *, namespaced: bool) -> Object:
    """A CRD whose objects may hold anything."""
    group, _, version = api_version.rpartition("/")
    anything = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{plural}.{group}",
            "annotations": {"api-approved.kubernetes.io": "unapproved, for tests"},
        },
        "spec": {
            "group": group,
            "scope": "Namespaced" if namespaced else "Cluster",
            "names": {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"},
            "versions": [{"name": version, "served": True, "storage": True, "schema": anything}],
        },
    }

"""The real API server takes the chart under `restricted`, and grants its account just what it says."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from uuid import uuid4

import pytest

from checks.cluster.kinds import KINDS, Kind
from tests.harness.api_server import ApiServer
from tests.harness.kubernetes_api import ApiError
from tests.helm.chart import RELEASE, one, pod_of, render

WRITES = ("create", "update", "patch", "delete", "deletecollection", "watch")
EVERYTHING: dict[str, Any] = {
    "slack": {"existingSecret": "slack"},
    "database": {"existingSecret": "database"},
    "kubeconfigs": {"existingSecret": "kubeconfigs"},
    "networkPolicy": {
        "defaultDeny": True,
        "metricsFrom": [{"namespaceSelector": {}}],
        "egressPorts": [443, 5432],
        "extraEgress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}],
    },
    "image": {"digest": f"sha256:{'0' * 64}", "pullSecrets": [{"name": "pull"}]},
    "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy.example:3128"}],
    "extraVolumes": [{"name": "authorities", "configMap": {"name": "authorities"}}],
    "extraVolumeMounts": [{"name": "authorities", "mountPath": "/etc/authorities"}],
    "podAnnotations": {"example.com/a": "b"},
    "podLabels": {"example.com/c": "d"},
    "commonLabels": {"example.com/e": "f"},
    "serviceAccount": {"annotations": {"example.com/g": "h"}},
    "persistence": {"storageClassName": "fast"},
    "priorityClassName": "",
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "affinity": {"nodeAffinity": {}},
}


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["defaults", "every value"])
def test_every_object_is_accepted(api_server: ApiServer, restricted: str, values: dict[str, Any]) -> None:
    objects = render(restricted, **values)
    stored = api_server.api.apply(*objects, namespace=restricted, dry_run=True)
    assert len(stored) == len(objects) >= 7


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["defaults", "every value"])
def test_its_pod_is_admitted_under_restricted(
    api_server: ApiServer, restricted: str, values: dict[str, Any]
) -> None:
    pod = pod_of(one(render(restricted, **values), "Deployment"))
    (stored,) = api_server.api.apply(pod, namespace=restricted, dry_run=True)
    assert stored["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True


@pytest.mark.parametrize(
    ("field", "value"),
    [("privileged", True), ("allowPrivilegeEscalation", True), ("capabilities", {}), ("runAsUser", 0)],
)
def test_the_same_pod_with_one_right_more_is_refused(
    api_server: ApiServer, restricted: str, field: str, value: Any
) -> None:
    pod = deepcopy(pod_of(one(render(restricted), "Deployment")))
    context = pod["spec"]["containers"][0]["securityContext"]
    context[field] = value
    context |= {"allowPrivilegeEscalation": True} if field == "privileged" else {}
    with pytest.raises(ApiError, match="violates PodSecurity") as refused:
        api_server.api.apply(pod, namespace=restricted, dry_run=True)
    assert refused.value.status == 403


@pytest.fixture
def account(api_server: ApiServer) -> Iterator[tuple[str, bool]]:
    """The release installed in a namespace of its own: its service account's user name."""
    yield from _installed(api_server, secrets=False)


@pytest.fixture
def account_with_secrets(api_server: ApiServer) -> Iterator[tuple[str, bool]]:
    """The same with `rbac.readSecretMetadata`."""
    yield from _installed(api_server, secrets=True)


def _installed(api_server: ApiServer, *, secrets: bool) -> Iterator[tuple[str, bool]]:
    name = f"chart-{uuid4().hex[:10]}"
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    objects = render(name, rbac={"readSecretMetadata": secrets})
    api_server.api.apply(namespace, *objects, namespace=name)
    sa = one(objects, "ServiceAccount")["metadata"]["name"]
    yield f"system:serviceaccount:{name}:{sa}", secrets
    api_server.api.delete(namespace, *(each for each in objects if "namespace" not in each["metadata"]))


def _may(api_server: ApiServer, user: str, verb: str, kind: Kind, *, everywhere: bool = True) -> bool:
    namespace = "" if everywhere or not kind.namespaced else "default"
    groups = ["system:serviceaccounts", "system:authenticated"]
    return api_server.api.sar(user, groups, verb, kind.plural, group=kind.group, namespace=namespace)


def test_its_account_may_list_every_kind_but_secrets(
    api_server: ApiServer, account: tuple[str, bool]
) -> None:
    user, _ = account
    may = {
        kind.name for kind in KINDS.values() if not kind.elsewhere and _may(api_server, user, "list", kind)
    }
    listed = {kind.name for kind in KINDS.values() if not kind.elsewhere}
    assert may == listed - {"Secret", "GatekeeperConstraint"}


def test_its_account_may_not_touch_secrets(api_server: ApiServer, account: tuple[str, bool]) -> None:
    user, _ = account
    secret = KINDS["Secret"]
    asked = [(verb, everywhere) for verb in ("get", "list", "watch") for everywhere in (True, False)]
    assert [each for each in asked if _may(api_server, user, each[0], secret, everywhere=each[1])] == []


def test_with_the_value_it_may_list_secrets(
    api_server: ApiServer, account_with_secrets: tuple[str, bool]
) -> None:
    user, _ = account_with_secrets
    assert _may(api_server, user, "list", KINDS["Secret"])
    assert not _may(api_server, user, "watch", KINDS["Secret"])


def test_its_account_may_write_nothing(api_server: ApiServer, account_with_secrets: tuple[str, bool]) -> None:
    user, _ = account_with_secrets
    may = [
        f"{verb} {kind.name}"
        for kind in KINDS.values()
        for verb in WRITES
        if _may(api_server, user, verb, kind)
    ]
    assert may == []
    assert not api_server.api.sar(user, [], "create", "pods", subresource="exec")
    assert not api_server.api.sar(user, [], "get", "nodes", subresource="proxy")
    assert not api_server.api.sar(user, [], "impersonate", "users")
    assert not api_server.api.sar(user, [], "create", "serviceaccounts", subresource="token")


def test_its_token_reads_pods_and_is_refused_secrets(
    api_server: ApiServer, account: tuple[str, bool]
) -> None:
    """The same through a real token, as the pod would hold it."""
    _, _, namespace, name = account[0].split(":")
    token = api_server.api.service_account_token(namespace, name)
    api = type(api_server.api)(api_server.url, api_server.ca, token)
    try:
        assert "items" in api.get("/api/v1/pods", limit=1)
        with pytest.raises(ApiError) as refused:
            api.get("/api/v1/secrets", limit=1)
    finally:
        api.close()
    assert refused.value.status == 403
    assert name == f"{RELEASE}-quarterdeck"

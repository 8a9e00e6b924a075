"""What the checks on meshes say where something was not read, and whose policies count where."""

from __future__ import annotations

import pytest

from checks.mesh import istio, istio_access
from checks.model import Status
from checks.registry import all_checks
from checks.run import evaluate
from tests.checks.network.network_objects import Doc, deployment, only, pod
from tests.harness.fixture_snapshot import snapshot_of

CHECKS = {check.id: check for check in all_checks()}


def authentication(name: str, namespace: str, mode: str, created: str = "", **selector: str) -> Doc:
    spec: Doc = {"mtls": {"mode": mode}}
    if selector:
        spec["selector"] = only(**selector)
    meta = {"name": name, "namespace": namespace, "creationTimestamp": created or "2026-01-01T00:00:00Z"}
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": meta,
        "spec": spec,
    }


def mode(*docs: Doc) -> str:
    return istio.mutual(snapshot_of(*docs), "web", {"app": "shop"}).mode.value


def test_a_policy_with_a_selector_in_the_root_namespace_does_not_count() -> None:
    assert mode(authentication("a", "istio-system", "STRICT", app="shop")) == "PERMISSIVE"
    assert mode(authentication("a", "istio-system", "STRICT")) == "STRICT"


def test_the_oldest_of_one_scope_counts() -> None:
    younger = authentication("a", "web", "STRICT", "2026-02-01T00:00:00Z")
    assert mode(younger, authentication("b", "web", "DISABLE", "2026-01-01T00:00:00Z")) == "DISABLE"


def test_the_root_namespace_is_where_istiod_runs() -> None:
    istiod = deployment("istiod-canary", "mesh", app="istiod")
    assert istio.root_namespace(snapshot_of(istiod)) == "mesh"
    assert mode(istiod, authentication("a", "mesh", "STRICT")) == "STRICT"


@pytest.mark.parametrize("value", ["", "strict", "SOMETHING", None])
def test_a_mode_that_is_none_takes_the_wider_scopes(value: str) -> None:
    assert mode(authentication("a", "istio-system", "STRICT"), authentication("b", "web", value)) == "STRICT"


@pytest.mark.parametrize("kind", ["IstioAuthorizationPolicy", "LinkerdAuthorizationPolicy"])
def test_authorizations_that_were_not_read_leave_mutual_tls_open(kind: str) -> None:
    snapshot = snapshot_of(pod("shop"), deployment("istiod", "istio-system"), missing={kind: "403"})
    scan = evaluate(snapshot, (CHECKS["mesh-mtls-not-strict"],), (), tool_version="test")
    assert {result.status for result in scan.results} == {Status.NOT_EVALUATED}


def access(name: str, namespace: str = "web", **spec: object) -> Doc:
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


BUT_ONE_BLOCK = {"notPrincipals": ["*"], "notIpBlocks": ["10.0.0.0/8"]}
KNOWN = [{"from": [{"source": {"principals": ["*"]}}]}]


@pytest.mark.parametrize(
    ("policies", "names"),
    [
        ([], []),
        ([access("a", rules=KNOWN)], ["a"]),
        ([access("a")], ["a"]),
        ([access("a", rules=[{}])], []),
        ([access("a", rules=KNOWN), access("b", rules=[{}])], []),
        ([access("a", action="DENY", rules=KNOWN)], []),
        ([access("a", action="DENY", rules=[{}]), access("b", rules=[{}])], ["a"]),
        ([access("a", action="DENY", rules=[{"from": [{"source": {"notPrincipals": ["*"]}}]}])], ["a"]),
        ([access("a", action="DENY", rules=[{"from": [{"source": BUT_ONE_BLOCK}]}])], []),
        ([access("a", action="AUDIT", rules=KNOWN)], []),
        ([access("a", action="CUSTOM", rules=KNOWN)], []),
        ([access("a", "istio-system", rules=KNOWN)], ["a"]),
        ([access("a", "data", rules=KNOWN)], []),
        ([access("a", selector=only(app="other"), rules=KNOWN)], []),
        ([access("a", targetRefs=[{"kind": "Gateway", "name": "g"}], rules=KNOWN)], []),
        ([access("a", rules=[{"when": [{"key": "source.namespace", "values": ["web"]}]}])], ["a"]),
        ([access("a", rules=[{"when": [{"key": "source.namespace", "notValues": ["x"]}]}])], []),
        ([access("a", action="DENY", rules=[{"to": [{"operation": {"ports": ["80"]}}]}])], []),
    ],
)
def test_which_policies_of_istio_refuse_whoever_has_no_certificate(
    policies: list[Doc], names: list[str]
) -> None:
    found = istio_access.refusing(snapshot_of(*policies), "web", {"app": "shop"})
    assert [each.metadata.name for each in found] == names


@pytest.mark.parametrize("kind", ["PeerAuthentication", "LinkerdServer", "Namespace"])
@pytest.mark.parametrize("check", ["mesh-mtls-not-strict", "mesh-workload-outside"])
def test_what_was_not_read_leaves_it_open(check: str, kind: str) -> None:
    snapshot = snapshot_of(pod("shop"), deployment("istiod", "istio-system"), missing={kind: "403"})
    scan = evaluate(snapshot, (CHECKS[check],), (), tool_version="test")
    assert {result.status for result in scan.results} == {Status.NOT_EVALUATED}


@pytest.mark.parametrize("kind", ["CiliumNetworkPolicy", "ClusterNetworkPolicy", "CalicoTier"])
def test_policies_that_were_not_read_leave_isolation_open(kind: str) -> None:
    check = CHECKS["namespace-default-deny-ingress"]
    snapshot = snapshot_of(pod("shop"), missing={kind: "403"})
    scan = evaluate(snapshot, (check,), (), tool_version="test")
    assert {result.status for result in scan.results} == {Status.NOT_EVALUATED}

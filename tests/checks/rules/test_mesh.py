"""What the checks on meshes say where something was not read, and whose policies count where."""

from __future__ import annotations

import pytest

from checks.mesh import istio
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

"""Ways in words, as they are kept and drawn."""

from __future__ import annotations

import pytest

from checks.access.escalation.graph import graph
from checks.access.escalation.places import Goal
from checks.access.escalation.told import right, told
from checks.access.matching import Request
from checks.model import Subject, WayStep
from tests.checks.access.escalation.ways_of import account, namespace
from tests.checks.access.rbac_objects import binding, role, rule
from tests.harness.fixture_snapshot import snapshot_of


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (Request("*", "*", "*", "*"), "every verb on every resource"),
        (Request("patch", "deployments", "apps", namespace="ci"), "patch deployments in ci"),
        (Request("create", "pods", "", "exec", "api-0", "ci"), "create pods/exec api-0 in ci"),
        (
            Request("escalate", "clusterroles", "rbac.authorization.k8s.io", "", "x", ""),
            "escalate clusterroles x",
        ),
        (Request("get", "things", "shop.example"), "get things.shop.example"),
        (Request("get", path="/metrics"), "get /metrics"),
    ],
)
def test_a_right_is_said_in_short(request_: Request, said: str) -> None:
    assert right(request_) == said


def test_a_way_names_who_does_what_by_which_binding() -> None:
    snapshot = snapshot_of(
        namespace("ci"),
        *(account(f"ci/{name}") for name in ("runner", "deployer")),
        role("cluster-admin", rule("*", "*", "*"), rule("*", urls="*")),
        role("tokens", rule("create", "core", "serviceaccounts/token")),
        binding("deployer", "cluster-admin", "sa:ci/deployer"),
        binding("runner", "tokens", "sa:ci/runner", namespace="ci", kind="ClusterRole"),
    )
    chain = graph(snapshot).shortest(Subject("ServiceAccount", "runner", "ci"), Goal.ADMIN)
    assert chain is not None
    deployer = "ServiceAccount ci/deployer"
    assert told(chain) == (
        WayStep(
            "ServiceAccount ci/runner",
            "E9",
            "create a token",
            ("create serviceaccounts/token deployer in ci",),
            "",
            ("RoleBinding ci/runner",),
            ("RoleBinding ci/runner",),
            deployer,
        ),
        WayStep(
            deployer,
            "E1",
            "hold everything",
            ("every verb on every resource",),
            "",
            ("ClusterRoleBinding deployer",),
            ("ClusterRoleBinding deployer",),
            "cluster-admin",
        ),
    )

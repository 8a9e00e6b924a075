"""What the checks on single policies say: which rule opens, whom labels let in, and who may set them."""

from __future__ import annotations

from typing import Any

from checks.model import Result, Status
from checks.registry import all_checks
from checks.run import evaluate
from tests.checks.network.network_objects import Doc, only, pod, policy
from tests.harness.fixture_snapshot import snapshot_of

CHECKS = {check.id: check for check in all_checks()}
WEB: Doc = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web"}}
RBAC = "rbac.authorization.k8s.io"


def of_policy(check: str, *docs: Doc, **options: Any) -> Result:
    found = evaluate(snapshot_of(WEB, *docs, **options), (CHECKS[check],), (), tool_version="t").results
    (result,) = [each for each in found if each.resource.kind == "NetworkPolicy"]
    return result


def granted(name: str, verb: str, *, namespace: str = "") -> tuple[Doc, Doc]:
    """A role with a right on namespaces, bound to a service account, in a namespace or everywhere."""
    kind = "Role" if namespace else "ClusterRole"
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    rules = [{"apiGroups": [""], "resources": ["namespaces"], "verbs": [verb]}]
    subjects = [{"kind": "ServiceAccount", "name": name, "namespace": "web"}]
    bound: Doc = {
        "apiVersion": f"{RBAC}/v1",
        "kind": f"{kind}Binding",
        "metadata": metadata,
        "roleRef": {"apiGroup": RBAC, "kind": kind, "name": name},
        "subjects": subjects,
    }
    return {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": metadata, "rules": rules}, bound


TRUSTING = policy(
    "p", ingress=[{}, {"from": [{"podSelector": {}}, {"namespaceSelector": only(team="a", env="b")}]}]
)


def test_the_rules_that_allow_all_are_named_in_both_directions() -> None:
    opened = policy("p", types="Ingress Egress", ingress=[{"ports": [{"port": 1}]}, {}], egress=[{"to": []}])
    result = of_policy("network-policy-allows-all", opened)
    assert result.message == "It allows all incoming and all outgoing traffic."
    assert [each.path for each in result.evidence] == ["spec.ingress[1]", "spec.egress[0]"]


def test_labels_and_who_may_set_them_are_named() -> None:
    result = of_policy("network-policy-trusts-namespace-label", TRUSTING, *granted("ci", "patch"))
    assert result.status is Status.FAIL
    assert result.message == "It goes by labels of namespaces, which ServiceAccount web/ci may set."
    peer, chain = result.evidence
    assert (peer.path, peer.observed) == ("spec.ingress[1].from[1].namespaceSelector", ["env", "team"])
    assert (chain.path, chain.source) == ("subjects[0]", "ClusterRoleBinding ci")


def test_whoever_may_label_one_namespace_is_let_in_too() -> None:
    result = of_policy(
        "network-policy-trusts-namespace-label", TRUSTING, *granted("ci", "update", namespace="web")
    )
    assert result.status is Status.FAIL


def test_who_can_do_everything_and_who_may_only_look_do_not_count() -> None:
    admin = granted("root", "*")
    admin[0]["rules"] = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    result = of_policy("network-policy-trusts-namespace-label", TRUSTING, *admin, *granted("view", "list"))
    assert result.status is Status.PASS


def test_pods_that_could_not_be_listed_make_no_policy_one_for_nobody() -> None:
    check = CHECKS["network-policy-selects-nothing"]
    snapshot = snapshot_of(WEB, policy("p", only(app="x")), missing={"Pod": "403"})
    (result,) = evaluate(snapshot, (check,), (), tool_version="t").results
    assert result.status is Status.NOT_EVALUATED


def test_a_namespace_that_was_not_listed_leaves_a_cluster_wide_policy_open() -> None:
    wide = {
        "apiVersion": "policy.networking.k8s.io/v1alpha2",
        "kind": "ClusterNetworkPolicy",
        "metadata": {"name": "c"},
        "spec": {
            "tier": "Admin",
            "priority": 1,
            "subject": {"namespaces": only(team="a")},
            "ingress": [{"action": "Deny", "from": [{"namespaces": {}}]}],
        },
    }
    snapshot = snapshot_of(WEB, wide, pod("front", "elsewhere", app="front"))
    (result,) = CHECKS["network-policy-selects-nothing"].function(snapshot)
    assert result.status is Status.NOT_EVALUATED
    assert "labels could not be read" in (result.reason or "")

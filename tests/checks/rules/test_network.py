"""What the checks on network policies say beyond a status: who is open, by which policy, what is unknown."""

from __future__ import annotations

from typing import Any

import pytest

from checks.model import Result, Status
from checks.registry import all_checks
from checks.run import evaluate
from tests.harness.fixture_snapshot import snapshot_of

Doc = dict[str, Any]
CHECKS = {check.id: check for check in all_checks()}
WEB: Doc = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web", "uid": "n"}}


def pod(name: str, *, host: bool = False) -> Doc:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "web", "labels": {"app": name}},
        "spec": {"hostNetwork": host, "containers": []},
        "status": {"phase": "Running"},
    }


def policy(name: str, **spec: Any) -> Doc:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": "web", "uid": "p", "resourceVersion": "9"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"], **spec},
    }


def daemon_set(name: str) -> Doc:
    meta = {"name": name, "namespace": "kube-system"}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": meta,
        "spec": {"template": {"spec": {}}},
    }


def only(*docs: Doc, check: str = "namespace-default-deny-ingress", **options: Any) -> Result:
    scan = evaluate(snapshot_of(WEB, *docs, **options), (CHECKS[check],), (), tool_version="test")
    (result,) = scan.results
    return result


def test_open_pods_are_named() -> None:
    result = only(pod("shop"), pod("front"), policy("shop", podSelector={"matchLabels": {"app": "shop"}}))
    assert result.message == "Open to all incoming traffic: Pod front (1 of 2)."
    assert result.evidence[0].uid == "n"


def test_a_nullifying_policy_is_named_with_its_rule() -> None:
    result = only(pod("shop"), policy("deny"), policy("temporary", ingress=[{"ports": [{"port": 1}]}, {}]))
    assert (
        result.message
        == "Policy temporary allows all incoming traffic to every pod, whatever other policies say."
    )
    (fact,) = result.evidence
    assert (fact.path, fact.source, fact.uid, fact.resource_version) == (
        "spec.ingress[1]",
        "NetworkPolicy web/temporary",
        "p",
        "9",
    )


def test_a_pass_says_what_is_opened_and_what_is_beyond() -> None:
    opening = policy("open", podSelector={"matchLabels": {"app": "front"}}, ingress=[{}])
    result = only(pod("shop"), pod("front"), pod("agent", host=True), policy("deny"), opening)
    assert result.status is Status.PASS
    assert result.message == (
        "Policy deny denies incoming traffic by default. Opened again for 1 of 2 pods, by policy open. "
        "On their node's network, beyond any policy: Pod agent. "
        "Whether it is enforced, the API does not show."
    )


def test_rule_78_a_verdict_under_flannel_says_that_nothing_enforces_it() -> None:
    result = only(pod("shop"), policy("deny"), daemon_set("kube-flannel-ds"))
    assert result.status is Status.MANUAL
    assert "flannel, which does not enforce it" in (result.reason or "")


def test_policies_of_other_kinds_are_said_not_to_be_looked_at() -> None:
    result = only(pod("shop"), daemon_set("ovnkube-node"))
    assert result.message.endswith("Policies of OVN-Kubernetes's own kinds are not looked at.")


@pytest.mark.parametrize("kind", ["NetworkPolicy", "Pod", "CronJob"])
def test_what_could_not_be_read_leaves_it_open(kind: str) -> None:
    result = only(pod("shop"), policy("deny"), missing={kind: "403: may not list"})
    assert result.status is Status.NOT_EVALUATED


def test_without_namespaces_it_is_open_too() -> None:
    check = CHECKS["namespace-network-policy-missing"]
    (result,) = evaluate(snapshot_of(missing={"Namespace": "403"}), (check,), (), tool_version="test").results
    assert result.status is Status.NOT_EVALUATED


@pytest.mark.parametrize(
    ("names", "said"), [(["a"], "1 network policy."), (["a", "b"], "2 network policies.")]
)
def test_policies_are_counted(names: list[str], said: str) -> None:
    result = only(*(policy(name) for name in names), check="namespace-network-policy-missing")
    assert (result.status, result.message) == (Status.PASS, f"It has {said}")

"""Which network plugin is seen, what it is told about policies, and what that does to the answers."""

from __future__ import annotations

from typing import Any

from checks.cluster import objects as o
from checks.cluster.objects import wire
from checks.model import Evidence, Result, Status
from checks.network.peers import peers
from checks.network.plugin import plugin
from checks.network.reach import Outcome, reach
from checks.registry import all_checks
from checks.run import evaluate
from tests.checks.network.network_objects import Doc, pod, policy
from tests.harness.fixture_snapshot import snapshot_of

CHECKS = {check.id: check for check in all_checks()}
WEB: Doc = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web"}}
DENY = policy("deny", types="Ingress")


def daemon_set(name: str, *containers: str, desired: int = 1) -> Doc:
    spec = {"template": {"spec": {"containers": [{"name": each, "image": "a:1"} for each in containers]}}}
    meta = {"name": name, "namespace": "kube-system"}
    status = {"desiredNumberScheduled": desired}
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": meta, "spec": spec, "status": status}


def cilium(**data: str) -> tuple[Doc, Doc]:
    entries = {key.replace("_", "-"): value for key, value in data.items()}
    meta = {"name": "cilium-config", "namespace": "kube-system"}
    told = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": entries}
    return daemon_set("cilium", "cilium-agent"), told


def judged(check: str, *docs: Doc, **options: Any) -> list[Result]:
    return list(evaluate(snapshot_of(WEB, *docs, **options), (CHECKS[check],), (), tool_version="t").results)


def test_of_the_config_map_only_three_settings_are_kept() -> None:
    _, told = cilium(enable_policy="never", cluster_name="harbour", etcd_config="password: hunter2")
    kept = wire.encode(wire.convert(told, o.NetworkPluginConfigMap))
    assert b"never" in kept
    assert b"hunter2" not in kept
    assert b"harbour" not in kept


def test_a_daemon_set_for_no_node_does_not_count() -> None:
    found = plugin(snapshot_of(*cilium(), daemon_set("aws-node", "aws-node", desired=0)))
    assert found.names == ("Cilium",)


def test_one_that_enforces_beside_one_that_does_not_leaves_it_open() -> None:
    both = plugin(snapshot_of(daemon_set("kube-flannel-ds"), daemon_set("antrea-agent")))
    assert (both.names, both.enforces) == (("Antrea", "flannel"), None)
    never = plugin(snapshot_of(daemon_set("kube-flannel-ds"), *cilium(enable_policy="never")))
    assert never.enforces is False


def test_ciliums_mode_is_the_evidence() -> None:
    (result,) = judged("cni-not-enforcing", *cilium(enable_policy="never"))
    assert result.status is Status.FAIL
    assert result.message == (
        "The network plugin seems to be Cilium, which is told to enforce nothing (enable-policy: never)."
    )
    assert result.evidence == (
        Evidence(
            "metadata.name",
            "cilium",
            "a network plugin that enforces policies",
            "DaemonSet kube-system/cilium",
        ),
        Evidence("data.enable-policy", "never", "default or always", "ConfigMap kube-system/cilium-config"),
    )


def test_audit_mode_makes_a_default_deny_doubtful() -> None:
    (result,) = judged("namespace-default-deny-ingress", DENY, *cilium(policy_audit_mode="true"))
    assert result.status is Status.MANUAL
    assert "only logs what it would deny" in (result.reason or "")


def test_a_mode_that_could_not_be_read_is_said() -> None:
    found, _ = cilium()
    results = judged("namespace-default-deny-ingress", DENY, found, missing={"NetworkPluginConfigMap": "403"})
    by_status = {each.status: each for each in results}
    assert set(by_status) == {Status.PASS, Status.NOT_EVALUATED}
    assert by_status[Status.PASS].message.endswith(
        "The plugin is Cilium, whose mode is not known, because ConfigMap cilium-config could not be read."
    )


def test_in_mode_always_nobody_reaches_a_pod_that_no_policy_is_for() -> None:
    front, shop = pod("front", app="front"), pod("shop", app="shop")
    for told, expected in (("default", Outcome.ALLOWED), ("always", Outcome.DENIED)):
        snapshot = snapshot_of(WEB, front, shop, *cilium(enable_policy=told))
        first, second = peers(snapshot)["web"]
        found = reach(snapshot, first, second)
        assert found.outcome is expected
        steps = [step for side in found.sides if side.decision for step in side.decision.steps]
        assert {str(step.rule.policy.resource) for step in steps} == (
            {"ConfigMap kube-system/cilium-config"} if told == "always" else set()
        )


def test_kube_system_is_left_to_a_person() -> None:
    system = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system"}}
    for check in ("namespace-default-deny-egress", "namespace-network-policy-missing"):
        by_name = {each.resource.name: each for each in judged(check, system)}
        assert (by_name["web"].status, by_name["kube-system"].status) == (Status.FAIL, Status.MANUAL)
        assert "isolating them can break the cluster" in (by_name["kube-system"].reason or "")
        assert by_name["kube-system"].evidence


PUBLISHED: Doc = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "shop", "namespace": "web"},
    "spec": {"type": "NodePort", "selector": {"app": "shop"}},
}
EXPOSED = (PUBLISHED, pod("shop", app="shop"))


def guarded(*docs: Doc, **options: Any) -> Result:
    found = judged("service-exposed-without-policy", *EXPOSED, *docs, **options)
    (result,) = [each for each in found if each.resource.kind == "Service"]
    return result


def test_a_published_service_is_left_open_where_the_mode_of_cilium_was_not_read() -> None:
    hidden = {"NetworkPluginConfigMap": "403"}
    agent, _ = cilium()
    open_ = guarded(agent, missing=hidden)
    assert open_.status is Status.NOT_EVALUATED
    assert "ConfigMap kube-system/cilium-config: it could not be read" in (open_.reason or "")
    closed = guarded(agent, DENY, missing=hidden)
    assert closed.status is Status.NOT_EVALUATED
    assert "isolate all of its 1 pods" in (closed.reason or "")
    assert "could not be read" in (closed.reason or "")


def test_a_published_service_is_judged_by_the_mode_of_cilium_that_was_read() -> None:
    assert guarded(*cilium(enable_policy="default")).status is Status.FAIL
    assert guarded(*cilium(enable_policy="always")).status is Status.PASS
    assert guarded(*cilium(enable_policy="default"), DENY).status is Status.PASS
    never = guarded(*cilium(enable_policy="never"), DENY)
    assert never.status is Status.MANUAL
    assert "told to enforce nothing" in (never.reason or "")


def test_a_hidden_config_map_of_another_plugin_leaves_nothing_open() -> None:
    calico = daemon_set("calico-node", "calico-node")
    assert guarded(calico, DENY, missing={"NetworkPluginConfigMap": "403"}).status is Status.PASS
    assert guarded(calico, missing={"NetworkPluginConfigMap": "403"}).status is Status.FAIL


def test_what_policies_close_is_closed_in_name_only_under_flannel() -> None:
    flannel = daemon_set("kube-flannel-ds", "kube-flannel")
    (result,) = [
        each
        for each in judged("workload-reachable-from-everywhere", EXPOSED[1], DENY, flannel)
        if each.resource.name == "shop"
    ]
    assert result.status is Status.MANUAL
    assert "The policies close it. But the network plugin seems to be flannel" in (result.reason or "")

"""The numbered rules of NetworkPolicy: what isolates, what only looks like it, and what undoes it."""

from __future__ import annotations

import msgspec
import pytest

from checks.cluster import objects as o
from checks.network.isolation import Isolation, NamespaceIsolation, PodState, isolation, namespaces
from checks.network.plugin import plugin
from checks.network.policies import Direction, directions
from tests.checks.network.network_objects import Doc, deployment, only, pod, policy
from tests.harness.fixture_snapshot import snapshot_of

INGRESS, EGRESS = Direction.INGRESS, Direction.EGRESS
SHOP = pod("shop", app="shop")
DENY = policy("default-deny", types="Ingress")
ALL: list[Doc] = [{}]
PORT = [{"ports": [{"port": 53, "protocol": "UDP"}]}]


def judged(*docs: Doc, direction: Direction = INGRESS) -> NamespaceIsolation:
    return isolation(snapshot_of(*docs), "web", direction)


def spec(**fields: object) -> o.NetworkPolicySpec:
    return msgspec.convert(fields, o.NetworkPolicySpec)


def test_rule_63_types_left_out_mean_ingress() -> None:
    assert directions(spec(podSelector={})) == (INGRESS,)
    assert directions(spec(podSelector={}, policyTypes=[], egress=[])) == (INGRESS,)


def test_rule_64_types_left_out_with_egress_rules_mean_both() -> None:
    assert directions(spec(podSelector={}, egress=[{}])) == (INGRESS, EGRESS)


def test_rule_65_egress_rules_without_the_type_do_not_isolate() -> None:
    for egress in ([], PORT):
        found = judged(SHOP, policy("half", types="Ingress", egress=egress), direction=EGRESS)
        assert found.isolation is Isolation.NONE


def test_rule_66_empty_selector_and_no_rules_is_the_strict_default_deny() -> None:
    assert judged(SHOP, DENY).isolation is Isolation.CANONICAL
    assert [each.name for each in judged(SHOP, DENY).deciding] == ["default-deny"]


@pytest.mark.parametrize("rules", [ALL, [{"from": []}], [{"from": [], "ports": []}], [PORT[0], {}]])
def test_rule_67_a_rule_without_peers_and_ports_allows_everything(rules: list[Doc]) -> None:
    found = judged(SHOP, policy("allow-all", types="Ingress", ingress=rules))
    assert found.isolation is Isolation.NULLIFIED
    assert found.pods[0].state is PodState.ALLOW_ALL


@pytest.mark.parametrize(
    "selector",
    [{"matchExpressions": [{"key": "app", "operator": "Exists"}]}, only(app="shop")],
    ids=["expression", "labels"],
)
def test_rule_68_a_selector_that_matches_every_pod_of_now_is_no_default(selector: Doc) -> None:
    found = judged(SHOP, policy("shop", selector, types="Ingress"))
    assert found.isolation is Isolation.OBSERVED
    assert judged(
        SHOP, pod("new", app="new"), policy("shop", only(app="shop"), types="Ingress")
    ).isolation is (Isolation.NONE)


def test_rule_69_a_default_deny_beside_an_allow_all_is_nullified() -> None:
    found = judged(SHOP, DENY, policy("temporary", types="Ingress", ingress=ALL))
    assert found.isolation is Isolation.NULLIFIED
    assert [each.name for each in found.deciding] == ["temporary"]


def test_nullified_by_selectors_that_together_open_every_pod() -> None:
    opening = [
        policy(f"open-{app}", only(app=app), types="Ingress", ingress=ALL) for app in ("shop", "front")
    ]
    found = judged(SHOP, pod("front", app="front"), DENY, *opening)
    assert found.isolation is Isolation.NULLIFIED
    assert [each.name for each in found.deciding] == ["open-front", "open-shop"]


def test_one_pod_opened_again_leaves_the_default() -> None:
    opening = policy("open", only(app="front"), types="Ingress", ingress=ALL)
    found = judged(SHOP, pod("front", app="front"), DENY, opening)
    assert found.isolation is Isolation.CANONICAL
    assert [each.peer.name for each in found.in_state(PodState.ALLOW_ALL)] == ["Pod front"]
    assert [each.opened_by.name for each in found.pods if each.opened_by] == ["open"]


def test_rule_70_policies_of_other_namespaces_do_not_count() -> None:
    found = judged(SHOP, policy("default-deny", namespace="data", types="Ingress"))
    assert found.isolation is Isolation.NONE


def test_rule_71_pods_on_the_nodes_network_are_left_out_and_listed() -> None:
    agent = pod("agent", host=True, app="agent")
    found = judged(SHOP, agent, policy("shop", only(app="shop"), types="Ingress"))
    assert found.isolation is Isolation.OBSERVED
    assert [each.name for each in found.on_node_network] == ["Pod agent"]
    assert judged(agent).isolation is Isolation.NONE


@pytest.mark.parametrize(
    "peers",
    [
        [{"podSelector": {}, "namespaceSelector": {}}],
        [{"podSelector": {}}],
        [{"namespaceSelector": {}}],
        [{"ipBlock": {"cidr": "0.0.0.0/0"}}],
    ],
)
def test_rules_72_and_73_a_named_peer_is_not_everything(peers: list[Doc]) -> None:
    found = judged(SHOP, policy("some", types="Ingress", ingress=[{"from": peers}]))
    assert found.isolation is Isolation.ISOLATING
    assert found.pods[0].state is PodState.ISOLATED


def test_rule_74_an_ingress_deny_says_nothing_about_egress() -> None:
    assert judged(SHOP, DENY, direction=EGRESS).isolation is Isolation.NONE
    both = policy("both", types="Ingress Egress")
    assert judged(SHOP, both, direction=EGRESS).isolation is Isolation.CANONICAL


def test_exceptions_such_as_name_resolution_isolate_all_the_same() -> None:
    found = judged(SHOP, policy("dns", types="Egress", egress=PORT), direction=EGRESS)
    assert found.isolation is Isolation.ISOLATING


def test_a_namespace_without_pods_is_judged_by_policies_for_all() -> None:
    assert judged(DENY).isolation is Isolation.CANONICAL
    assert judged(policy("shop", only(app="shop"), types="Ingress")).isolation is Isolation.NONE
    assert judged().isolation is Isolation.NONE


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_finished_pods_do_not_count(phase: str) -> None:
    found = judged(
        SHOP, pod("done", phase=phase, app="job"), policy("shop", only(app="shop"), types="Ingress")
    )
    assert found.isolation is Isolation.OBSERVED


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"])
def test_a_template_counts_where_no_pod_carries_its_labels(kind: str) -> None:
    template = deployment("idle", kind=kind, app="idle", tier="back")
    found = judged(SHOP, template, policy("shop", only(app="shop"), types="Ingress"))
    assert [each.peer.name for each in found.in_state(PodState.OPEN)] == [f"{kind} idle"]
    running = pod("idle-1", app="idle", tier="back", hash="1")
    assert [each.peer.name for each in judged(template, running).pods] == ["Pod idle-1"]
    finished = pod("idle-1", phase="Succeeded", app="idle", tier="back")
    assert judged(template, finished).pods == ()


def test_a_replica_set_of_a_deployment_speaks_for_nobody() -> None:
    old = deployment("shop-1", kind="ReplicaSet", app="shop", version="old")
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop", "uid": "u", "controller": True}
    old["metadata"]["ownerReferences"] = [owner]
    assert [each.peer.name for each in judged(SHOP, old).pods] == ["Pod shop"]


def test_files_know_namespaces_by_what_lies_in_them() -> None:
    docs = (deployment("shop", app="shop"), policy("p", namespace="data"))
    assert [each.metadata.name for each in namespaces(snapshot_of(*docs, source="manifests"))] == [
        "data",
        "web",
    ]
    assert namespaces(snapshot_of(*docs)) == ()


@pytest.mark.parametrize(
    ("names", "enforces"),
    [
        (["kube-flannel-ds"], False),
        (["kube-flannel-ds", "calico-node"], None),
        (["cilium"], None),
        (["node-exporter"], None),
    ],
)
def test_rule_78_a_plugin_without_policies_is_known_by_its_daemon_set(
    names: list[str], enforces: bool | None
) -> None:
    snapshot = snapshot_of(*(deployment(name, "kube-system", kind="DaemonSet", app=name) for name in names))
    assert plugin(snapshot).enforces is enforces


def test_ten_thousand_pods_of_one_namespace() -> None:
    pods = [pod(f"p{n}", app=f"a{n % 500}", number=str(n)) for n in range(10_000)]
    templates = [deployment(f"d{n}", app=f"a{n}") for n in range(500)]
    found = judged(*pods, *templates, DENY)
    assert len(found.pods) == 10_000
    assert found.isolation is Isolation.CANONICAL

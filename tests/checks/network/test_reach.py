"""Who reaches whom, case by case: the numbered rules, named ports, blocks, nodes, what cannot be known."""

from __future__ import annotations

import pytest

from checks.cluster.snapshot import Snapshot
from checks.network.peers import Endpoint, Outside, peers
from checks.network.ports import ALL, ports
from checks.network.reach import Outcome, reach, wanted_ports
from tests.checks.network.network_objects import Doc, only, pod, policy
from tests.harness.fixture_snapshot import snapshot_of

SHOP, FRONT = pod("shop", app="shop"), pod("front", app="front")
DB = pod("db", "data", app="db")


def space(name: str, **labels: str) -> Doc:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def placed(made: Doc, *, ips: tuple[str, ...] = (), node: str = "") -> Doc:
    made["status"]["podIPs"] = [{"ip": ip} for ip in ips]
    made["spec"]["nodeName"] = node
    return made


def end(snapshot: Snapshot, name: str) -> Endpoint:
    if ":" in name or name[0].isdigit():
        return Outside(name)
    found = {each.name.partition(" ")[2]: each for listed in peers(snapshot).values() for each in listed}
    return found[name]


def outcome(*docs: Doc, source: str = "front", to: str = "shop", port: int | str | None = 80) -> Outcome:
    snapshot = snapshot_of(space("web"), space("data", team="b"), *docs)
    destination = end(snapshot, to)
    return reach(snapshot, end(snapshot, source), destination, wanted_ports(destination, port, None)).outcome


def ingress(*peers: Doc, **rule: object) -> Doc:
    return policy("in", only(app="shop"), types="Ingress", ingress=[{"from": list(peers), **rule}])


def test_without_policies_everybody_reaches_everybody() -> None:
    assert outcome(SHOP, FRONT) is Outcome.ALLOWED
    assert outcome(SHOP, source="8.8.8.8") is Outcome.ALLOWED
    assert outcome(SHOP, source="shop", to="8.8.8.8") is Outcome.ALLOWED


def test_both_ends_must_allow() -> None:
    assert outcome(SHOP, FRONT, policy("out", only(app="front"), types="Egress")) is Outcome.DENIED
    assert outcome(SHOP, FRONT, policy("in", only(app="shop"), types="Ingress")) is Outcome.DENIED
    assert outcome(SHOP, FRONT, ingress({"podSelector": only(app="front")})) is Outcome.ALLOWED


def test_rule_72_both_selectors_of_one_peer_must_hold_and_two_peers_are_alternatives() -> None:
    other_front = pod("other", "data", app="front")
    both = {"podSelector": only(app="front"), "namespaceSelector": only(team="b")}
    assert outcome(SHOP, FRONT, ingress(both)) is Outcome.DENIED
    assert outcome(SHOP, other_front, ingress(both), source="other") is Outcome.ALLOWED
    assert outcome(SHOP, DB, ingress(both), source="db") is Outcome.DENIED
    apart = ({"podSelector": only(app="front")}, {"namespaceSelector": only(team="b")})
    assert outcome(SHOP, FRONT, ingress(*apart)) is Outcome.ALLOWED
    assert outcome(SHOP, DB, ingress(*apart), source="db") is Outcome.ALLOWED


def test_rule_73_every_namespace_is_not_the_world() -> None:
    inside = ingress({"namespaceSelector": {}})
    assert outcome(SHOP, DB, inside, source="db") is Outcome.ALLOWED
    assert outcome(SHOP, inside, source="8.8.8.8") is Outcome.DENIED


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("10.0.5.5", Outcome.ALLOWED),
        ("10.0.1.5", Outcome.DENIED),
        ("8.8.8.8", Outcome.DENIED),
        ("fd00::1", Outcome.DENIED),
    ],
)
def test_blocks_have_exceptions_and_one_family(source: str, expected: Outcome) -> None:
    block = {"ipBlock": {"cidr": "10.0.0.0/16", "except": ["10.0.1.0/24"]}}
    assert outcome(SHOP, ingress(block), source=source) is expected


def test_ipv6_blocks() -> None:
    block = {"ipBlock": {"cidr": "2001:db8::/32", "except": ["2001:db8:1::/48"]}}
    assert outcome(SHOP, ingress(block), source="2001:db8:2::1") is Outcome.ALLOWED
    assert outcome(SHOP, ingress(block), source="2001:db8:1::1") is Outcome.DENIED
    assert outcome(SHOP, ingress(block), source="10.0.0.1") is Outcome.DENIED


def test_a_block_picks_pods_by_their_address_where_it_is_known() -> None:
    block = ingress({"ipBlock": {"cidr": "10.0.0.0/16"}})
    assert outcome(SHOP, placed(pod("front"), ips=("10.0.3.3",)), block) is Outcome.ALLOWED
    assert outcome(SHOP, placed(pod("front"), ips=("10.1.3.3",)), block) is Outcome.DENIED
    assert outcome(SHOP, pod("front"), block) is Outcome.UNKNOWN
    cilium = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "cilium", "namespace": "kube-system"},
        "spec": {"template": {"metadata": {"labels": {"k8s-app": "cilium"}}, "spec": {"containers": []}}},
    }
    assert outcome(SHOP, placed(pod("front"), ips=("10.0.3.3",)), block, cilium) is Outcome.DENIED


def test_named_ports_are_the_destinations() -> None:
    shop = pod("shop", app="shop")
    shop["spec"] = {
        "containers": [{"name": "a", "image": "a:1", "ports": [{"name": "http", "containerPort": 8080}]}]
    }
    rule = ingress({"podSelector": {}}, ports=[{"port": "http"}])
    assert outcome(shop, FRONT, rule, port=8080) is Outcome.ALLOWED
    assert outcome(shop, FRONT, rule, port="http") is Outcome.ALLOWED
    assert outcome(shop, FRONT, rule, port=80) is Outcome.DENIED
    assert outcome(SHOP, FRONT, rule, port=8080) is Outcome.DENIED
    out = policy("out", only(app="front"), types="Egress", egress=[{"ports": [{"port": "http"}]}])
    assert outcome(shop, FRONT, out, port=8080) is Outcome.ALLOWED
    assert outcome(FRONT, out, to="8.8.8.8", port=8080) is Outcome.DENIED


def test_ranges_include_their_end_and_protocols_differ() -> None:
    rule = ingress(ports=[{"port": 8000, "endPort": 8010}, {"port": 53, "protocol": "UDP"}])
    assert outcome(SHOP, FRONT, rule, port=8010) is Outcome.ALLOWED
    assert outcome(SHOP, FRONT, rule, port=8011) is Outcome.DENIED
    assert outcome(SHOP, FRONT, rule, port=53) is Outcome.DENIED
    assert outcome(SHOP, FRONT, rule, port=None) is Outcome.SOME


def test_a_pod_reaches_itself_and_is_reached_by_its_node() -> None:
    closed = policy("closed", types="Ingress Egress")
    assert outcome(SHOP, closed, source="shop") is Outcome.ALLOWED
    agent = placed(pod("agent", "kube-system", host=True), ips=("192.168.0.1",), node="n1")
    assert outcome(placed(pod("shop"), node="n1"), agent, closed, source="agent") is Outcome.ALLOWED
    assert outcome(placed(pod("shop"), node="n2"), agent, closed, source="agent") is Outcome.DENIED


def test_rule_71_a_pod_on_its_nodes_network_is_no_subject_and_a_doubtful_peer() -> None:
    agent = placed(pod("agent", host=True, app="agent"), ips=("192.168.0.1",), node="n1")
    closed = policy("closed", types="Egress")
    assert outcome(agent, SHOP, closed, source="agent") is Outcome.ALLOWED
    assert outcome(agent, SHOP, ingress({"podSelector": {}}), source="agent") is Outcome.UNKNOWN
    assert outcome(agent, SHOP, ingress({"podSelector": only(app="x")}), source="agent") is Outcome.DENIED


def test_a_finished_pod_is_no_peer() -> None:
    snapshot = snapshot_of(pod("done", phase="Succeeded", app="job"))
    assert peers(snapshot).get("web", ()) == ()


def test_a_namespace_that_was_not_read_leaves_its_labels_open() -> None:
    stranger = pod("front", "elsewhere", app="front")
    team = ingress({"namespaceSelector": only(team="b")})
    assert outcome(SHOP, stranger, team) is Outcome.UNKNOWN
    named = ingress({"namespaceSelector": only(**{"kubernetes.io/metadata.name": "elsewhere"})})
    assert outcome(SHOP, stranger, named) is Outcome.ALLOWED


def test_the_deciding_rules_are_named_on_both_sides() -> None:
    snapshot = snapshot_of(
        space("web"), SHOP, FRONT, ingress({"podSelector": only(app="front")}, ports=[{"port": 80}])
    )
    found = reach(snapshot, end(snapshot, "front"), end(snapshot, "shop"))
    assert str(found.allowed) == "TCP 80"
    assert found.denied == ALL - ports("TCP", 80)
    out, into = found.sides
    assert out.decision is not None
    assert into.decision is not None
    assert out.decision.steps == ()
    assert [
        (step.rule.policy.metadata.name, step.rule.path, step.rule.action.value)
        for step in into.decision.steps
    ] == [
        ("in", "spec.ingress[0]", "allow"),
        ("in", "spec.policyTypes", "deny"),
    ]


def test_ten_thousand_pods_and_a_thousand_policies() -> None:
    docs = [pod(f"p{n}", f"n{n % 100}", app=f"a{n % 500}") for n in range(10_000)]
    docs += [
        policy(
            f"q{n}",
            only(app=f"a{n % 500}"),
            f"n{n % 100}",
            types="Ingress",
            ingress=[{"from": [{"podSelector": {}}]}],
        )
        for n in range(1_000)
    ]
    snapshot = snapshot_of(*docs)
    everyone = [each for listed in peers(snapshot).values() for each in listed]
    target = next(each for each in everyone if each.name == "Pod p7")
    reached = [each for each in everyone if reach(snapshot, each, target).allowed]
    assert len(reached) == 100
    assert all(each.namespace == "n7" for each in reached)

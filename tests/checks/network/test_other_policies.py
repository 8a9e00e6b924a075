"""Policies of other kinds: cluster-wide ones, Cilium's and Calico's, alone and beside NetworkPolicies."""

from __future__ import annotations

from typing import Any

import pytest

from checks.cluster.kinds import of_wire
from checks.network.calico_selector import Unreadable, parse
from checks.network.isolation import Isolation, PodState, isolation
from checks.network.peers import Endpoint, Outside, peers
from checks.network.policies import Direction
from checks.network.reach import Outcome, reach, wanted_ports
from tests.checks.network.network_objects import Doc, only, pod, policy
from tests.harness.fixture_snapshot import snapshot_of

INGRESS = Direction.INGRESS
SHOP, FRONT, DB = pod("shop", app="shop"), pod("front", app="front"), pod("db", "data", app="db")
SPACES = [
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"team": name}}}
    for name in ("web", "data")
]
EVERYBODY: Doc = {"namespaces": {}}


def wide(
    name: str = "c", tier: str = "Admin", priority: int = 1, subject: Doc = EVERYBODY, **rules: Any
) -> Doc:
    return {
        "apiVersion": "policy.networking.k8s.io/v1alpha2",
        "kind": "ClusterNetworkPolicy",
        "metadata": {"name": name},
        "spec": {"tier": tier, "priority": priority, "subject": subject, **rules},
    }


def cilium(name: str = "c", *, namespace: str | None = "web", **spec: Any) -> Doc:
    kind = "CiliumNetworkPolicy" if namespace else "CiliumClusterwideNetworkPolicy"
    meta = {"name": name, "namespace": namespace} if namespace else {"name": name}
    spec.setdefault("endpointSelector", {})
    return {"apiVersion": "cilium.io/v2", "kind": kind, "metadata": meta, "spec": spec}


def calico(
    name: str = "c", *, namespace: str | None = "web", group: str = "crd.projectcalico.org/v1", **spec: Any
) -> Doc:
    kind = "NetworkPolicy" if namespace else "GlobalNetworkPolicy"
    meta = {"name": name, "namespace": namespace} if namespace else {"name": name}
    return {"apiVersion": group, "kind": kind, "metadata": meta, "spec": spec}


def outcome(*docs: Doc, source: str = "front", to: str = "shop", port: int = 80) -> Outcome:
    snapshot = snapshot_of(*SPACES, SHOP, FRONT, DB, *docs)
    found = {each.name.partition(" ")[2]: each for listed in peers(snapshot).values() for each in listed}

    def end(name: str) -> Endpoint:
        return found.get(name) or Outside(name)

    return reach(snapshot, end(source), end(to), wanted_ports(end(to), port, None)).outcome


def isolated(*docs: Doc) -> Isolation:
    return isolation(snapshot_of(*SPACES, SHOP, FRONT, *docs), "web", INGRESS).isolation


DENY_ALL = {"action": "Deny", "from": [EVERYBODY]}
ACCEPT_ALL = {"action": "Accept", "from": [EVERYBODY]}
PASS_ALL = {"action": "Pass", "from": [EVERYBODY]}


def test_rule_76_a_baseline_deny_covers_only_pods_that_no_network_policy_selects() -> None:
    baseline = wide(tier="Baseline", ingress=[DENY_ALL])
    assert outcome(baseline) is Outcome.DENIED
    opened = policy("open", only(app="shop"), types="Ingress", ingress=[{}])
    assert outcome(baseline, opened) is Outcome.ALLOWED
    assert outcome(baseline, opened, source="shop", to="front") is Outcome.DENIED
    found = isolation(snapshot_of(*SPACES, SHOP, FRONT, baseline, opened), "web", INGRESS)
    assert found.isolation is Isolation.CANONICAL
    assert {each.peer.name: each.state for each in found.pods} == {
        "Pod shop": PodState.ALLOW_ALL,
        "Pod front": PodState.ISOLATED,
    }


def test_the_admin_tier_decides_before_network_policies_and_pass_leaves_it_to_them() -> None:
    closed = policy("closed", types="Ingress")
    assert outcome(wide(ingress=[ACCEPT_ALL]), closed) is Outcome.ALLOWED
    assert outcome(wide(ingress=[PASS_ALL, ACCEPT_ALL]), closed) is Outcome.DENIED
    assert outcome(wide(ingress=[DENY_ALL])) is Outcome.DENIED
    assert isolated(wide(ingress=[DENY_ALL])) is Isolation.CANONICAL
    assert isolated(wide(ingress=[ACCEPT_ALL]), closed) is Isolation.NULLIFIED


def test_lower_priorities_come_first_and_ties_are_not_defined() -> None:
    deny, accept = (
        wide("deny", priority=5, ingress=[DENY_ALL]),
        wide("accept", priority=4, ingress=[ACCEPT_ALL]),
    )
    assert outcome(deny, accept) is Outcome.ALLOWED
    tied = wide("tied", priority=5, ingress=[ACCEPT_ALL])
    assert outcome(deny, tied) is Outcome.UNKNOWN


def test_a_peer_of_an_unknown_kind_fails_closed() -> None:
    unknown: list[Doc] = [{"somethingNew": {}}]
    assert outcome(wide(ingress=[{"action": "Pass", "from": unknown}])) is Outcome.DENIED
    assert outcome(wide(ingress=[{"action": "Accept", "from": unknown}, DENY_ALL])) is Outcome.DENIED


def test_domain_names_are_not_modelled() -> None:
    names = {"action": "Accept", "to": [{"domainNames": ["example.com"]}]}
    rest = {"action": "Deny", "to": [{"networks": ["0.0.0.0/0"]}]}
    assert outcome(wide(egress=[names, rest]), source="shop", to="8.8.8.8") is Outcome.UNKNOWN


def test_admin_network_policies_of_the_version_before() -> None:
    spec = {
        "priority": 3,
        "subject": {"pods": {"namespaceSelector": {}, "podSelector": only(app="shop")}},
        "ingress": [
            {
                "action": "Allow",
                "from": [EVERYBODY],
                "ports": [{"portNumber": {"protocol": "TCP", "port": 80}}],
            },
            DENY_ALL,
        ],
    }
    doc = {"apiVersion": "policy.networking.k8s.io/v1alpha1", "metadata": {"name": "a"}, "spec": spec}
    admin = {**doc, "kind": "AdminNetworkPolicy"}
    assert outcome(admin) is Outcome.ALLOWED
    assert outcome(admin, port=81) is Outcome.DENIED
    assert outcome(admin, port=81, to="front", source="shop") is Outcome.ALLOWED
    baseline = {**doc, "kind": "BaselineAdminNetworkPolicy"}
    assert outcome(baseline, policy("p", types="Ingress"), port=80) is Outcome.DENIED


def test_rule_75_an_empty_rule_of_cilium_isolates_and_allows_nothing() -> None:
    assert outcome(cilium(ingress=[{}])) is Outcome.DENIED
    assert isolated(cilium(ingress=[{}])) is Isolation.CANONICAL
    assert outcome(cilium(ingress=[])) is Outcome.ALLOWED
    off = cilium(ingress=[{}], enableDefaultDeny={"ingress": False})
    assert outcome(off) is Outcome.ALLOWED
    assert isolated(off) is Isolation.NONE


def test_cilium_and_network_policies_add_up_and_denials_stand() -> None:
    allows = cilium(ingress=[{"fromEndpoints": [only(app="front")]}])
    assert outcome(policy("closed", types="Ingress"), allows) is Outcome.ALLOWED
    denies = cilium("d", ingressDeny=[{"fromEndpoints": [only(app="front")]}])
    assert outcome(policy("open", types="Ingress", ingress=[{}]), denies) is Outcome.DENIED
    assert outcome(policy("open", types="Ingress", ingress=[{}]), denies, source="db") is Outcome.ALLOWED


def test_a_selector_of_cilium_stays_in_its_namespace_unless_it_says_otherwise() -> None:
    own = cilium(ingress=[{"fromEndpoints": [{}]}])
    assert outcome(own) is Outcome.ALLOWED
    assert outcome(own, source="db") is Outcome.DENIED
    other = cilium(ingress=[{"fromEndpoints": [only(**{"k8s:io.kubernetes.pod.namespace": "data"})]}])
    assert outcome(other, source="db") is Outcome.ALLOWED
    team = cilium(ingress=[{"fromEndpoints": [only(**{"io.cilium.k8s.namespace.labels.team": "data"})]}])
    assert outcome(team, source="db") is Outcome.ALLOWED
    assert outcome(team) is Outcome.DENIED
    assert outcome(cilium(namespace=None, ingress=[{"fromEndpoints": [{}]}]), source="db") is Outcome.ALLOWED


@pytest.mark.parametrize(
    ("entity", "source", "expected"),
    [
        ("all", "db", Outcome.ALLOWED),
        ("world", "8.8.8.8", Outcome.ALLOWED),
        ("world", "db", Outcome.DENIED),
        ("cluster", "db", Outcome.ALLOWED),
        ("remote-node", "8.8.8.8", Outcome.UNKNOWN),
        ("host", "db", Outcome.DENIED),
    ],
)
def test_entities_of_cilium(entity: str, source: str, expected: Outcome) -> None:
    assert outcome(cilium(ingress=[{"fromEntities": [entity]}]), source=source) is expected


def test_what_cilium_has_and_is_not_modelled_leaves_it_open() -> None:
    http = [{"ports": [{"port": "80", "protocol": "TCP"}], "rules": {"http": [{"path": "/"}]}}]
    assert outcome(cilium(ingress=[{"fromEndpoints": [{}], "toPorts": http}])) is Outcome.UNKNOWN
    assert outcome(cilium(ingress=[{"fromEndpoints": [{}], "toPorts": http}]), port=81) is Outcome.DENIED
    fqdn = cilium(egress=[{"toFQDNs": [{"matchName": "example.com"}]}])
    assert outcome(fqdn, source="shop", to="8.8.8.8") is Outcome.UNKNOWN


def test_cilium_for_several_specs_and_for_nodes() -> None:
    both = cilium()
    both["specs"] = [
        {"endpointSelector": only(app="front"), "egress": [{}]},
        {"nodeSelector": {}, "ingress": [{}]},
    ]
    del both["spec"]
    assert outcome(both) is Outcome.DENIED
    assert outcome(both, source="db") is Outcome.ALLOWED


@pytest.mark.parametrize("group", ["crd.projectcalico.org/v1", "projectcalico.org/v3"])
def test_calico_denies_what_no_rule_of_the_tier_allows(group: str) -> None:
    some = calico(
        group=group,
        selector="app == 'shop'",
        ingress=[{"action": "Allow", "source": {"selector": "app == 'front'"}}],
    )
    assert outcome(some) is Outcome.ALLOWED
    assert outcome(some, source="db") is Outcome.DENIED
    assert outcome(some, to="front", source="shop") is Outcome.ALLOWED
    assert isolated(calico(group=group, selector="all()", types=["Ingress"])) is Isolation.CANONICAL


def test_calico_rules_have_an_order_that_network_policies_stand_in() -> None:
    closed = policy("closed", types="Ingress")
    early = calico(order=10, selector="all()", ingress=[{"action": "Allow"}])
    assert outcome(closed, early) is Outcome.ALLOWED
    deny = calico(order=10, selector="all()", ingress=[{"action": "Deny"}])
    assert outcome(policy("open", types="Ingress", ingress=[{}]), deny) is Outcome.DENIED
    just_before = calico(order=999, selector="all()", ingress=[{"action": "Deny"}])
    assert outcome(policy("open", types="Ingress", ingress=[{}]), just_before) is Outcome.DENIED
    late = calico(order=1001, selector="all()", ingress=[{"action": "Deny"}])
    assert outcome(policy("open", types="Ingress", ingress=[{}]), late) is Outcome.ALLOWED


def test_calico_tiers_come_before_the_default_one() -> None:
    tier = {
        "apiVersion": "projectcalico.org/v3",
        "kind": "Tier",
        "metadata": {"name": "security"},
        "spec": {"order": 5},
    }
    passing = calico(namespace=None, tier="security", selector="all()", ingress=[{"action": "Pass"}])
    denying = calico(namespace=None, tier="security", selector="all()", ingress=[{"action": "Deny"}])
    opened = policy("open", types="Ingress", ingress=[{}])
    assert outcome(tier, passing, opened) is Outcome.ALLOWED
    assert outcome(tier, denying, opened) is Outcome.DENIED
    assert isolated(tier, denying, opened) is Isolation.CANONICAL


def test_calico_ports_protocols_and_blocks() -> None:
    rule = {"action": "Allow", "protocol": "TCP", "destination": {"ports": [80, "8000:8100"]}}
    some = calico(selector="all()", ingress=[rule])
    assert outcome(some) is Outcome.ALLOWED
    assert outcome(some, port=8100) is Outcome.ALLOWED
    assert outcome(some, port=81) is Outcome.DENIED
    nets = calico(
        selector="all()",
        ingress=[{"action": "Allow", "source": {"nets": ["8.0.0.0/8"], "notNets": ["8.1.0.0/16"]}}],
    )
    assert outcome(nets, source="8.8.8.8") is Outcome.ALLOWED
    assert outcome(nets, source="8.1.8.8") is Outcome.DENIED


def test_what_calico_has_and_is_not_modelled_leaves_it_open() -> None:
    accounts = calico(
        selector="all()", ingress=[{"action": "Allow", "source": {"serviceAccounts": {"names": ["a"]}}}]
    )
    assert outcome(accounts) is Outcome.UNKNOWN
    assert outcome(calico(selector="app ==", types=["Ingress"])) is Outcome.UNKNOWN
    assert isolation(
        snapshot_of(*SPACES, SHOP, calico(selector="app ==", types=["Ingress"])), "web", INGRESS
    ).unclear


def test_rule_77_a_staged_policy_of_calico_does_not_count() -> None:
    for kind in ("StagedNetworkPolicy", "StagedGlobalNetworkPolicy", "StagedKubernetesNetworkPolicy"):
        assert not of_wire("projectcalico.org/v3", kind)
        assert not of_wire("crd.projectcalico.org/v1", kind)


@pytest.mark.parametrize(
    ("selector", "picked"),
    [
        ("", True),
        ("all()", True),
        ("app == 'shop'", True),
        ('app != "shop"', False),
        ("missing != 'x'", True),
        ("app in {'shop', 'x'} && !has(missing)", True),
        ("app not in {'shop'}", False),
        ("missing not in {'x'}", True),
        ("has(missing) || (tier contains 'ac' && tier starts with 'b')", True),
        ("tier ends with 'k'", True),
        ("!!has(app)", True),
    ],
)
def test_the_selectors_of_calico(selector: str, picked: bool) -> None:
    assert parse(selector).test({"app": "shop", "tier": "back"}) is picked


@pytest.mark.parametrize(
    "selector",
    [
        "app ==",
        "app == x",
        "(has(app)",
        "has(app) has(b)",
        "global()",
        "&&",
        "a in {'x'",
        "(" * 500,
        "é",
        "x" * 9999,
    ],
)
def test_what_is_no_selector_is_said(selector: str) -> None:
    with pytest.raises(Unreadable):
        parse(selector)

"""Which role, picked by which label, supplied a rule of an aggregated role."""

from __future__ import annotations

from pathlib import Path

from checks.access.aggregation import sources
from checks.access.engine import decide
from checks.access.index import index
from checks.access.matching import Request
from checks.cluster.manifests import read_manifests
from checks.cluster.snapshot import Snapshot
from checks.model import Subject
from tests.checks.access.rbac_objects import Doc, binding, cluster, role, rule
from tests.harness.fixture_snapshot import MOMENT

CARTS = rule("list", "shop.example", "carts")


def aggregated(name: str, gathers: str, *rules: Doc, **labels: str) -> Doc:
    made = role(name, *rules, labels=labels)
    return made | {"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {gathers: "true"}}]}}


def told(snapshot: Snapshot, name: str, number: int = 0) -> list[list[tuple[str, int, tuple[str, ...]]]]:
    found = index(snapshot).roles["ClusterRole", "", name]
    ways = sources(snapshot, found, (found.rules or ())[number])
    return [[(each.role.name, each.rule, each.labels) for each in way] for way in ways]


def test_the_role_that_supplies_a_rule_is_named_with_its_label_and_place() -> None:
    snapshot = cluster(
        aggregated("shop-view", "to-shop", CARTS),
        role("carts", rule("get", "shop.example", "orders"), CARTS, labels={"to-shop": "true"}),
        role("others", rule("get", "core", "pods"), labels={"to-shop": "true"}),
        role("not-picked", CARTS),
    )
    assert told(snapshot, "shop-view") == [[("carts", 1, ("to-shop=true",))]]


def test_the_way_through_aggregated_roles_ends_where_the_rule_was_written(tmp_path: Path) -> None:
    path = tmp_path / "role.yaml"
    path.write_text(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n"
        "metadata: {name: carts, labels: {rbac.authorization.k8s.io/aggregate-to-view: 'true'}}\n"
        "rules: [{apiGroups: [shop.example], resources: [carts], verbs: [list]}]\n"
    )
    snapshot = read_manifests(path, version=None, now=MOMENT)
    admin = index(snapshot).roles["ClusterRole", "", "admin"]
    number = next(n for n, each in enumerate(admin.rules or ()) if "carts" in (each.resources or ()))
    ((outer, middle, inner),) = told(snapshot, "admin", number)
    assert [outer[0], middle[0], inner[0]] == ["edit", "view", "carts"]
    assert inner[2] == ("rbac.authorization.k8s.io/aggregate-to-view=true",)


def test_a_rule_that_nobody_supplies_now_has_no_source() -> None:
    snapshot = cluster(aggregated("left-over", "nothing", CARTS))
    assert told(snapshot, "left-over") == []


def test_roles_that_gather_each_other_come_to_an_end() -> None:
    snapshot = cluster(
        aggregated("one", "to-one", CARTS, **{"to-other": "true"}),
        aggregated("other", "to-other", CARTS, **{"to-one": "true"}),
        role("carts", CARTS, labels={"to-other": "true"}),
    )
    assert told(snapshot, "one") == [[("other", 0, ("to-one=true",)), ("carts", 0, ("to-other=true",))]]


def test_an_ordinary_role_has_no_source() -> None:
    snapshot = cluster(role("plain", CARTS))
    assert told(snapshot, "plain") == []


def test_a_decision_names_the_rule_and_the_group_it_comes_through() -> None:
    snapshot = cluster(
        role("reader", rule("get", "core", "pods"), rule("list", "core", "pods")),
        binding("b", "reader", "group:system:serviceaccounts:web", namespace="web", kind="ClusterRole"),
        binding("gone", "nowhere", "sa:web/shop"),
    )
    shop, request = Subject("ServiceAccount", "shop", "web"), Request("list", "pods", name="")
    decision = decide(snapshot, shop, request)
    assert decision.allowed
    assert decision.scope == ("web",)
    ((held),) = decision.rules
    assert held.through == Subject("Group", "system:serviceaccounts:web")
    assert (held.because.binding.name, held.because.role.name, held.because.rule) == ("b", "reader", 1)
    assert not decide(snapshot, Subject("ServiceAccount", "shop", "data"), request).allowed
    assert not decide(snapshot, shop, Request("list", "pods", name="", namespace="")).allowed


def test_groups_that_are_told_count_and_system_masters_needs_no_rule() -> None:
    snapshot = cluster(role("r", rule("get", "core", "pods")), binding("b", "r", "group:sre"))
    ann, request = Subject("User", "ann"), Request("get", "pods")
    assert not decide(snapshot, ann, request).allowed
    assert decide(snapshot, ann, request, ["sre"]).allowed
    masters = decide(snapshot, ann, Request("delete", "nodes"), ["system:masters"])
    assert (masters.allowed, masters.implicit, masters.rules, masters.scope) == (True, True, (), "cluster")

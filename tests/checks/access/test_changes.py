"""Who gained and lost rights between two snapshots: what they can do counts, not which objects changed."""

from __future__ import annotations

import itertools
from random import Random

import pytest

from checks.access.changes import Changes, access_changes, gaining
from checks.access.engine import HeldRule, decide
from checks.access.matching import Request, allows
from checks.cluster.snapshot import Snapshot
from checks.model import Subject
from tests.checks.access.rbac_objects import Doc, binding, cluster, role, rule

ALICE, SHOP = "user:alice", "sa:web/shop"
READER = role("reader", rule("get list", "core", "pods"))


def told(changes: Changes) -> dict[str, tuple[list[str], list[str]]]:
    return {
        str(each.subject): ([_said(one) for one in each.gained], [_said(one) for one in each.lost])
        for each in changes.subjects
    }


def _said(held: HeldRule) -> str:
    rule_ = held.rule
    what = [*(rule_.resources or ()), *(rule_.resource_names or ()), *(rule_.non_resource_urls or ())]
    return " ".join((held.namespace or "everywhere", *(rule_.verbs or ()), *what))


@pytest.mark.parametrize(
    "after",
    [
        (binding("again", "reader", ALICE), READER),
        (binding("a", "renamed", ALICE), role("renamed", rule("get list", "core", "pods"))),
        (
            binding("a", "reader", ALICE),
            role("reader", rule("get", "core", "pods"), rule("list", "core", "pods")),
        ),
        (
            binding("a", "reader", ALICE),
            binding("b", "reader", ALICE, namespace="web", kind="ClusterRole"),
            READER,
        ),
        (binding("a", "reader", ALICE), READER, role("unbound", rule("*", "*", "*"))),
        (
            binding("a", "reader", ALICE),
            READER,
            binding("b", "nodes", ALICE, namespace="web"),
            role("nodes", rule("get", "core", "nodes"), rule("get", urls="/metrics"), namespace="web"),
        ),
    ],
    ids=["bound anew", "renamed", "split", "again in a namespace", "unbound", "without effect"],
)
def test_what_changes_no_right_is_no_change(after: tuple[Doc, ...]) -> None:
    changes = access_changes(cluster(binding("a", "reader", ALICE), READER), cluster(*after))
    assert told(changes) == {}
    assert changes.complete


def test_a_wider_role_is_gained_and_a_narrower_one_lost() -> None:
    wider = role("reader", rule("get list", "core", "pods pods/log"))
    narrow, wide = (cluster(binding("a", "reader", ALICE), each) for each in (READER, wider))
    gain = ["everywhere get pods/log", "everywhere list pods/log"]
    assert told(access_changes(narrow, wide)) == {"User alice": (gain, [])}
    assert told(access_changes(wide, narrow)) == {"User alice": ([], gain)}


def test_from_one_namespace_to_the_whole_cluster() -> None:
    inside = cluster(binding("a", "reader", ALICE, namespace="web", kind="ClusterRole"), READER)
    everywhere = cluster(binding("a", "reader", ALICE), READER)
    assert told(access_changes(inside, everywhere)) == {
        "User alice": (["everywhere get pods", "everywhere list pods"], [])
    }


def test_a_right_limited_to_a_name_is_less_than_the_right() -> None:
    named = role("reader", rule("get", "core", "pods", names="one"))
    before, after = (cluster(binding("a", "reader", ALICE), each) for each in (READER, named))
    assert told(access_changes(before, after)) == {
        "User alice": ([], ["everywhere get pods", "everywhere list pods"])
    }


def test_what_an_account_has_through_its_groups_it_does_not_gain() -> None:
    everyone = binding("all", "reader", "group:system:serviceaccounts")
    before = cluster(everyone, READER)
    after = cluster(everyone, READER, binding("own", "reader", "sa:web/shop"))
    assert told(access_changes(before, after)) == {}
    assert told(access_changes(after, cluster(READER))) == {
        "Group system:serviceaccounts": ([], ["everywhere get pods", "everywhere list pods"]),
        "ServiceAccount web/shop": ([], ["everywhere get pods", "everywhere list pods"]),
    }


def test_who_came_to_cluster_admin_by_any_name_is_named() -> None:
    admin = role("helper", rule("*", "*", "*"), rule("*", urls="*"))
    before = cluster(binding("a", "helper", "user:old"), admin)
    changes = access_changes(before, cluster(binding("a", "helper", ALICE), admin))
    assert [str(each) for each in changes.new_admins] == ["User alice"]
    assert [str(each) for each in changes.former_admins] == ["User old"]


@pytest.mark.parametrize("first", [True, False])
def test_what_was_not_read_is_not_told_as_a_change(first: bool) -> None:
    blind = cluster(binding("a", "reader", ALICE), READER, missing={"RoleBinding": "no right to list it"})
    seeing = cluster(READER)
    changes = access_changes(*((blind, seeing) if first else (seeing, blind)))
    assert told(changes) == {}
    assert not changes.complete
    assert bool(changes.unread_before) is first


def _world(random: Random) -> Snapshot:
    verbs, resources = ("get", "list", "*"), ("pods", "pods/log", "*/log", "nodes", "*")
    docs: list[Doc] = []
    for number in range(4):
        rules = [
            rule(
                " ".join(random.sample(verbs, random.randint(1, 2))),
                random.choice(("core", "*")),
                " ".join(random.sample(resources, random.randint(1, 2))),
                names=random.choice(("", "", "one")),
            )
            for _ in range(random.randint(1, 2))
        ]
        docs.append(role(f"r{number}", *rules))
        namespace = random.choice((None, "web", "ci"))
        who = random.choice((ALICE, SHOP, "group:system:serviceaccounts", "group:system:authenticated"))
        docs.append(binding(f"b{number}", f"r{number}", who, namespace=namespace, kind="ClusterRole"))
    return cluster(*docs)


PEOPLE = (Subject("User", "alice"), Subject("ServiceAccount", "shop", "web"))
REQUESTS = [
    Request(verb, resource, "", subresource, name, namespace)
    for verb, (resource, subresource), name, namespace in itertools.product(
        ("get", "list"),
        (("pods", ""), ("pods", "log"), ("nodes", ""), ("secrets", "")),
        ("", "one"),
        ("web", "ci", ""),
    )
]


@pytest.mark.parametrize("seed", range(150))
def test_every_decision_that_changes_is_told_and_no_other(seed: int) -> None:
    """The engine that agrees with the API server decides each request on both sides."""
    random = Random(seed)
    before, after = _world(random), _world(random)
    changes = {each.subject: each for each in access_changes(before, after).subjects}
    assert gaining(before, after) == tuple(who for who, each in changes.items() if each.gained)
    for subject, request in itertools.product(PEOPLE, REQUESTS):
        had, has = (decide(each, subject, request) for each in (before, after))
        own = [each for each in has.rules if each.through == subject]
        if own and not had.allowed:
            assert _any(changes[subject].gained, request), (subject, request)
        mine = [each for each in had.rules if each.through == subject]
        if mine and not has.allowed:
            assert _any(changes[subject].lost, request), (subject, request)
    for subject, change in changes.items():
        for which, there, elsewhere in ((change.gained, after, before), (change.lost, before, after)):
            for held in which:
                if example := _example(held):
                    assert decide(there, subject, example).allowed, (subject, held)
                    assert not decide(elsewhere, subject, example).allowed, (subject, held)


def _any(held_rules: tuple[HeldRule, ...], request: Request) -> bool:
    return any(
        allows(each.rule, request) and each.namespace in (None, request.namespace) for each in held_rules
    )


def _example(held: HeldRule) -> Request | None:
    """A request that this right alone allows; None for one with a star, a part of which others may hold."""
    rule_ = held.rule
    (verb,), (group,), (said,) = rule_.verbs or (), rule_.api_groups or (), rule_.resources or ()
    if "*" in (verb, group) or "*" in said:
        return None
    resource, _, subresource = said.partition("/")
    name = rule_.resource_names[0] if rule_.resource_names else "another"
    return Request(verb, resource, group, subresource, name, held.namespace or "")

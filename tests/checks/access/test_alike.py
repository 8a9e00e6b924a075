"""Which roles allow the same as another, whatever they are called."""

from __future__ import annotations

import pytest

from checks.access.alike import alike
from tests.checks.access.rbac_objects import Doc, cluster, role, rule

READ = rule("get list", "core", "pods services")


def same(*others: Doc, wanted: Doc | None = None) -> set[str]:
    """The names of the roles that are like `wanted`."""
    mine = wanted or role("wanted", READ)
    return {
        name for _, _, name in alike(cluster(mine, *others), ("ClusterRole", "", mine["metadata"]["name"]))
    }


@pytest.mark.parametrize(
    ("rules", "like"),
    [
        ((READ,), True),
        ((rule("list get", "core", "services pods"),), True),
        ((rule("get", "core", "pods services"), rule("list", "core", "pods services")), True),
        ((READ, rule("get", "core", "pods", names="a")), True),
        ((READ, rule("get", "core", "secrets")), False),
        ((rule("get list", "core", "pods"),), False),
        ((rule("get list", "core", "pods services", names="a"),), False),
        ((rule("get list", "core", "*"),), False),
        ((), False),
    ],
)
def test_alike_is_to_allow_the_same_no_less_and_no_more(rules: tuple[Doc, ...], like: bool) -> None:
    assert same(role("other", *rules)) == ({"other"} if like else set())


def test_a_role_of_a_namespace_counts_too() -> None:
    assert same(role("inside", READ, namespace="web")) == {"inside"}


def test_what_allows_nothing_is_like_nothing() -> None:
    assert same(role("empty"), wanted=role("nothing")) == set()


def test_cluster_admin_is_whatever_allows_everything() -> None:
    admin = role("cluster-admin", rule("*", "*", "*"), rule("*", urls="*"))
    assert same(role("boss", rule("*", "*", "*")), role("other", READ), wanted=admin) == {"boss"}


def test_a_huge_role_is_compared_by_its_rules_alone() -> None:
    names = [" ".join(f"{kind}{number}" for number in range(400)) for kind in ("verb", "kind")]
    huge = rule(names[0], "core", names[1])
    other = rule(" ".join(reversed(names[0].split())), "core", names[1])
    assert same(role("copy", huge), role("turned", other), wanted=role("huge", huge)) == {"copy"}

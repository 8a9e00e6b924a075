"""Since when, and when the way changed, from runs that are told newest first."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from checks.access.review.since import NOW, Standing, Trace, standing, traced
from checks.cluster.snapshot import Snapshot
from tests.checks.access.escalation.ways_of import who
from tests.checks.access.rbac_objects import Doc, binding, cluster, role, rule

ALICE = who("user:alice")
READER = role("reader", rule("get", "core", "secrets"))
OTHER = role("other", rule("list", "core", "secrets"))
WIDE = (READER, binding("a", "reader", "user:alice"))
BY_ANOTHER = (READER, OTHER, binding("b", "other", "user:alice"))
INSIDE = (READER, binding("a", "reader", "user:alice", namespace="web", kind="ClusterRole"))
NOTHING = (READER,)


def seen(*docs: Doc) -> Standing | None:
    return standing(cluster(*docs), (ALICE,))


def trace(now: tuple[Doc, ...], *earlier: Standing | None) -> Trace | None:
    here = seen(*now)
    assert here is not None
    runs = ((f"r-{number}", each) for number, each in enumerate(earlier, 1))
    return traced(here, runs).get((ALICE, "read-secrets", True))


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        ((), None),
        ((NOTHING,), Trace(NOW, longer=False, changed=None)),
        ((WIDE,), Trace("r-1", longer=True, changed=None)),
        ((WIDE, NOTHING, WIDE), Trace("r-1", longer=False, changed=None)),
        ((WIDE, WIDE, NOTHING), Trace("r-2", longer=False, changed=None)),
        ((BY_ANOTHER,), Trace("r-1", longer=True, changed=NOW)),
        ((WIDE, BY_ANOTHER, NOTHING), Trace("r-2", longer=False, changed="r-1")),
        ((WIDE, BY_ANOTHER, WIDE), Trace("r-3", longer=True, changed="r-1")),
        ((INSIDE,), Trace(NOW, longer=False, changed=None)),
        ((WIDE, INSIDE), Trace("r-1", longer=False, changed=None)),
    ],
    ids=[
        "no run",
        "new",
        "always",
        "with a break",
        "known from when",
        "by another way until now",
        "the way changed",
        "the way changed twice",
        "new in the whole cluster",
        "wider since then",
    ],
)
def test_what_runs_tell(earlier: tuple[tuple[Doc, ...], ...], expected: Trace | None) -> None:
    assert trace(WIDE, *(seen(*each) for each in earlier)) == expected


def test_a_run_that_could_not_read_all_is_passed_over() -> None:
    blind = standing(cluster(*WIDE, missing={"RoleBinding": "no right"}), (ALICE,))
    assert blind is None
    assert trace(WIDE, None) is None
    assert trace(WIDE, None, seen(*WIDE), None, seen(*NOTHING)) == Trace("r-2", longer=False, changed=None)


def test_rules_that_change_nothing_about_the_privilege_change_no_way() -> None:
    more = (role("reader", rule("get", "core", "pods"), rule("get", "core", "secrets")), WIDE[1])
    assert trace(WIDE, seen(*more)) == Trace("r-1", longer=True, changed=None)


def test_looking_back_ends_where_nothing_is_held_any_more() -> None:
    asked = []

    def runs() -> Iterator[tuple[str, Standing | None]]:
        for number, docs in enumerate((WIDE, NOTHING, WIDE)):
            asked.append(number)
            yield f"r-{number}", seen(*docs)

    here = seen(*WIDE)
    assert here is not None
    traced(here, runs())
    assert asked == [0, 1]


def test_everything_has_the_ways_of_the_subject_and_its_groups() -> None:
    snapshot: Snapshot = cluster(READER, binding("all", "reader", "group:system:authenticated"))
    found = standing(snapshot, (ALICE,))
    assert found is not None
    ((way,),) = found.values()
    assert str(way[0]) == "Group system:authenticated"

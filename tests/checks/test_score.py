"""The score is never better for knowing less, and is what docs/score.md says."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checks.cluster.kinds import KINDS
from checks.cluster.sample import read_sample
from checks.cluster.snapshot import Snapshot
from checks.frameworks import framework_ids, load
from checks.model import Result, Scan, Score, Severity, Status
from checks.registry import all_checks
from checks.run import evaluate
from checks.score import WEIGHTS, of_framework, overall, tallies, tally
from tests.harness.scans import CLUSTER_RESOURCE, NOON, resource, result
from tests.harness.withheld import without

UNKNOWN = (Status.NOT_EVALUATED, Status.ERROR)
SEVERITIES = {"a-critical": Severity.CRITICAL, "b-high": Severity.HIGH, "c-low": Severity.LOW}


def made(check: str, name: str, status: Status, locus: str = "") -> Result:
    about = CLUSTER_RESOURCE if name == "cluster" else resource(name)
    return replace(result(about, status, check=check, locus=locus), severity=SEVERITIES[check])


def score(results: Sequence[Result]) -> Score:
    by_check: dict[str, list[Result]] = {}
    for each in results:
        by_check.setdefault(each.check, []).append(each)
    return overall(tallies(by_check))


def many(number: int, status: Status, check: str = "b-high") -> list[Result]:
    return [made(check, f"{status}-{index}", status) for index in range(number)]


RESULTS = st.lists(
    st.builds(
        made,
        st.sampled_from(list(SEVERITIES)),
        st.sampled_from(["cluster", "one", "two", "three"]),
        st.sampled_from(list(Status)),
        st.sampled_from(["", "containers/app"]),
    ),
    min_size=1,
    max_size=14,
)


@given(RESULTS, st.data())
def test_turning_any_result_into_an_unknown_never_raises_the_score(
    results: list[Result], data: st.DataObject
) -> None:
    before = score(results)
    index = data.draw(st.integers(0, len(results) - 1))
    after = list(results)
    after[index] = replace(results[index], status=data.draw(st.sampled_from(UNKNOWN)))
    assert (score(after).value or 0) <= (before.value or 0)
    assert (score(after).with_waivers or 0) <= (before.with_waivers or 0)
    assert score(after).value is not None


@given(RESULTS, st.data())
def test_losing_sight_of_any_resources_of_a_check_never_raises_the_score(
    results: list[Result], data: st.DataObject
) -> None:
    """What a removed right does: results go, and one about the whole cluster says that they did."""
    check = data.draw(st.sampled_from(sorted({each.check for each in results})))
    gone = data.draw(st.sets(st.integers(0, len(results) - 1)))
    kept = [each for i, each in enumerate(results) if each.check != check or i not in gone]
    after = [*kept, made(check, "cluster", Status.NOT_EVALUATED, "kinds/Pod")]
    assert (score(after).value or 0) <= (score(results).value or 0)


@given(RESULTS)
def test_only_everything_is_a_hundred_and_waivers_are_apart(results: list[Result]) -> None:
    found = score(results)
    if found.value is None:
        assert {each.status for each in results} == {Status.NOT_APPLICABLE}
        assert found.reason
        return
    assert 0 <= found.value <= found.with_waivers <= 100 if found.with_waivers is not None else False
    worst: dict[tuple[str, str], Status] = {}
    for each in results:
        key = (each.check, each.resource.name)
        worst[key] = min(worst.get(key, each.status), each.status, key=lambda item: item.rank)
    perfect = all(each in (Status.PASS, Status.NOT_APPLICABLE) for each in worst.values())
    assert (found.value == 100) == perfect
    unwaived = [each for each in results if each.status is not Status.WAIVED]
    if found.with_waivers != found.value:
        assert len(unwaived) < len(results)


@given(RESULTS)
def test_fixes_are_the_checks_whose_mending_helps_the_most(results: list[Result]) -> None:
    found = score(results)
    assert len(found.fixes) <= 5
    assert [each.gain for each in found.fixes] == sorted((each.gain for each in found.fixes), reverse=True)
    for fix in found.fixes:
        mended = [
            replace(each, status=Status.PASS)
            if each.check == fix.check and each.status is Status.FAIL
            else each
            for each in results
        ]
        assert (score(mended).value or 0) >= (found.value or 0)


def test_the_documented_example() -> None:
    """The numbers of docs/score.md."""
    counted = tally([*many(8, Status.PASS), *many(2, Status.FAIL)])
    assert counted
    assert round(counted.credit(), 3) == 0.593
    assert list(WEIGHTS.values()) == [8, 4, 2, 1]


def test_five_thousand_failures_cost_more_than_one_and_one_of_five_thousand_costs_something() -> None:
    def value(passed: int, failed: int) -> int:
        found = score([*many(passed, Status.PASS), *many(failed, Status.FAIL)]).value
        assert found is not None
        return found

    assert value(0, 1) > value(0, 5_000)
    assert 70 < value(4_999, 1) < 80 < value(1, 0) == 100


def test_a_severer_failure_costs_more() -> None:
    passing = [made(check, "one", Status.PASS) for check in SEVERITIES]
    costs = [
        score([*(each for each in passing if each.check != check), made(check, "one", Status.FAIL)]).value
        or 0
        for check in SEVERITIES
    ]
    assert costs == sorted(costs)
    assert len(set(costs)) == len(costs)


def test_a_check_counts_once_in_a_framework_that_names_it_twice() -> None:
    tallied = tallies({"b-high": many(1, Status.FAIL), "c-low": many(1, Status.PASS, "c-low")})
    counts = dict.fromkeys(Status, 0) | {Status.FAIL: 2, Status.PASS: 1, Status.MANUAL: 4}
    once = of_framework(["b-high", "c-low"], tallied, counts)
    assert of_framework(["b-high", "b-high", "c-low", "not-run"], tallied, counts) == once
    assert (once.decided, once.applicable) == (3, 7)


CHECKS, FRAMEWORKS = all_checks(), load(framework_ids())
SNAPSHOT = read_sample(NOON)


def judged(snapshot: Snapshot, namespaces: tuple[str, ...] = ()) -> Scan:
    return evaluate(snapshot, CHECKS, FRAMEWORKS, tool_version="1", namespaces=namespaces)


WHOLE = judged(SNAPSHOT)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_taking_the_right_to_read_a_kind_never_raises_a_score(kind: str) -> None:
    less = judged(without(SNAPSHOT, kind))
    before = [WHOLE.score, *(each.score for each in WHOLE.frameworks)]
    after = [less.score, *(each.score for each in less.frameworks)]
    assert all(
        (b.value or 0) <= (a.value or 0) for a, b in zip(before, after, strict=True) if a is not None and b
    )


def test_a_part_of_a_cluster_has_no_score_and_says_why() -> None:
    files = replace(SNAPSHOT, cluster=replace(SNAPSHOT.cluster, source="manifests"))
    for scan, why in ((judged(SNAPSHOT, ("web",)), "namespaces"), (judged(files), "files")):
        assert scan.score
        assert scan.score.value is None
        assert why in (scan.score.reason or "")
        assert all(each.score and each.score.value is None for each in scan.frameworks)

"""What a report says is counted from the scan, and nothing of it is lost on the way."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks.model import CoverageState, Evidence, KindCoverage, Resource, Scan, Severity, Status
from reports.document import build
from reports.document.findings import FACTS, LONGEST, ROWS, failed_checks, shown_value
from reports.drift import compare
from tests.harness.report_scans import (
    CHECKS,
    finding,
    hostile,
    huge,
    nothing_found,
    nothing_read,
    sample,
    scan,
)
from tests.harness.scans import NOON

SCANS: dict[str, Callable[[], Scan]] = {
    "sample": sample,
    "nothing found": nothing_found,
    "nothing read": nothing_read,
    "hostile": hostile,
    "huge": lambda: huge(2_000),
    "empty": scan,
}


@pytest.fixture(params=SCANS, ids=str)
def any_scan(request: pytest.FixtureRequest) -> Scan:
    return SCANS[request.param]()


def test_every_requirement_is_listed_and_the_counts_add_up(any_scan: Scan) -> None:
    document = build(any_scan)
    for framework, matrix in zip(any_scan.frameworks, document.matrices, strict=True):
        listed = [(line.id, line.status) for section in matrix.sections for line in section.lines]
        assert listed == [(each.id, each.status) for each in framework.requirements]
        assert matrix.counts == framework.counts
        assert sum(matrix.counts.values()) == len(framework.requirements) == matrix.total
        for section in matrix.sections:
            assert sum(section.counts.values()) == len(section.lines)


def test_every_reason_is_printed_and_noted(any_scan: Scan) -> None:
    for framework, matrix in zip(any_scan.frameworks, build(any_scan).matrices, strict=True):
        lines = {line.id: line for section in matrix.sections for line in section.lines}
        for requirement in framework.requirements:
            note = lines[requirement.id].note
            assert (matrix.notes[note - 1] if note else None) == requirement.reason


def test_the_summary_counts_every_result(any_scan: Scan) -> None:
    summary = build(any_scan).summary
    statuses = Counter(result.status for result in any_scan.results)
    assert summary.results == {status: statuses[status] for status in Status}
    assert sum(findings for _, findings, _ in summary.severities) == summary.findings == statuses[Status.FAIL]


def test_every_failed_check_is_there_with_some_of_its_findings(any_scan: Scan) -> None:
    failed = build(any_scan).failed
    expected = Counter(result.check for result in any_scan.results if result.status is Status.FAIL)
    assert {each.check.id: each.findings for each in failed} == expected
    assert all(each.shown and len(each.shown) + each.more == each.findings for each in failed)
    assert [each.check.severity.rank for each in failed] == sorted(
        each.check.severity.rank for each in failed
    )


def test_every_other_verdict_is_counted_under_its_status(any_scan: Scan) -> None:
    rows = build(any_scan).scope.open
    statuses = Counter(result.status for result in any_scan.results)
    del statuses[Status.PASS], statuses[Status.FAIL]
    told: Counter[Status] = Counter()
    for row in rows:
        told[row.status] += row.count
        assert row.reasons
    assert told == statuses


def test_the_body_holds_a_bounded_number_of_rows() -> None:
    document = build(huge(5_000))
    assert ROWS - len(CHECKS) * FACTS <= document.rows_shown <= ROWS
    assert document.findings_shown == document.rows_shown
    many_facts = tuple(Evidence(f"spec[{number}]", number, "less") for number in range(9))
    shown = failed_checks(scan(*(finding(0, evidence=many_facts) for _ in range(500))))[0].shown
    assert all(len(each.facts) == FACTS and each.more == 9 - FACTS for each in shown)
    assert sum(len(each.facts) for each in shown) <= ROWS


def test_even_without_room_each_failed_check_shows_one_finding() -> None:
    assert all(len(each.shown) == 1 for each in failed_checks(huge(200), rows=0))


def test_scores_are_the_scans_own_and_fixes_have_titles(any_scan: Scan) -> None:
    document = build(any_scan)
    assert document.summary.score == any_scan.score
    assert [each.score for each in document.matrices] == [each.score for each in any_scan.frameworks]
    fixes = any_scan.score.fixes if any_scan.score else ()
    assert [(each.check, each.points) for each in document.summary.gains] == [
        (each.check, each.gain) for each in fixes
    ]
    titles = {check.id: check.title for check in any_scan.checks}
    assert all(each.title == titles[each.check] for each in document.summary.gains)


def test_nothing_evaluated_is_not_called_clean() -> None:
    assert build(nothing_read()).summary.verdict.startswith("Nothing could be evaluated.")
    assert build(nothing_found()).summary.verdict == "No findings among what was evaluated."
    partly = scan(finding(0, Status.PASS), finding(1, Status.ERROR))
    verdict = build(partly).summary.verdict
    assert verdict == (
        "No findings among what was evaluated. 1 verdict could not be reached; none of them counts as a pass."
    )
    assert build(scan()).summary.verdict == "Nothing could be evaluated."


def test_the_verdict_names_the_severities() -> None:
    verdict = build(scan(finding(0), finding(12), finding(3))).summary.verdict
    assert verdict == "3 findings in 2 checks: 2 critical, 1 high."


def test_the_same_scan_gives_the_same_document() -> None:
    assert build(sample(), run_id="r-1") == build(sample(), run_id="r-1")


def test_a_report_is_named_after_cluster_week_and_evidence() -> None:
    document = build(sample())
    assert document.file_stem == document.report_id == f"harbour-2026-W48-{document.sha256[:8]}"
    stem = build(hostile()).file_stem
    assert "/" not in stem
    assert stem.isascii()
    assert stem.isprintable()
    assert not stem.startswith((".", "-"))
    assert len(stem) < 110
    for name in ("", "..", "../../etc", "日本"):
        odd = build(replace(scan(), cluster=replace(scan().cluster, name=name))).file_stem
        assert "/" not in odd
        assert not odd.startswith(".")


def test_the_year_is_the_iso_week_s() -> None:
    new_year = scan(finished=NOON.replace(year=2027, month=1, day=2))
    assert "-2026-W53-" in build(new_year).report_id


def test_what_changed_comes_from_the_drift() -> None:
    before = scan(finding(0), finding(1), finding(2), finished=NOON - timedelta(days=7))
    after = scan(finding(1), finding(2, Status.NOT_EVALUATED), finding(0, Status.PASS), finding(3))
    delta = build(after, drift=compare(before, after)).summary.delta
    assert delta is not None
    assert (delta.new, delta.fixed, delta.still_open, delta.no_longer_evaluated) == (1, 1, 1, 1)
    assert [each.name for each in delta.gone] == ["workload-000000"]
    assert build(after).summary.delta is None


def test_what_is_new_is_marked_and_comes_first() -> None:
    before = scan(*(finding(12 * number) for number in range(400)))
    after = scan(*(finding(12 * number) for number in range(401)))
    [failed] = build(after, drift=compare(before, after)).failed
    assert [(each.name, each.new) for each in failed.shown][:2] == [
        ("workload-004800", True),
        ("workload-000000", False),
    ]
    assert not any(each.new for each in build(after).failed[0].shown)


def test_kinds_show_what_was_listed_and_judged() -> None:
    role = Resource("v1", "ClusterRole", None, "admin")
    made = scan(
        finding(0, resource=role),
        finding(1, resource=role),
        finding(2, Status.NOT_EVALUATED, resource=Resource("v1", "Namespace", None, "shop")),
        coverage=(
            KindCoverage("ClusterRole", "v1", CoverageState.COLLECTED, 4),
            KindCoverage("Namespace", "v1", CoverageState.FORBIDDEN, 0, "403"),
        ),
    )
    scope = build(made).scope
    assert [(each.kind, each.listed, each.judged, each.reason) for each in scope.kinds] == [
        ("ClusterRole", 4, 1, None),
        ("Namespace", 0, 0, "403"),
    ]
    summary = build(made).summary
    assert (summary.kinds_read, summary.kinds_total) == (1, 2)


def test_roles_that_were_not_read_are_not_called_empty() -> None:
    assert not build(nothing_read()).rbac_read
    assert build(nothing_found()).rbac_read


def test_a_long_value_is_cut_and_says_so() -> None:
    assert shown_value({"b": 1, "a": [True, None, "x"]}) == '{"a":[true,null,"x"],"b":1}'
    cut = shown_value("x" * 1000)
    assert cut == '"' + "x" * (LONGEST - 1) + "… (1002 characters)"


def test_the_worst_risks_come_first() -> None:
    risks = build(sample()).summary.risks
    assert len(risks) == 5
    assert risks[0].check.severity is Severity.CRITICAL

"""A scan asked for by a person: judged, kept, compared and told, and never better than it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from bot.answer import Tone
from bot.commands.desk import Desk
from bot.commands.scan import Occasion, RunScan, scan
from bot.commands.scanned import BRIEF, complete, describe, describe_at_length
from checks.frameworks import framework_ids, load
from checks.model import Scan, Severity, Status
from checks.registry import all_checks
from checks.run import evaluate
from tests.bot.commands.desks import Clock, Steps
from tests.harness.fixture_snapshot import snapshot_of

ROLE: dict[str, Any] = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "everything", "uid": "u-1"},
    "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}],
}


def judged(*documents: dict[str, Any], missing: dict[str, str] | None = None) -> Scan:
    snapshot = snapshot_of(*documents, missing=missing)
    return evaluate(snapshot, all_checks(), load(framework_ids()), tool_version="1")


def test_the_answer_says_what_the_kept_scan_holds(desk: Desk, steps: Steps) -> None:
    answer, kept = scan(desk, RunScan(), asker="U1", progress=steps)
    result = desk.history.scan(kept.run.id)
    failures = [each for each in result.results if each.status is Status.FAIL]
    assert failures
    for severity in Severity:
        amount = sum(each.severity is severity for each in failures)
        titles = [table.title for table in answer.tables if table.title.startswith(severity.capitalize())]
        assert [f": {amount} finding" in title for title in titles] == [True] * bool(amount)
        assert (f"{amount} {severity}" in answer.verdict) is bool(amount)
    assert answer.tone is Tone.BAD
    assert answer.run_id == kept.run.id
    assert answer.cluster == result.cluster
    assert result.cluster.name == "harbour"
    assert kept.run.requested_by == "U1"
    assert steps.stages == ["reading", "judging", "saving"]


def test_the_second_scan_says_what_is_new(desk: Desk, steps: Steps, clock: Clock) -> None:
    first, _ = scan(desk, RunScan(), asker="U1", progress=steps)
    assert "new" not in first.verdict
    clock.forward(minutes=5)
    second, kept = scan(desk, RunScan(), asker="U1", progress=steps)
    assert kept.before is not None
    assert kept.before.id == first.run_id
    assert "; nothing changed since " in second.verdict


def test_a_scheduled_scan_is_kept_under_its_schedule(desk: Desk, steps: Steps) -> None:
    occasion = Occasion("weekly", datetime(2026, 11, 23, 7, tzinfo=UTC))
    _, kept = scan(desk, RunScan(), asker="schedule weekly", progress=steps, occasion=occasion)
    run = desk.history.run(kept.run.id)
    assert (run.schedule, run.scheduled_for) == (occasion.schedule, occasion.scheduled_for)


def test_a_scan_of_one_namespace_says_so(desk: Desk, steps: Steps) -> None:
    answer, kept = scan(desk, RunScan(namespaces=("payments",)), asker="U1", progress=steps)
    assert answer.verdict.startswith("harbour, only namespace payments: ")
    assert {each.resource.namespace for each in kept.scan.results} <= {"payments", None}


def test_nothing_found_in_a_cluster_that_was_not_read_is_not_good_news() -> None:
    unread = judged(missing={"Pod": "403 Forbidden", "ClusterRole": "403 Forbidden"})
    answer = describe("prod", "scan", unread)
    assert not complete(unread)
    assert answer.tone is not Tone.GOOD
    assert "Pod: forbidden (403 Forbidden)" in answer.caveats
    assert any("none of them counts as passed" in each for each in answer.caveats)


def test_the_worst_check_leads() -> None:
    answer = describe("prod", "scan", judged(ROLE))
    lead, first = answer.tables[:2]
    assert lead.title.startswith("The worst ")
    assert lead.rows[0][0] == first.title.partition(":")[0]


def test_framework_notes_add_up(desk: Desk, steps: Steps) -> None:
    answer, kept = scan(desk, RunScan(frameworks=framework_ids()), asker="U1", progress=steps)
    score = kept.scan.score
    assert score
    assert answer.notes[0].startswith(
        f"Score {score.value} of 100; {score.decided} of {score.applicable} checks"
    )
    assert len(answer.notes[1:]) == len(kept.scan.frameworks) == len(framework_ids())
    for note, framework in zip(answer.notes[1:], kept.scan.frameworks, strict=True):
        assert sum(framework.counts.values()) == len(framework.requirements)
        assert f"of {len(framework.requirements)} requirements" in note
        assert ("(indicative)" in note) == framework.indicative
        assert framework.score
        assert (f": score {framework.score.value}, " in note) == (framework.score.value is not None)
        assert "pass" in note or framework.counts[Status.PASS] == 0


def test_at_length_the_mildest_are_brief_and_everything_is_everything() -> None:
    pods = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"p{number}", "namespace": "shop"},
            "spec": {"hostPID": True, "containers": [{"name": "c", "image": "i"}]},
        }
        for number in range(4)
    ]
    scanned = judged(*pods, ROLE)
    brief = describe_at_length("scan", scanned, everything=False)
    whole = describe_at_length("scan", scanned, everything=True)
    assert brief.tables[0].title == whole.tables[0].title == "What moves the score most"
    by_severity = {table.title.partition(":")[0]: table for table in brief.tables}
    assert "Where" in by_severity["High"].columns
    for name in ("Medium", "Low"):
        assert by_severity[name].columns == ("Findings", "Check", "What fails")
        assert by_severity[name].total
        assert len(by_severity[name].rows) <= BRIEF
    where = {row[1]: row[3] for table in whole.tables if "Where" in table.columns for row in table.rows}
    assert where["pod-host-pid"] == "Pod shop/p0, Pod shop/p1, Pod shop/p2, Pod shop/p3"
    assert set(where) == {each.check for each in scanned.results if each.status is Status.FAIL}
    (unknown,) = [table for table in whole.tables if table.title.startswith("Not evaluated: ")]
    assert {row[0] for row in unknown.rows} == {
        each.check for each in scanned.results if each.status is Status.NOT_EVALUATED
    }
    assert all(row[1] for row in unknown.rows)


def test_where_nothing_is_severe_the_worst_is_told_at_length() -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "a", "namespace": "shop"},
        "spec": {"type": "NodePort", "ports": [{"port": 80}]},
    }
    scanned = judged(service)
    milder = tuple(
        each
        for each in scanned.results
        if each.status is not Status.FAIL or each.severity.rank >= Severity.MEDIUM.rank
    )
    answer = describe_at_length("scan", replace(scanned, results=milder), everything=False)
    (table,) = [each for each in answer.tables if each.title.startswith("Medium")]
    assert "Where" in table.columns


@pytest.mark.parametrize(("everything", "more"), [(False, True), (True, False)])
def test_places_beyond_the_first_are_counted(*, everything: bool, more: bool) -> None:
    roles = [msgspec.json.decode(msgspec.json.encode(ROLE)) for _ in range(5)]
    for number, role in enumerate(roles):
        role["metadata"] = {"name": f"everything-{number}", "uid": f"u-{number}"}
    answer = describe_at_length("scan", judged(*roles), everything=everything)
    places = [row[3] for table in answer.tables for row in table.rows if row[1] == "rbac-wildcard-role"]
    assert len(places) == 1
    assert places[0].endswith(" and 2 more") is more
    assert ("everything-4" in places[0]) is not more

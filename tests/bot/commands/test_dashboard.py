"""The numbers that status and the App Home tab show: scores and how they move, open findings, ages."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from bot.answer import Answer
from bot.commands.dashboard import RECENT, TREND, age, dashboard, open_findings, sparkline
from bot.commands.desk import Desk
from bot.commands.scan import RunScan, scan
from checks.model import Severity, Status
from tests.bot.commands.desks import Steps


def test_it_counts_what_the_scan_says(desk: Desk, steps: Steps) -> None:
    _, kept = scan(desk, RunScan("harbour"), asker="U1", progress=steps)
    seen = next(each for each in dashboard(desk).clusters if each.name == "harbour")
    failed = [each.severity for each in kept.scan.results if each.status is Status.FAIL]
    assert seen.run is not None
    assert seen.run.open == {severity: failed.count(severity) for severity in set(failed)}
    worst = [f"{failed.count(severity)} {severity}" for severity in (Severity.CRITICAL, Severity.HIGH)]
    lower = len(failed) - failed.count(Severity.CRITICAL) - failed.count(Severity.HIGH)
    assert open_findings(seen.run) == ", ".join([*worst, f"{lower} lower"])
    assert kept.scan.score is not None
    assert (seen.scores, seen.change) == ((kept.scan.score.value,), None)


def test_a_trend_is_of_the_last_whole_runs_oldest_first(desk: Desk, steps: Steps) -> None:
    for namespaces in ((), ("payments",), ()):
        scan(desk, RunScan("harbour", namespaces=namespaces), asker="U1", progress=steps)
    seen = dashboard(desk)
    harbour = next(each for each in seen.clusters if each.name == "harbour")
    assert len(harbour.scores) == 2 <= TREND
    assert harbour.change == 0
    assert [each.cluster_name for each in seen.recent] == ["harbour"] * 3
    assert len(seen.recent) <= RECENT


def test_three_whole_runs_are_a_picture_that_a_scan_shows(desk: Desk, steps: Steps) -> None:
    for namespaces in ((), (), ("payments",)):
        answer, _ = scan(desk, RunScan("harbour", namespaces=namespaces), asker="U1", progress=steps)
        assert answer.picture is None
    answer, kept = scan(desk, RunScan("harbour"), asker="U1", progress=steps)
    assert answer.picture is not None
    assert answer.picture.title == "harbour: score and severe findings over 3 runs"
    assert kept.scan.score is not None
    score = kept.scan.score.value
    assert f"the score went from {score} to {score} of 100" in answer.picture.drawing.told
    as_kept = msgspec.json.decode(msgspec.json.encode(replace(answer, files=(), extra={})), type=Answer)
    assert as_kept.picture == answer.picture
    assert scan(desk, RunScan("harbour", namespaces=("web",)), asker="U1", progress=steps)[0].picture is None


@pytest.mark.parametrize(
    ("scores", "bars"),
    [((), ""), ((50,), ""), ((0, 100), "▁█"), ((0, 12, 13, 49, 50, 99), "▁▁▂▄▅█")],
)
def test_a_sparkline_shows_scores_on_one_scale(scores: tuple[int, ...], bars: str) -> None:
    assert sparkline(scores) == bars


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 minute"),
        (3599, "59 minutes"),
        (3600, "1 hour"),
        (86399, "23 hours"),
        (86400, "1 day"),
        (864000, "10 days"),
    ],
)
def test_ages_as_people_say_them(seconds: int, said: str) -> None:
    assert age(timedelta(seconds=seconds)) == said

"""Everything at a glance: each cluster's score and how it moved, what is open, what ran and what runs next.

`status` says it in words, the App Home tab draws it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from bot.answer import Picture
from bot.schedule import next_fire
from checks.model import Severity
from reports.drawing import Point, trend
from reports.drawing.trend import FEWEST
from reports.history.records import Attempt, Run

if TYPE_CHECKING:
    from bot.commands.desk import Desk

STALE = timedelta(days=8)
"""A weekly schedule with a day of grace: an older last scan is worth a word."""
TREND = 12
"""Runs that a trend is drawn from: a quarter of a year, week by week."""
RECENT = 5
_BARS = "▁▂▃▄▅▆▇█"


class Cluster(Struct, frozen=True):
    """One cluster: its last whole run, how old that is, and the scores of the last runs, oldest first."""

    name: str
    run: Run | None
    age: timedelta | None
    scores: tuple[int, ...]

    @property
    def stale(self) -> bool:
        return self.age is None or self.age > STALE

    @property
    def change(self) -> int | None:
        """How far the score moved since the run before; None where there is nothing to compare."""
        return self.scores[-1] - self.scores[-2] if len(self.scores) > 1 else None


class Upcoming(Struct, frozen=True):
    """A schedule and when it runs next; None for never."""

    name: str
    cluster: str
    cron: str
    timezone: str
    moment: datetime | None


class Dashboard(Struct, frozen=True):
    """What there is to see, at one moment."""

    clusters: tuple[Cluster, ...]
    upcoming: tuple[Upcoming, ...]
    recent: tuple[Attempt, ...]
    now: datetime


def dashboard(desk: Desk) -> Dashboard:
    """The clusters of this desk, their schedules soonest first, and their last runs. Raises HistoryError."""
    now = desk.clock()
    upcoming = [
        Upcoming(each.name, each.cluster, each.cron, each.timezone, next_fire(each, now))
        for each in desk.schedules()
    ]
    latest = desk.history.attempts(limit=10 * RECENT)
    return Dashboard(
        clusters=tuple(_cluster(desk, name, now) for name in desk.targets),
        upcoming=tuple(sorted(upcoming, key=lambda each: (each.moment is None, each.moment or now))),
        recent=tuple(each for each in latest if each.cluster_name in desk.targets)[:RECENT],
        now=now,
    )


def _cluster(desk: Desk, name: str, now: datetime) -> Cluster:
    runs = desk.history.whole_runs(name, TREND)
    scores = tuple(run.score for run in reversed(runs) if run.score is not None)
    return Cluster(name, runs[0] if runs else None, now - runs[0].finished if runs else None, scores)


def trend_of(desk: Desk, name: str) -> Picture | None:
    """The last whole runs of a cluster as a picture; None for too few. Raises HistoryError."""
    points = [
        Point(run.finished, run.score, run.open.get(Severity.CRITICAL, 0), run.open.get(Severity.HIGH, 0))
        for run in reversed(desk.history.whole_runs(name, TREND))
        if run.score is not None
    ]
    if len(points) < FEWEST:
        return None
    return Picture("trend", f"{name}: score and severe findings over {len(points)} runs", trend(points))


def sparkline(scores: tuple[int, ...]) -> str:
    """Scores from 0 to 100 as a row of bars; "" for fewer than two, which show no trend."""
    last = len(_BARS) - 1
    return "".join(_BARS[min(last, score * len(_BARS) // 100)] for score in scores) if len(scores) > 1 else ""


def open_findings(run: Run) -> str:
    """The two worst severities by number, the rest together: "2 critical, 9 high, 40 lower"."""
    worst = [f"{run.open.get(severity, 0)} {severity}" for severity in (Severity.CRITICAL, Severity.HIGH)]
    lower = run.failures - sum(run.open.get(severity, 0) for severity in (Severity.CRITICAL, Severity.HIGH))
    return ", ".join([*worst, f"{lower} lower"])


def age(span: timedelta) -> str:
    """A time span as people say it: the largest unit only."""
    seconds = max(0, int(span.total_seconds()))
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            amount = seconds // size
            return f"{amount} {unit}{'' if amount == 1 else 's'}"
    return "less than a minute"

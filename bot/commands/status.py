"""`status`: which clusters are watched, how they stand and how old that is, and what runs next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from bot.answer import Answer, Table, Tone
from bot.commands.dashboard import STALE, Cluster, age, dashboard, open_findings, sparkline
from checks.wording import plural

if TYPE_CHECKING:
    from bot.commands.desk import Desk


class ShowStatus(Struct, frozen=True, tag=True):
    """Show the state of everything."""

    @property
    def canonical(self) -> str:
        return "status"


COLUMNS = ("Cluster", "Score", "Trend", "Last scan", "Run", "Open findings")


def status(desk: Desk) -> Answer:
    """Clusters with their last unlimited run, schedules with their next one. Raises HistoryError."""
    seen = dashboard(desk)
    stale = [each.name for each in seen.clusters if each.stale]
    tables = [Table("Clusters", COLUMNS, tuple(map(_row, seen.clusters)), code=("Run",), named=COLUMNS[1:3])]
    if seen.upcoming:
        schedules = tuple(
            (
                each.name,
                each.cluster,
                each.cron,
                each.timezone,
                f"{each.moment:%a %d %b %Y %H:%M %Z}" if each.moment else "never",
            )
            for each in seen.upcoming
        )
        tables.append(Table("Schedules", ("Schedule", "Cluster", "Cron", "Time zone", "Next"), schedules))
    watched = f"{plural(len(seen.clusters), 'cluster')} watched"
    fresh = f"no scan within {STALE.days} days: {', '.join(stale)}" if stale else "every scan is fresh"
    return Answer(
        command=ShowStatus().canonical,
        verdict=f"{watched}; {fresh}." if seen.clusters else "No cluster is set up yet.",
        tone=Tone.BAD if stale or not seen.clusters else Tone.GOOD,
        tables=tuple(tables) if seen.clusters else (),
        notes=(f"Quarterdeck {desk.version}",),
    )


def _row(cluster: Cluster) -> tuple[str, ...]:
    if cluster.run is None or cluster.age is None:
        return (cluster.name, "-", "-", "never", "-", "-")
    score = "-" if cluster.run.score is None else f"{cluster.run.score}{_moved(cluster.change)}"
    trend = sparkline(cluster.scores) or "-"
    return (cluster.name, score, trend, f"{age(cluster.age)} ago", cluster.run.id, open_findings(cluster.run))


def _moved(change: int | None) -> str:
    return f" ({change:+d})" if change else ""

"""`status`: which clusters are watched, how old their last scan is, and what runs next."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from bot.answer import Answer, Table, Tone
from bot.schedule import next_fire
from checks.wording import plural

if TYPE_CHECKING:
    from bot.commands.desk import Desk


class ShowStatus(Struct, frozen=True, tag=True):
    """Show the state of everything."""

    @property
    def canonical(self) -> str:
        return "status"


STALE = timedelta(days=8)
"""A weekly schedule with a day of grace: an older last scan is worth a word."""


def status(desk: Desk) -> Answer:
    """Clusters with their last unlimited run, schedules with their next one. Raises HistoryError."""
    now = desk.clock()
    clusters = []
    stale = []
    for name in desk.targets:
        run = desk.history.last_of(name)
        if run is None:
            clusters.append((name, "never", "-", "-"))
            stale.append(name)
            continue
        if now - run.finished > STALE:
            stale.append(name)
        clusters.append((name, f"{age(now - run.finished)} ago", run.id, f"{run.failures} failed"))
    schedules = tuple(
        (
            each.name,
            each.cluster,
            each.cron,
            each.timezone,
            f"{moment:%a %d %b %Y %H:%M %Z}" if (moment := next_fire(each, now)) else "never",
        )
        for each in desk.settings.schedules
    )
    tables = [Table("Clusters", ("Cluster", "Last scan", "Run", "Findings"), tuple(clusters), code=("Run",))]
    if schedules:
        tables.append(Table("Schedules", ("Schedule", "Cluster", "Cron", "Time zone", "Next"), schedules))
    watched = f"{plural(len(clusters), 'cluster')} watched"
    fresh = f"no scan within {STALE.days} days: {', '.join(stale)}" if stale else "every scan is fresh"
    return Answer(
        command=ShowStatus().canonical,
        verdict=f"{watched}; {fresh}." if clusters else "No cluster is set up yet.",
        tone=Tone.BAD if stale or not clusters else Tone.GOOD,
        tables=tuple(tables) if clusters else (),
        notes=(f"Quarterdeck {desk.version}",),
    )


def age(span: timedelta) -> str:
    """A time span as people say it: the largest unit only."""
    seconds = max(0, int(span.total_seconds()))
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            amount = seconds // size
            return f"{amount} {unit}{'' if amount == 1 else 's'}"
    return "less than a minute"

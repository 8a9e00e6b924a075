"""`schedule`: what runs by itself, when next, and what became of it the last time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from bot.answer import Answer, Table, Tone
from bot.schedule import ScheduleSettings, next_fire
from bot.schedule.made import made_by
from checks.wording import plural, some
from reports.history import FireState

if TYPE_CHECKING:
    from datetime import datetime

    from bot.commands.desk import Desk

_BAD = frozenset({FireState.FAILED, FireState.MISSED, FireState.DIED})


class ShowSchedule(Struct, frozen=True, tag=True):
    """Show the schedules; of one cluster where it is named."""

    cluster: str | None = None

    @property
    def canonical(self) -> str:
        return f"schedule {self.cluster}" if self.cluster else "schedule"


def schedule(desk: Desk, command: ShowSchedule) -> Answer:
    """Every schedule with its next time and the end of its last one. Raises CommandError or HistoryError."""
    name = desk.target(command.cluster)[0] if command.cluster else None
    shown = [each for each in desk.schedules() if name in (None, each.cluster)]
    now = desk.clock()
    lasts = {each.name: _last(desk, each) for each in shown}
    due = sorted((moment, each.name) for each in shown if (moment := next_fire(each, now)))
    bad = [each for each, (_, state) in lasts.items() if state in _BAD]
    rows = tuple(
        (
            each.name,
            each.cluster,
            each.cron,
            each.timezone,
            next_time(each, now),
            lasts[each.name][0],
            each.channel,
            made_by(each) or "settings",
        )
        for each in shown
    )
    of = f" of {name}" if name else ""
    soon = f"; next is {due[0][1]} at {due[0][0]:%a %d %b %H:%M %Z}" if due else ""
    trouble = f"; the last time came to nothing: {', '.join(bad)}" if bad else ""
    return Answer(
        command=command.canonical,
        verdict=f"{plural(len(shown), 'schedule')}{of}{soon}{trouble}."
        if shown
        else f"Nothing is scheduled{of}.",
        tone=Tone.BAD if bad else Tone.NEUTRAL,
        tables=(_table(rows),) if rows else (),
        notes=("Make one by `schedule-add`, or under `schedules:` in the settings file.", *_lost(desk)),
        extra={
            "schedules": [{"name": each.name, "cluster": each.cluster, "cron": each.cron} for each in shown]
        },
    )


def _lost(desk: Desk) -> Iterator[str]:
    known = {each.name for each in desk.settings.clusters}
    lost = [each.name for each in desk.history.made_schedules() if each.cluster not in known]
    if lost:
        yield f"Not run, as their clusters are no longer set up: {some(lost)}."


def next_time(each: ScheduleSettings, now: datetime) -> str:
    """When a schedule is due next, in its own time zone."""
    moment = next_fire(each, now)
    return f"{moment:%a %d %b %Y %H:%M %Z}" if moment else "never"


def _last(desk: Desk, each: ScheduleSettings) -> tuple[str, FireState | None]:
    fires = desk.history.fires(each.name, limit=1)
    if not fires:
        return "-", None
    (fire,) = fires
    why = f": {fire.reason}" if fire.reason else ""
    return f"{fire.state} {fire.scheduled_for:%Y-%m-%d %H:%M} UTC{why}", fire.state


def _table(rows: tuple[tuple[str, ...], ...]) -> Table:
    columns = ("Schedule", "Cluster", "Cron", "Time zone", "Next", "Last", "Channel", "Made by")
    return Table("Schedules", columns, rows, code=("Cron", "Channel"))

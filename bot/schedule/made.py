"""Schedules that people make by saying so, beside those of the settings: kept in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

from pydantic import ValidationError

from bot import logs
from bot.errors import CommandError
from bot.schedule.cron import times
from bot.schedule.settings import ScheduleSettings
from reports.history import History
from reports.history.records import MadeSchedule

log = logs.get("schedule")

MOST = 100
OFTENEST = timedelta(minutes=15)
"""A scan takes its time of the API server; whoever needs more often sets that in the settings file."""
_LOOKED_AT = 60
"""Times of a schedule that are held against OFTENEST."""
_EXAMPLE = "For example: schedule-add weekly production cron='0 7 * * mon' timezone=Europe/Berlin"


def made_by(schedule: ScheduleSettings) -> str:
    """Who made it; "" for those of the settings."""
    return schedule.made_by if isinstance(schedule, Spoken) else ""


class Spoken(ScheduleSettings):
    """A schedule that somebody made by saying so."""

    made_by: str


def spoken(row: MadeSchedule) -> Spoken:
    """As the scheduler takes it. Raises CommandError that says what is wrong with it."""
    try:
        schedule = Spoken(
            name=row.name,
            cluster=row.cluster,
            cron=row.cron,
            timezone=row.timezone,
            channel=row.channel,
            pdf=row.pdf,
            frameworks=row.frameworks,
            made_by=row.made_by,
        )
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "schedule"
        raise CommandError(f"The {field} will not do: {first['msg']}.", _EXAMPLE) from error
    soon = islice(times(schedule, datetime.now(UTC)), _LOOKED_AT)
    if any(after - before < OFTENEST for before, after in pairwise(soon)):
        minutes = int(OFTENEST.total_seconds()) // 60
        raise CommandError(f"cron {row.cron!r} comes more often than every {minutes} minutes.", _EXAMPLE)
    return schedule


def all_of(settings: Sequence[ScheduleSettings], history: History) -> tuple[ScheduleSettings, ...]:
    """Those of the settings, which win where names are the same, and those that people made.

    Raises HistoryError. One that does no longer fit is left out, as the log says.
    """
    names = {each.name for each in settings}
    return (*settings, *(each for each in made(history) if each.name not in names))


def made(history: History) -> tuple[Spoken, ...]:
    """Those that people made. Raises HistoryError."""
    found = []
    for row in history.made_schedules():
        try:
            found.append(spoken(row))
        except CommandError as error:
            log.warning("schedule left out", schedule=row.name, problem=error.message)
    return tuple(found)

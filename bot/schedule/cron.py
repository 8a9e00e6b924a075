"""Cron expressions as cron itself means them, and the times they stand for across changes of the clock.

APScheduler's trigger does the calendar. Two things it does differently from cron are put right here: its week
starts with Monday as 0, and in the hour that the end of summer time repeats it fires twice.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from apscheduler.triggers.cron import CronTrigger

_MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_TICK = timedelta(microseconds=1)
_LOOK_BACK = tuple(timedelta(days=days) for days in (1 / 24, 1, 8, 32, 367, 9 * 366))
"""Grows, so that frequent schedules are not enumerated far back; the last holds a leap day's two ends."""


class Recurrent(Protocol):
    """What is known of a schedule here."""

    @property
    def cron(self) -> str: ...
    @property
    def timezone(self) -> str: ...


def zone(name: str) -> ZoneInfo:
    """The time zone of this IANA name. Raises ValueError with a suggestion."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = difflib.get_close_matches(name, available_timezones(), n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else "use one such as Europe/Berlin or UTC"
        raise ValueError(f"there is no time zone {name!r}; {hint}") from None


def trigger(cron: str, timezone: str) -> Any:
    """APScheduler's trigger for a cron expression. Raises ValueError that names the field."""
    fields = _MACROS.get(cron.strip().lower(), cron).split()
    if len(fields) != 5:
        raise ValueError(
            f"cron {cron!r} has {len(fields)} fields; it needs five: minute, hour, day, month, weekday"
        )
    minute, hour, day, month, weekday = (field.lower() for field in fields)
    if not day.startswith("*") and not weekday.startswith("*"):
        raise ValueError(f"cron {cron!r} limits the day and the weekday; limit one and set the other to *")
    values = {"minute": minute, "hour": hour, "day": day, "month": month, "day_of_week": _weekdays(weekday)}
    for field, value in values.items():
        try:
            CronTrigger(**{field: value}, timezone=UTC)
        except ValueError as error:
            name = "weekday" if field == "day_of_week" else field
            raise ValueError(f"cron {cron!r}: the {name} is not right: {error}") from None
    return CronTrigger(**values, second=0, timezone=zone(timezone))


def _weekdays(field: str) -> str:
    """Cron's weekdays (0 and 7 are Sunday) by name, as the trigger counts from Monday."""
    days: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, dash, last = ("0", "-", "6") if span == "*" else span.partition("-")
        begin, end = _weekday(first), _weekday(last) if dash else _weekday(first)
        if step and not (step.isdecimal() and int(step)):
            raise ValueError(f"the weekday {part!r} has the step {step!r}; it must be a number from 1")
        if step and not dash:
            end = 6
        if end < begin:
            raise ValueError(f"the weekday {part!r} ends before it begins; weeks begin with Sunday")
        days.update(day % 7 for day in range(begin, end + 1, int(step or 1)))
    return "*" if len(days) == 7 else ",".join(_DAYS[day] for day in sorted(days))


def _weekday(text: str) -> int:
    if text in _DAYS:
        return _DAYS.index(text)
    if text in "01234567" and len(text) == 1:
        return int(text)
    raise ValueError(f"there is no weekday {text!r}; use 0 to 7 or {', '.join(_DAYS)}")


def times(schedule: Recurrent, after: datetime) -> Iterator[datetime]:
    """The schedule's times after a moment, in UTC, ascending, without end for most schedules.

    A time that the clock skips in spring comes as much later as the clock is set forward; one that it repeats
    in autumn comes the first time only, unless the schedule runs every hour or every few hours anyway.
    """
    due = trigger(schedule.cron, schedule.timezone)
    local = due.timezone
    every_hour = _MACROS.get(schedule.cron.strip().lower(), schedule.cron).split()[1].startswith("*")
    while (
        found := due.get_next_fire_time(None, (after + _TICK).astimezone(UTC).astimezone(local))
    ) is not None:
        after = found.astimezone(UTC)
        if every_hour or after.astimezone(local).fold == 0:
            yield after


def next_fire(schedule: Recurrent, now: datetime) -> datetime | None:
    """The schedule's next time after now, in its own time zone."""
    found = next(times(schedule, now), None)
    return found.astimezone(zone(schedule.timezone)) if found else None


def last_due(schedule: Recurrent, after: datetime, now: datetime) -> datetime | None:
    """The schedule's last time that is later than `after` and not later than `now`, in UTC."""
    for span in _LOOK_BACK:
        start = max(after, now - span)
        last = None
        for each in times(schedule, start):
            if each > now:
                break
            last = each
        if last is not None or start == after:
            return last
    return None

"""Moments as people say them: `monday`, `yesterday`, `3 days ago`, `2026-11-01`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_UNITS = MappingProxyType(
    {
        "h": timedelta(hours=1),
        "hour": timedelta(hours=1),
        "d": timedelta(days=1),
        "day": timedelta(days=1),
        "w": timedelta(weeks=1),
        "week": timedelta(weeks=1),
        "month": timedelta(days=30),
    }
)
_AGO = re.compile(r"(?:the )?(?P<count>\d{1,4}|an?|last)? ?(?P<unit>h|hour|d|day|w|week|month)s?(?: ago)?")


def moment_of(text: str, now: datetime) -> datetime | None:
    """The moment that is meant, in UTC; None where it cannot be told, or is yet to come.

    A day is its beginning; a weekday is the last one before today; a month is thirty days.
    """
    said = text.casefold().strip()
    found = _of_a_day(said, now) or _ago(said, now) or _dated(said)
    return found if found is not None and found <= now else None


def _of_a_day(said: str, now: datetime) -> datetime | None:
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    name = said.removeprefix("last ")
    if name in _DAYS:
        return today - timedelta(days=(today.weekday() - _DAYS.index(name) - 1) % 7 + 1)
    return {"today": today, "yesterday": today - timedelta(days=1)}.get(said)


def _ago(said: str, now: datetime) -> datetime | None:
    match = _AGO.fullmatch(said)
    if match is None:
        return None
    count = match["count"] or "1"
    return now - _UNITS[match["unit"]] * (int(count) if count.isdigit() else 1)


def _dated(said: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(said.upper())
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)

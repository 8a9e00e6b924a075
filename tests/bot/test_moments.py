"""Moments as people say them, seen from Wednesday 2026-11-25 09:30 UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moments import moment_of

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("monday", "2026-11-23T00:00"),
        ("Last Monday", "2026-11-23T00:00"),
        ("wednesday", "2026-11-18T00:00"),
        ("thursday", "2026-11-19T00:00"),
        ("today", "2026-11-25T00:00"),
        ("yesterday", "2026-11-24T00:00"),
        ("3 days ago", "2026-11-22T09:30"),
        ("an hour ago", "2026-11-25T08:30"),
        ("2h", "2026-11-25T07:30"),
        ("last week", "2026-11-18T09:30"),
        ("2 weeks", "2026-11-11T09:30"),
        ("last month", "2026-10-26T09:30"),
        ("2026-11-01", "2026-11-01T00:00"),
        ("2026-11-01 07:00", "2026-11-01T07:00"),
        ("2026-11-01T07:00+02:00", "2026-11-01T05:00"),
    ],
)
def test_what_people_say(said: str, meant: str) -> None:
    assert moment_of(said, NOW) == datetime.fromisoformat(meant).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "said", ["", "soon", "2026-13-01", "2026-11-26", "99999 days ago", "days ago!", "friday 13"]
)
def test_what_is_no_moment_or_yet_to_come(said: str) -> None:
    assert moment_of(said, NOW) is None


@given(st.text(max_size=40), st.datetimes(timezones=st.just(UTC)))
def test_whatever_is_said_gives_a_past_moment_or_none(said: str, now: datetime) -> None:
    found = moment_of(said, now)
    assert found is None or found <= now


@given(st.integers(0, 9999))
def test_days_ago(days: int) -> None:
    assert moment_of(f"{days} days ago", NOW + timedelta(days=0)) == NOW - timedelta(days=days)

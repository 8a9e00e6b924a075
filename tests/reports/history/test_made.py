"""Schedules that people make: each name once, so many at most, found by every process."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from reports.history import History, MadeSchedule

NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)
WEEKLY = MadeSchedule(
    "weekly", "prod", "0 7 * * mon", "Europe/Berlin", "C0SECURITY", True, ("nsa-cisa-1.2",), "U0ERIN", NOW
)


def test_it_is_found_as_it_was_made_by_another_process(history: History, url: str) -> None:
    assert history.make_schedule(WEEKLY, 5)
    other = History.open(url)
    assert other.made_schedules() == (WEEKLY,)
    other.close()


def test_a_name_is_taken_once_until_it_has_ended(history: History) -> None:
    assert history.make_schedule(WEEKLY, 5)
    assert not history.make_schedule(replace(WEEKLY, cron="@daily"), 5)
    assert history.end_schedule("weekly")
    assert not history.end_schedule("weekly")
    assert history.make_schedule(WEEKLY, 5)


def test_there_are_so_many_at_most(history: History) -> None:
    made = [history.make_schedule(replace(WEEKLY, name=f"w{n}"), 3) for n in range(5)]
    assert made == [True, True, True, False, False]
    assert [each.name for each in history.made_schedules()] == ["w0", "w1", "w2"]


def test_ending_one_forgets_since_when_it_was_known(history: History) -> None:
    history.make_schedule(WEEKLY, 5)
    since = history.known_since("weekly", "definition")
    assert history.known_since("weekly", "definition") == since
    history.end_schedule("weekly")
    assert history.known_since("weekly", "definition") >= since
    assert history.known_since("weekly", "other") >= since

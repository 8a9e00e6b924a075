"""Schedules that people make are taken up without a restart, run once, and never again after their end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.schedule import Scheduler, ScheduleSettings
from bot.schedule.made import all_of
from reports.history import History
from reports.history.records import MadeSchedule
from tests.bot.test_schedule import AtOnce, Clock, Runs

MONDAY = datetime(2026, 11, 23, 7, tzinfo=UTC)
SETTINGS = ScheduleSettings(name="daily", cluster="prod", cron="0 6 * * *", channel="C0SECURITY")


@pytest.fixture
def clock() -> Clock:
    return Clock(MONDAY - timedelta(minutes=30))


@pytest.fixture
def history(tmp_path: Path, clock: Clock) -> Iterator[History]:
    opened = History.open(f"sqlite:///{tmp_path / 'history.db'}", clock=clock)
    yield opened
    opened.close()


def made(name: str = "weekly", cron: str = "0 7 * * mon", timezone: str = "UTC") -> MadeSchedule:
    return MadeSchedule(name, "prod", cron, timezone, "C0SECURITY", False, (), "U0ERIN", MONDAY)


def process(history: History, runs: Runs, clock: Clock) -> Scheduler:
    return Scheduler(lambda: all_of((SETTINGS,), history), history, runs, executor=AtOnce(), clock=clock)


def test_every_replica_takes_up_what_is_made_and_one_runs_it(history: History, clock: Clock) -> None:
    runs = Runs()
    replicas = [process(history, runs, clock) for _ in range(2)]
    for replica in replicas:
        replica.look_around()
    history.make_schedule(made(), 100)
    for replica in replicas:
        replica.look_around()
    clock.now = MONDAY + timedelta(seconds=20)
    for replica in replicas:
        replica.look_around()
    assert runs.times == [MONDAY]


def test_what_has_ended_is_not_run_even_by_a_replica_that_has_not_noticed(
    history: History, clock: Clock
) -> None:
    runs = Runs()
    replica = process(history, runs, clock)
    history.make_schedule(made(), 100)
    replica.look_around()
    history.end_schedule("weekly")
    clock.now = MONDAY + timedelta(seconds=20)
    (weekly,) = all_of((), _as_made(history))
    replica.notice(weekly)
    assert runs.times == []
    assert history.fire("weekly", MONDAY) is None


def _as_made(history: History) -> History:
    """The history as it was while the schedule was there."""

    class Before(History):
        def made_schedules(self) -> tuple[MadeSchedule, ...]:
            return (made(),)

    return Before(history._database, history._clock)


def test_one_that_is_made_again_makes_up_for_nothing_of_the_time_in_between(
    history: History, clock: Clock
) -> None:
    runs = Runs()
    history.make_schedule(made(), 100)
    process(history, runs, clock).look_around()
    history.end_schedule("weekly")
    clock.now = MONDAY + timedelta(hours=2)
    history.make_schedule(made(), 100)
    process(history, runs, clock).look_around()
    assert runs.times == []


def test_one_that_is_changed_by_ending_and_making_it_runs_at_its_new_time(
    history: History, clock: Clock
) -> None:
    runs = Runs()
    replica = process(history, runs, clock)
    history.make_schedule(made(), 100)
    replica.look_around()
    history.end_schedule("weekly")
    history.make_schedule(made(cron="15 7 * * mon"), 100)
    replica.look_around()
    clock.now = MONDAY + timedelta(minutes=16)
    replica.look_around()
    assert runs.times == [MONDAY + timedelta(minutes=15)]


def test_a_time_missed_over_a_restart_is_made_up_for(history: History, clock: Clock) -> None:
    history.make_schedule(made(), 100)
    process(history, Runs(), clock).look_around()
    clock.now = MONDAY + timedelta(hours=2)
    runs = Runs()
    process(history, runs, clock).look_around()
    assert runs.times == [MONDAY]


def test_rule_52_a_time_that_the_clock_repeats_is_run_once(history: History, clock: Clock) -> None:
    autumn = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 in Berlin, the first time
    clock.now = autumn - timedelta(hours=1)
    history.make_schedule(made(cron="30 2 * * sun", timezone="Europe/Berlin"), 100)
    runs = Runs()
    replica = process(history, runs, clock)
    for _ in range(10):
        replica.look_around()
        clock.now += timedelta(minutes=30)
    assert runs.times == [autumn]


def test_the_settings_win_where_names_are_the_same(history: History) -> None:
    history.make_schedule(made("daily"), 100)
    assert all_of((SETTINGS,), history) == (SETTINGS,)


def test_one_that_does_not_fit_any_more_is_left_out(
    history: History, capsys: pytest.CaptureFixture[str]
) -> None:
    history.make_schedule(made("broken", cron="61 * * * *"), 100)
    history.make_schedule(made("fine"), 100)
    assert [each.name for each in all_of((), history)] == ["fine"]

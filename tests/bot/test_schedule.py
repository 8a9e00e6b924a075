"""Each time of a schedule is run once: with replicas, over restarts, and when the database is away."""

import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.errors import CommandError
from bot.schedule import Scheduler, ScheduleSettings
from reports.history import FireState, History
from reports.history.errors import DatabaseLocked

MONDAY = datetime(2026, 11, 23, 7, tzinfo=UTC)
WEEKLY = ScheduleSettings(name="weekly", cluster="prod", cron="0 7 * * mon", channel="C0SECURITY")


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class AtOnce(Executor):
    """Runs what is submitted before `submit` returns."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class Runs:
    """What was run; the next one raises `problem` if there is one."""

    def __init__(self) -> None:
        self.times: list[datetime] = []
        self.problem: Exception | None = None

    def __call__(self, _schedule: ScheduleSettings, scheduled_for: datetime) -> None:
        self.times.append(scheduled_for)
        if self.problem:
            raise self.problem


@pytest.fixture
def clock() -> Clock:
    """The Friday before: the schedule is known since then."""
    return Clock(MONDAY - timedelta(days=3))


@pytest.fixture
def history(tmp_path: Path, clock: Clock) -> Iterator[History]:
    opened = History.open(f"sqlite:///{tmp_path / 'history.db'}", clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def runs() -> Runs:
    return Runs()


def process(history: Any, runs: Runs, clock: Clock, schedule: ScheduleSettings = WEEKLY) -> Scheduler:
    """What a newly started process has: nothing in memory."""
    return Scheduler(lambda: [schedule], history, runs, executor=AtOnce(), clock=clock)


def test_a_time_is_run_once_under_its_nominal_time(history: History, runs: Runs, clock: Clock) -> None:
    scheduler = process(history, runs, clock)
    scheduler.look_around()
    assert runs.times == []
    clock.now = MONDAY + timedelta(seconds=40)
    for _ in range(3):
        scheduler.look_around()
    assert runs.times == [MONDAY]
    fire = history.fire("weekly", MONDAY)
    assert fire is not None
    assert (fire.state, fire.reason) == (FireState.DONE, None)
    clock.now = MONDAY + timedelta(days=7)
    scheduler.look_around()
    assert runs.times == [MONDAY, MONDAY + timedelta(days=7)]


def test_rule_51_missed_over_a_restart_is_made_up_for_once(
    history: History, runs: Runs, clock: Clock
) -> None:
    process(history, runs, clock).look_around()
    clock.now = MONDAY + timedelta(hours=2)
    process(history, runs, clock).look_around()
    process(history, runs, clock).look_around()
    assert runs.times == [MONDAY]


def test_rule_51_missed_for_too_long_is_said_to_be_missed(history: History, runs: Runs, clock: Clock) -> None:
    process(history, runs, clock).look_around()
    clock.now = MONDAY + timedelta(hours=12, minutes=5)
    for _ in range(2):
        process(history, runs, clock).look_around()
    assert runs.times == []
    (fire,) = history.fires("weekly")
    assert fire.state is FireState.MISSED
    assert fire.reason == "Nothing ran until 12 h 05 min later; only 12 h 00 min are made up for."


def test_of_several_missed_times_the_last_is_run(history: History, runs: Runs, clock: Clock) -> None:
    daily = ScheduleSettings(name="daily", cluster="prod", cron="0 7 * * *", channel="C0SECURITY")
    process(history, runs, clock, daily).look_around()
    clock.now = MONDAY + timedelta(hours=1)
    process(history, runs, clock, daily).look_around()
    assert runs.times == [MONDAY]


def test_a_new_or_changed_schedule_missed_nothing(history: History, runs: Runs, clock: Clock) -> None:
    clock.now = MONDAY + timedelta(hours=1)
    process(history, runs, clock).look_around()
    changed = WEEKLY.model_copy(update={"cron": "30 7 * * mon"})
    clock.now = MONDAY + timedelta(hours=2)
    process(history, runs, clock, changed).look_around()
    assert runs.times == []
    assert history.fires() == ()


@pytest.mark.parametrize("failure", [CommandError("No cluster.", "Add one."), RuntimeError("secret-token")])
def test_a_run_that_raises_has_failed(history: History, runs: Runs, clock: Clock, failure: Exception) -> None:
    scheduler = process(history, runs, clock)
    scheduler.look_around()
    clock.now, runs.problem = MONDAY, failure
    scheduler.look_around()
    scheduler.look_around()
    assert runs.times == [MONDAY]
    (fire,) = history.fires()
    assert fire.state is FireState.FAILED
    expected = "No cluster." if isinstance(failure, CommandError) else "RuntimeError; the log says more."
    assert fire.reason == expected


def test_a_run_whose_process_is_gone_is_shown_as_died(history: History, runs: Runs, clock: Clock) -> None:
    scheduler = process(history, runs, clock)
    scheduler.look_around()
    clock.now = MONDAY
    assert history.claim("weekly", MONDAY, "a process that was killed")
    clock.now = MONDAY + timedelta(hours=5)
    scheduler.look_around()
    (fire,) = history.fires()
    assert fire.state is FireState.CLAIMED
    clock.now = MONDAY + timedelta(hours=7)
    scheduler.look_around()
    (fire,) = history.fires()
    assert fire.state is FireState.DIED
    assert "the process that ran it has ended" in str(fire.reason)
    assert runs.times == []
    history.settle("weekly", MONDAY)
    (fire,) = history.fires()
    assert fire.state is FireState.DONE, "it was slow, not dead"


class Flaky:
    """The history with a database that is locked at times."""

    def __init__(self, history: History) -> None:
        self._history = history
        self.locked: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        if name in self.locked:
            raise DatabaseLocked("The database is locked by another process.")
        return getattr(self._history, name)


@pytest.mark.parametrize("at", ["known_since", "claim", "settle", "bury"])
def test_a_database_that_was_away_costs_no_run(history: History, runs: Runs, clock: Clock, at: str) -> None:
    process(history, runs, clock).look_around()
    flaky = Flaky(history)
    scheduler = process(flaky, runs, clock)
    clock.now, flaky.locked = MONDAY, {at}
    scheduler.look_around()
    flaky.locked = set()
    clock.now += timedelta(minutes=1)
    scheduler.look_around()
    assert runs.times == [MONDAY]
    (fire,) = history.fires()
    assert fire.state is FireState.DONE


def test_many_replicas_run_a_time_once(tmp_path: Path, clock: Clock) -> None:
    url, runs, replicas = f"sqlite:///{tmp_path / 'history.db'}", Runs(), 6
    race(url, runs, clock, replicas)
    assert runs.times == [MONDAY]


def test_many_replicas_on_postgresql_run_a_time_once(postgres_url: str, clock: Clock) -> None:
    runs, replicas = Runs(), 6
    race(postgres_url, runs, clock, replicas)
    assert runs.times == [MONDAY]


def race(url: str, runs: Runs, clock: Clock, replicas: int) -> None:
    """Schedulers, each with a database connection of its own, notice the same time at once."""
    histories = [History.open(url, clock=clock) for _ in range(replicas)]
    schedulers = [process(history, runs, clock) for history in histories]
    for scheduler in schedulers:
        scheduler.look_around()
    clock.now = MONDAY
    barrier = threading.Barrier(replicas)

    def notice(scheduler: Scheduler) -> None:
        barrier.wait()
        scheduler.notice(WEEKLY)

    with ThreadPoolExecutor(replicas) as pool:
        list(pool.map(notice, schedulers))
    assert [fire.state for fire in histories[0].fires()] == [FireState.DONE]
    for history in histories:
        history.close()


def test_the_alarm_wakes_the_scheduler_and_stop_waits_for_the_run(history: History, clock: Clock) -> None:
    """With the real timer: started late, it catches up at once; stopped, it lets the run end."""
    process(history, Runs(), clock).look_around()
    clock.now = MONDAY + timedelta(minutes=1)
    begun, go_on = threading.Event(), threading.Event()

    def run(schedule: ScheduleSettings, scheduled_for: datetime) -> None:
        begun.set()
        assert go_on.wait(5)

    scheduler = Scheduler(lambda: [WEEKLY], history, run, clock=clock)
    scheduler.start()
    assert begun.wait(5)
    threading.Timer(0.2, go_on.set).start()
    scheduler.stop()
    (fire,) = history.fires()
    assert fire.state is FireState.DONE


def test_what_only_waited_when_stopped_is_left_to_the_next_start(history: History, clock: Clock) -> None:
    names = ("a", "b", "c", "d")
    schedules = [WEEKLY.model_copy(update={"name": name}) for name in names]
    Scheduler(lambda: schedules, history, Runs(), executor=AtOnce(), clock=clock).look_around()
    clock.now = MONDAY
    busy, go_on = threading.Semaphore(0), threading.Event()

    def run(schedule: ScheduleSettings, scheduled_for: datetime) -> None:
        busy.release()
        assert go_on.wait(5)

    scheduler = Scheduler(lambda: schedules, history, run, clock=clock)
    scheduler.look_around()
    assert busy.acquire(timeout=5)
    assert busy.acquire(timeout=5)
    threading.Timer(0.2, go_on.set).start()
    scheduler.stop()
    assert len(history.fires()) == 2
    runs = Runs()
    Scheduler(lambda: schedules, history, runs, executor=AtOnce(), clock=clock).look_around()
    assert runs.times == [MONDAY, MONDAY]
    assert {fire.state for fire in history.fires()} == {FireState.DONE}

"""Runs each time of each schedule exactly once, however many replicas there are and however they end.

APScheduler only wakes us: which time is due is worked out from the clock, and whose it is by a row in the
database that only one process can insert. So a wake-up that is late, doubled or lost does no harm: a look
around every minute finds what is due, also right after a start, and also when the database was away.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Protocol

from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from bot import logs
from bot.schedule.cron import last_due, trigger
from bot.schedule.settings import ScheduleSettings
from checks.errors import QuarterdeckError
from reports.history import Fire
from reports.history.errors import HistoryError

log = logs.get("schedule")

LOOK_AROUND = timedelta(minutes=1)
DEAD_AFTER = timedelta(hours=6)
"""No run takes that long: one that has not ended by then never will."""
_WORKERS = 2

Run = Callable[[ScheduleSettings, datetime], None]


class Fires(Protocol):
    """The shared table of schedules' times; reports.history.History is one."""

    def known_since(self, schedule: str, definition: str) -> datetime: ...
    def claim(self, schedule: str, scheduled_for: datetime, owner: str) -> bool: ...
    def miss(self, schedule: str, scheduled_for: datetime, owner: str, reason: str) -> bool: ...
    def settle(self, schedule: str, scheduled_for: datetime, error: str | None = None) -> None: ...
    def bury(self, claimed_before: datetime) -> tuple[Fire, ...]: ...


def _now() -> datetime:
    return datetime.now(UTC)


def _owner() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"


class Scheduler:
    """Calls `run(schedule, scheduled_for)` in `executor`; what it raises is kept as the reason of a failure.

    `schedules` says which there are, now and at every look around: what is new is taken up within a minute,
    what is gone is not run again. `scheduled_for` is the nominal time, in UTC. An executor that is given is
    the giver's to shut down.
    """

    def __init__(
        self,
        schedules: Callable[[], Sequence[ScheduleSettings]],
        fires: Fires,
        run: Run,
        *,
        executor: Executor | None = None,
        clock: Callable[[], datetime] = _now,
        dead_after: timedelta = DEAD_AFTER,
    ) -> None:
        self._wanted = schedules
        self._schedules: dict[str, ScheduleSettings] = {}
        self._fires = fires
        self._run = run
        self._own = executor is None
        self._executor = executor or ThreadPoolExecutor(_WORKERS, thread_name_prefix="schedule")
        self._clock = clock
        self._dead_after = dead_after
        self._owner = _owner()
        self._lock = threading.Lock()
        self._since: dict[str, datetime] = {}
        self._handled: dict[str, datetime] = {}
        self._ended: dict[tuple[str, datetime], str | None] = {}
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._alarm = BackgroundScheduler(timezone=UTC, job_defaults=defaults)

    def start(self) -> None:
        """Begin to run schedules, catching up on what was missed; returns at once."""
        every = LOOK_AROUND.total_seconds()
        self._alarm.add_job(self.look_around, "interval", seconds=every, next_run_time=_now())
        self._alarm.start()

    def stop(self) -> None:
        """Begin nothing more and wait for what runs; what only waited stays unclaimed, to be caught up."""
        if self._alarm.running:
            self._alarm.shutdown(wait=True)
        if self._own:
            self._executor.shutdown(wait=True, cancel_futures=True)
        self._note_ends()

    def look_around(self) -> None:
        """Notice which schedules there are, what is due, and what has become of times that were claimed."""
        self._take_up()
        for schedule in tuple(self._schedules.values()):
            self.notice(schedule)
        self._note_ends()
        try:
            for fire in self._fires.bury(self._clock() - self._dead_after):
                log.error("schedule died", schedule=fire.schedule, scheduled_for=str(fire.scheduled_for))
        except HistoryError as error:
            _trouble("look for dead runs", error)

    def _take_up(self) -> None:
        """Set the alarm for schedules that are new or were changed, and no more for those that are gone."""
        try:
            wanted = {each.name: each for each in self._wanted()}
        except HistoryError as error:
            _trouble("look for schedules", error)
            return
        for name in self._schedules.keys() - wanted.keys():
            self._forget(name)
        for name, schedule in wanted.items():
            if self._schedules.get(name) != schedule:
                if name in self._schedules:
                    self._forget(name)
                self._schedules[name] = schedule
                due = trigger(schedule.cron, schedule.timezone)
                self._alarm.add_job(self.notice, due, args=(schedule,), id=name)

    def _forget(self, name: str) -> None:
        with suppress(JobLookupError):  # one that has no time left is gone by itself
            self._alarm.remove_job(name)
        with self._lock:
            del self._schedules[name]
            self._since.pop(name, None)
            self._handled.pop(name, None)

    def notice(self, schedule: ScheduleSettings) -> None:
        """Hand the schedule's last due time to the executor, unless that was done."""
        name = schedule.name
        try:
            with self._lock:
                since = self._since.get(name)
                if since is None:
                    since = self._since[name] = self._fires.known_since(name, schedule.definition)
                due = last_due(schedule, self._handled.get(name, since), self._clock())
                if due is None:
                    return
                self._handled[name] = due
        except HistoryError as error:
            _trouble(f"look at schedule {name}", error)
            return
        self._executor.submit(self._take, schedule, due)

    def _take(self, schedule: ScheduleSettings, due: datetime) -> None:
        name, late = schedule.name, self._clock() - due
        try:
            if late > schedule.catch_up:
                reason = (
                    f"Nothing ran until {_span(late)} later; only {_span(schedule.catch_up)} are made up for."
                )
                if self._fires.miss(name, due, self._owner, reason):
                    log.warning("schedule missed", schedule=name, scheduled_for=str(due), reason=reason)
                return
            if schedule not in self._wanted():
                log.info("schedule ended before it was due", schedule=name, scheduled_for=str(due))
                return
            mine = self._fires.claim(name, due, self._owner)
        except HistoryError as error:
            _trouble(f"claim schedule {name}", error)
            with self._lock:
                if self._handled.get(name) == due:
                    del self._handled[name]  # the next look around tries again
            return
        if mine:
            self._carry_out(schedule, due)

    def _carry_out(self, schedule: ScheduleSettings, due: datetime) -> None:
        log.info("schedule runs", schedule=schedule.name, scheduled_for=str(due))
        problem: str | None = None
        try:
            self._run(schedule, due)
        except Exception as error:
            problem = f"{type(error).__name__}; the log says more."
            if isinstance(error, QuarterdeckError):
                problem = error.message
            log.exception("schedule failed", schedule=schedule.name, scheduled_for=str(due))
        with self._lock:
            self._ended[schedule.name, due] = problem
        self._note_ends()

    def _note_ends(self) -> None:
        """Write down how runs ended; what cannot be written now is tried again at the next look around."""
        with self._lock:
            ended, self._ended = self._ended, {}
        for (name, due), problem in ended.items():
            try:
                self._fires.settle(name, due, problem)
            except HistoryError as error:
                _trouble(f"note the end of schedule {name}", error)
                with self._lock:
                    self._ended[name, due] = problem


def _trouble(doing: str, error: HistoryError) -> None:
    log.warning("history failed; tried again within a minute", doing=doing, problem=str(error))


def _span(span: timedelta) -> str:
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours} h {minutes:02} min"

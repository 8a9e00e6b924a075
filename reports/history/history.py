"""History: everything that is remembered of scans, schedules and posts, behind one object."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from checks.model import Scan
from reports.history import answers, audit, claims, fires, ledger, made, names, runs, threads
from reports.history.answers import AnswerRow
from reports.history.database import Database
from reports.history.parcel import pack
from reports.history.records import (
    Asked,
    Attempt,
    AuditEntry,
    Finding,
    Fire,
    MadeSchedule,
    PostRecord,
    PostState,
    Row,
    Run,
    Thread,
)
from reports.history.tables import runs as runs_table

PATIENCE = 15.0
"""Seconds to wait for a database that another process keeps busy."""


def _now() -> datetime:
    return datetime.now(UTC)


class History:
    """Safe to share between threads and, by its database, between processes.

    Every method raises HistoryError when the database fails; then nothing of that call was stored.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    @classmethod
    def open(cls, url: str, *, patience: float = PATIENCE, clock: Callable[[], datetime] = _now) -> History:
        """Open the database at `url`, made and brought up to date as needed.

        `url` is `sqlite:////path/history.db` or `postgresql://user:password@host/database`. Raises
        HistoryError: see `reports.history.errors` for what can be wrong with it.
        """
        database = Database(url, patience=patience)
        try:
            database.migrate()
        except BaseException:
            database.close()
            raise
        return cls(database, clock)

    def close(self) -> None:
        """Give the connections back."""
        self._database.close()

    def answers(self) -> bool:
        """Whether the database answers just now; never raises."""
        return self._database.answers()

    # Runs

    def save(
        self,
        scan: Scan,
        *,
        requested_by: str,
        schedule: str | None = None,
        scheduled_for: datetime | None = None,
        run_id: str | None = None,
        rights: bytes | None = None,
    ) -> Run:
        """Keep a scan, whole or not at all. `run_id` is what `begin` gave, if the run was begun; `rights` is
        what of the snapshot is about rights, as a snapshot's file has it.

        Raises UnknownRun when that run is not under way.
        """
        parcel, known = pack(scan), names.names_in(scan)
        request = runs.Request(requested_by, schedule, scheduled_for)
        with self._database.writing(alone=True) as connection:
            now = self._clock()
            run_id = run_id or runs.begin(connection, scan.cluster.name, request, now)
            run = runs.keep(connection, run_id, parcel, now, rights)
            names.keep(connection, run_id, known)
            return run

    def begin(
        self,
        cluster_name: str,
        *,
        requested_by: str,
        schedule: str | None = None,
        scheduled_for: datetime | None = None,
    ) -> str:
        """Note that a run is under way; end it by `save` or `fail`. Gives its id."""
        request = runs.Request(requested_by, schedule, scheduled_for)
        with self._database.writing(alone=True) as connection:
            return runs.begin(connection, cluster_name, request, self._clock())

    def fail(self, run_id: str, error: str) -> None:
        """Note why a run that was under way came to nothing. Raises UnknownRun."""
        with self._database.writing() as connection:
            runs.fail(connection, run_id, error, self._clock())

    def attempts(self, limit: int = 50) -> tuple[Attempt, ...]:
        """Runs in any state, also under way and failed ones, the last begun first."""
        with self._database.reading() as connection:
            return runs.attempts(connection, limit)

    def run(self, run_id: str) -> Run:
        """The run with this id. Raises UnknownRun."""
        with self._database.reading() as connection:
            return runs.find(connection, run_id)

    def scan(self, run_id: str) -> Scan:
        """The scan of a run, exactly as it was. Raises UnknownRun or DamagedScan."""
        with self._database.reading() as connection:
            return runs.scan_of(connection, run_id)

    def rows(self, run_id: str, check: str | None = None) -> tuple[Row, ...]:
        """The results of a run that are no pass, of one check or of all. Raises UnknownRun."""
        with self._database.reading() as connection:
            return runs.rows_of(connection, run_id, check)

    def runs(self, limit: int = 50) -> tuple[Run, ...]:
        """Runs of all clusters, newest first."""
        with self._database.reading() as connection:
            return runs.newest(connection, limit)

    def whole_runs(self, cluster_name: str, limit: int) -> tuple[Run, ...]:
        """The newest runs under a cluster's name that were not limited to namespaces, newest first."""
        whole = runs_table.c.namespaces == []
        with self._database.reading() as connection:
            return runs.newest(connection, limit, runs_table.c.cluster_name == cluster_name, whole)

    def last_of(self, cluster_name: str) -> Run | None:
        """The newest run under a cluster's name that was not limited to namespaces."""
        return next(iter(self.whole_runs(cluster_name, 1)), None)

    def run_at(self, cluster_name: str, moment: datetime) -> Run | None:
        """The newest run up to a moment that was not limited to namespaces; else the oldest one after it."""
        with self._database.reading() as connection:
            return runs.at(connection, cluster_name, moment)

    def latest(self, cluster_uid: str) -> Run | None:
        """The newest run of a cluster."""
        with self._database.reading() as connection:
            found = runs.newest(connection, 1, runs_table.c.cluster_uid == cluster_uid)
        return found[0] if found else None

    def previous(self, run: Run) -> Run | None:
        """The run to compare this one with: the one before, of the same cluster and the same namespaces."""
        with self._database.reading() as connection:
            return runs.before(connection, run)

    def names(self, run_id: str) -> dict[str, tuple[str, ...]]:
        """The namespaces, roles, workloads and Services that a run saw, by what they are."""
        with self._database.reading() as connection:
            return names.find(connection, run_id)

    def rights_at(self, cluster_name: str, moment: datetime) -> tuple[Run, bytes] | None:
        """What was kept about rights with the newest run up to a moment, or else with the oldest after it."""
        with self._database.reading() as connection:
            return runs.rights_at(connection, cluster_name, moment)

    def with_rights(self, cluster_uid: str, limit: int) -> tuple[Run, ...]:
        """The runs of a cluster with which something was kept about rights, newest first."""
        with self._database.reading() as connection:
            return runs.with_rights(connection, cluster_uid, limit)

    def rights_of(self, run_id: str) -> bytes:
        """What was kept about rights with a run. Raises UnknownRun."""
        with self._database.reading() as connection:
            return runs.rights_of(connection, run_id)

    def findings(self, cluster_uid: str) -> dict[str, Finding]:
        """The lives of all findings of a cluster, by fingerprint."""
        with self._database.reading() as connection:
            return runs.lives(connection, cluster_uid)

    # Schedules

    def known_since(self, schedule: str, definition: str) -> datetime:
        """Since when a schedule has this definition; now, if it is new or was changed."""
        with self._database.writing() as connection:
            return fires.known_since(connection, schedule, definition, self._clock())

    def claim(self, schedule: str, scheduled_for: datetime, owner: str) -> bool:
        """Take one time of a schedule; True for exactly one caller ever. End it by `settle`."""
        with self._database.writing() as connection:
            return fires.claim(connection, schedule, scheduled_for, owner, self._clock())

    def miss(self, schedule: str, scheduled_for: datetime, owner: str, reason: str) -> bool:
        """Note that a time passed and will not be run; False when it was claimed or noted before."""
        with self._database.writing() as connection:
            return fires.claim(connection, schedule, scheduled_for, owner, self._clock(), missed=reason)

    def settle(self, schedule: str, scheduled_for: datetime, error: str | None = None) -> None:
        """Note that a claimed time was done, or why it failed."""
        with self._database.writing() as connection:
            fires.settle(connection, schedule, scheduled_for, error, self._clock())

    def bury(self, claimed_before: datetime) -> tuple[Fire, ...]:
        """Note as died what was claimed before a moment and has not ended. Gives what is newly noted."""
        with self._database.writing() as connection:
            return fires.bury(connection, claimed_before, self._clock())

    def fire(self, schedule: str, scheduled_for: datetime) -> Fire | None:
        """What became of one time of a schedule."""
        with self._database.reading() as connection:
            return fires.find(connection, schedule, scheduled_for)

    def fires(self, schedule: str | None = None, limit: int = 50) -> tuple[Fire, ...]:
        """The last times of one schedule, or of all, newest first."""
        with self._database.reading() as connection:
            return fires.newest(connection, schedule, limit)

    def make_schedule(self, made_: MadeSchedule, most: int) -> bool:
        """Keep a schedule that somebody made; False for a name that is taken, or where there are `most`."""
        with self._database.writing() as connection:
            return made.add(connection, made_, most)

    def end_schedule(self, name: str) -> bool:
        """Let a schedule that somebody made go; False where there is none of that name."""
        with self._database.writing() as connection:
            return made.remove(connection, name)

    def made_schedules(self) -> tuple[MadeSchedule, ...]:
        """The schedules that people made, by name."""
        with self._database.reading() as connection:
            return made.every(connection)

    # What Slack delivers

    def first(self, key: str) -> bool:
        """Whether a delivery is new: True for exactly one caller within a quarter of an hour."""
        with self._database.writing() as connection:
            return claims.first(connection, key, self._clock())

    # Conversations

    def remember(self, key: str, thread: Thread) -> None:
        """Keep what a thread is about now, for a week."""
        with self._database.writing() as connection:
            threads.remember(connection, key, thread, self._clock())

    def thread(self, key: str) -> Thread | None:
        """What a thread was about last; None where that is unknown or forgotten."""
        with self._database.reading() as connection:
            return threads.find(connection, key, self._clock())

    # Posts

    def look_up(self, key: str) -> PostRecord | None:
        """What the ledger says of one part of a post."""
        with self._database.reading() as connection:
            return ledger.look_up(connection, key)

    def record(self, key: str, channel: str, state: PostState, ts: str | None = None) -> None:
        """Write the ledger. Raises AlreadyPosting when a part to be sent was sent, or may have been."""
        with self._database.writing() as connection:
            ledger.record(connection, key, channel, state, ts, self._clock())

    # The audit log: it can be added to and read, nothing else

    def note_asked(self, asked: Asked) -> int:
        """Note what somebody asked for and what was decided; gives the entry, for `note_ended`."""
        with self._database.writing() as connection:
            return audit.asked(connection, asked, self._clock())

    def note_ended(self, entry: int, result: str, *, run: str | None, milliseconds: int) -> None:
        """Note what came of it."""
        with self._database.writing() as connection:
            audit.ended(connection, entry, result, run, milliseconds, self._clock())

    def audit(
        self, *, since: datetime | None = None, asker: str = "", denied: bool = False, limit: int = 200
    ) -> tuple[AuditEntry, ...]:
        """The newest entries first: since a moment, of one asker, refusals alone."""
        with self._database.reading() as connection:
            return audit.entries(connection, since, asker, denied=denied, limit=limit)

    # Answers

    def keep_answer(self, row: AnswerRow) -> None:
        """Keep an answer for a day, and what was asked for a month."""
        with self._database.writing() as connection:
            answers.keep(connection, row, self._clock())

    def kept_answer(self, answer_id: str) -> AnswerRow | None:
        """The answer with this id, without content where that is too old."""
        with self._database.reading() as connection:
            return answers.find(connection, answer_id)

"""What History gives back: plain frozen data that knows nothing of SQL."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from checks.model import Severity, Status


class RunState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Run(Struct, frozen=True, gc=False):
    """A run whose scan is kept.

    `started` and `finished` are the scan's; `counts` are its results by status, `open` its failures by
    severity; `score` is docs/score.md's, None where there is none or where it was not kept yet.
    """

    id: str
    cluster_uid: str
    cluster_name: str
    started: datetime
    finished: datetime
    requested_by: str
    schedule: str | None
    scheduled_for: datetime | None
    frameworks: tuple[str, ...]
    namespaces: tuple[str, ...]
    counts: dict[Status, int]
    open: dict[Severity, int]
    score: int | None
    tool_version: str
    tool_checks: str
    sha256: str
    """Of the scan's canonical JSON, the evidence that reports carry."""

    @property
    def failures(self) -> int:
        """How many results are failures."""
        return self.counts.get(Status.FAIL, 0)


class Attempt(Struct, frozen=True, gc=False):
    """Any run, also one that is under way or came to nothing; then `error` says why."""

    id: str
    cluster_name: str
    requested_by: str
    schedule: str | None
    begun: datetime
    ended: datetime | None
    state: RunState
    error: str | None


class Finding(Struct, frozen=True, gc=False):
    """The life of one finding: by fingerprint, from the first scan that had it to the last."""

    fingerprint: str
    cluster_uid: str
    check: str
    first_seen: datetime
    first_run: str
    last_seen: datetime
    last_run: str


class Row(Struct, frozen=True, gc=False):
    """One result of a run that is not a pass."""

    fingerprint: str
    check: str
    status: Status
    severity: Severity
    kind: str
    namespace: str | None
    name: str
    locus: str
    message: str


class FireState(StrEnum):
    """What became of one time of a schedule. All but the first are final."""

    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"
    MISSED = "missed"
    """Its time passed while nobody could run it, and then it was too late."""
    DIED = "died"
    """Claimed long ago, and neither done nor failed: whoever ran it is gone."""


class Fire(Struct, frozen=True, gc=False):
    """One time of a schedule: who claimed it when, and what became of it. `reason` explains a bad end."""

    schedule: str
    scheduled_for: datetime
    state: FireState
    owner: str
    claimed: datetime
    ended: datetime | None
    reason: str | None


class Thread(Struct, frozen=True, gc=False):
    """What a thread was about last: the canonical command, the run of its answer, and what was offered since
    (a canonical command that the last answer asked about; empty for none)."""

    command: str
    run: str | None = None
    offered: str = ""


class MadeSchedule(Struct, frozen=True):
    """A schedule that somebody made by saying so. `cron` is meant in `timezone`, an IANA name."""

    name: str
    cluster: str
    cron: str
    timezone: str
    channel: str
    pdf: bool
    frameworks: tuple[str, ...]
    made_by: str
    made: datetime


class PostState(StrEnum):
    """What became of one part of a scheduled post."""

    PLANNED = "planned"
    POSTING = "posting"
    POSTED = "posted"
    AMBIGUOUS = "ambiguous"
    FAILED = "failed"


class PostRecord(Struct, frozen=True):
    """A ledger line: the part's state and, once posted, the message's timestamp (a file's id)."""

    state: PostState
    ts: str | None = None
    channel: str = ""
    attempt: int = 0


class Asked(Struct, frozen=True):
    """What is noted before a command is carried out: who, where, which command as it was understood.

    `decision` is `allowed`, `narrowed` or `refused`, by `role`; `reason` why it was not allowed as asked.
    """

    asker: str
    channel: str
    command: str
    decision: str
    role: str | None
    reason: str


class AuditEntry(Struct, frozen=True, gc=False):
    """One line of the audit log. No `result`: it was not carried out to its end, or that was not noted."""

    number: int
    at: datetime
    asker: str
    channel: str
    command: str
    decision: str
    role: str | None
    reason: str
    result: str | None
    run: str | None
    milliseconds: int | None

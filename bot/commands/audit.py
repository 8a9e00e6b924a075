"""`audit`: who asked for what, what was decided, and what came of it."""

from __future__ import annotations

import shlex
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from bot.answer import Answer, Table, Tone
from bot.errors import CommandError
from bot.moments import moment_of
from checks.wording import plural

if TYPE_CHECKING:
    from reports.history import AuditEntry, History

MOST_ROWS = 200
_COLUMNS = ("When", "Who", "Channel", "Command", "Decision", "Role", "Result", "Run", "Took")


class ShowAudit(Struct, frozen=True, tag=True):
    """The audit log since a moment (`monday`, `2026-11-01`; empty: its newest lines), of one user, refusals
    alone."""

    since: str = ""
    user: str = ""
    denied: bool = False

    @property
    def canonical(self) -> str:
        words = ["audit", *([f"since={self.since}"] if self.since else [])]
        words += [f"user={self.user}"] if self.user else []
        return shlex.join([*words, *(["denied=yes"] if self.denied else [])])


def show_audit(history: History, command: ShowAudit, now: datetime, *, most: int = MOST_ROWS) -> Answer:
    """What the log holds, newest first. Raises CommandError for a moment that is none, or HistoryError."""
    entries = _find(history, command, now, most)
    denied = sum(each.decision == "refused" for each in entries)
    since = f" since {command.since}" if command.since else ""
    of = f" of {command.user}" if command.user else ""
    newest = " (the newest only)" if len(entries) == most else ""
    table = Table("Audit log", _COLUMNS, tuple(map(_row, entries)), code=("Command", "Run"))
    return Answer(
        command=command.canonical,
        verdict=f"{plural(len(entries), 'command')}{of}{since}{newest}, {denied} of them refused.",
        tone=Tone.NEUTRAL,
        tables=(table,) if entries else (),
        extra={"entries": entries},
    )


def _find(history: History, command: ShowAudit, now: datetime, most: int) -> tuple[AuditEntry, ...]:
    """The newest entries that are asked for, `most` of them. Raises CommandError or HistoryError."""
    since = moment_of(command.since, now) if command.since else None
    if command.since and since is None:
        raise CommandError(
            f"“{command.since[:40]}” is no moment that I understand.",
            "Say monday, yesterday, 3 days ago, or a date such as 2026-11-01.",
        )
    return history.audit(since=since, asker=command.user, denied=command.denied, limit=most)


def _row(entry: AuditEntry) -> tuple[str, ...]:
    return (
        f"{entry.at:%Y-%m-%d %H:%M:%S}",
        entry.asker,
        entry.channel or "-",
        entry.command,
        entry.decision,
        entry.role or "-",
        entry.result or "not ended",
        entry.run or "-",
        "-" if entry.milliseconds is None else f"{entry.milliseconds / 1000:.1f} s",
    )

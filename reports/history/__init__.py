"""What is remembered: runs and their scans, findings' lives, schedules' times, the ledger of posts, answers,
the audit log.

The only room that talks to a database: SQLite in a file, or PostgreSQL.
"""

from reports.history.answers import AnswerRow
from reports.history.history import History
from reports.history.records import (
    Asked,
    Attempt,
    AuditEntry,
    Finding,
    Fire,
    FireState,
    MadeSchedule,
    PostRecord,
    PostState,
    Row,
    Run,
    RunState,
    Thread,
)

__all__ = [
    "AnswerRow",
    "Asked",
    "Attempt",
    "AuditEntry",
    "Finding",
    "Fire",
    "FireState",
    "History",
    "MadeSchedule",
    "PostRecord",
    "PostState",
    "Row",
    "Run",
    "RunState",
    "Thread",
]

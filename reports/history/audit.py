"""The audit log. Nothing in it is ever changed, so there are two tables: what was asked and what came of it.

The database refuses to change or delete a row, too (migration 0005).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select

from reports.history.records import Asked, AuditEntry
from reports.history.runs import clean
from reports.history.tables import audit, audit_ends

LONGEST = 1000
"""Characters of a command that are kept."""


def asked(connection: Connection, what: Asked, now: datetime) -> int:
    """Add what was asked and decided. Gives the entry's number."""
    row = {
        "at": now,
        "asker": clean(what.asker),
        "channel": clean(what.channel),
        "command": clean(what.command)[:LONGEST],
        "decision": what.decision,
        "role": what.role,
        "reason": clean(what.reason)[:LONGEST],
    }
    number: int = connection.execute(insert(audit).values(row).returning(audit.c.number)).scalar_one()
    return number


def ended(
    connection: Connection, entry: int, result: str, run: str | None, milliseconds: int, now: datetime
) -> None:
    """Add what came of an entry, once."""
    row = {"entry": entry, "at": now, "result": result, "run": run, "milliseconds": milliseconds}
    connection.execute(insert(audit_ends).values(row))


def entries(
    connection: Connection, since: datetime | None, asker: str, *, denied: bool, limit: int
) -> tuple[AuditEntry, ...]:
    """What the log holds, newest first."""
    found = (
        select(audit, audit_ends.c.result, audit_ends.c.run, audit_ends.c.milliseconds)
        .join(audit_ends, audit.c.number == audit_ends.c.entry, isouter=True)
        .order_by(audit.c.number.desc())
        .limit(limit)
    )
    if since is not None:
        found = found.where(audit.c.at >= since)
    if asker:
        found = found.where(audit.c.asker == asker)
    if denied:
        found = found.where(audit.c.decision == "refused")
    return tuple(AuditEntry(**row) for row in connection.execute(found).mappings())

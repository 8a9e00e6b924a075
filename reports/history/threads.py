"""What a thread was about last, for a week: so that “and in staging?” is understood by every replica."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from reports.history.records import Thread
from reports.history.runs import clean, upsert
from reports.history.tables import threads

KEPT = timedelta(days=7)


def remember(connection: Connection, key: str, thread: Thread, now: datetime) -> None:
    """Keep what a thread is about now; what was said more than a week ago is forgotten."""
    connection.execute(delete(threads).where(threads.c.updated < now - KEPT))
    said = {
        "command": clean(thread.command),
        "run": thread.run,
        "offered": clean(thread.offered),
        "updated": now,
    }
    new = upsert(connection, threads).values(key=key, **said)
    connection.execute(new.on_conflict_do_update(index_elements=["key"], set_=said))


def find(connection: Connection, key: str, now: datetime) -> Thread | None:
    """What a thread was about last; None where that is unknown or forgotten."""
    query = select(threads).where(threads.c.key == key, threads.c.updated >= now - KEPT)
    row = connection.execute(query).mappings().first()
    return Thread(row["command"], row["run"], row["offered"]) if row else None

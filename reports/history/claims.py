"""What was delivered: a key is new once, whichever replica asks, until it is forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete

from reports.history.runs import upsert
from reports.history.tables import claims

KEPT = timedelta(minutes=15)
"""Slack delivers again for about six minutes."""


def first(connection: Connection, key: str, now: datetime) -> bool:
    """Take a key; True for the first who does. What was taken long ago is forgotten."""
    connection.execute(delete(claims).where(claims.c.claimed < now - KEPT))
    new = upsert(connection, claims).values(key=key, claimed=now)
    return connection.execute(new.on_conflict_do_nothing()).rowcount == 1

"""Times of schedules: each is claimed by exactly one process, and what became of it stays visible."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, RowMapping, select, update

from reports.history.records import Fire, FireState
from reports.history.runs import clean, upsert
from reports.history.tables import fires, schedules


def known_since(connection: Connection, name: str, definition: str, now: datetime) -> datetime:
    """Since when a schedule is as it is now: a time before that was not promised: it cannot be missed."""
    new = upsert(connection, schedules).values(name=name, definition=definition, since=now)
    connection.execute(
        new.on_conflict_do_update(
            index_elements=["name"],
            set_={"definition": new.excluded.definition, "since": new.excluded.since},
            where=schedules.c.definition != new.excluded.definition,
        )
    )
    since: datetime = connection.execute(
        select(schedules.c.since).where(schedules.c.name == name)
    ).scalar_one()
    return since


def claim(
    connection: Connection,
    schedule: str,
    scheduled_for: datetime,
    owner: str,
    now: datetime,
    *,
    missed: str | None = None,
) -> bool:
    """Take this time of this schedule. False when anyone took it before.

    With `missed`, it is taken only to note why it was not run.
    """
    new = upsert(connection, fires).values(
        schedule=schedule,
        scheduled_for=scheduled_for,
        state=FireState.CLAIMED if missed is None else FireState.MISSED,
        owner=owner,
        claimed=now,
        ended=None if missed is None else now,
        reason=missed,
    )
    return connection.execute(new.on_conflict_do_nothing()).rowcount == 1


def settle(
    connection: Connection, schedule: str, scheduled_for: datetime, error: str | None, now: datetime
) -> None:
    """Note how a claimed time ended. One taken for dead that ends after all is as it ended."""
    this = (fires.c.schedule == schedule) & (fires.c.scheduled_for == scheduled_for)
    open_ = fires.c.state.in_((FireState.CLAIMED, FireState.DIED))
    changes = {
        "state": FireState.DONE if error is None else FireState.FAILED,
        "ended": now,
        "reason": None if error is None else clean(error),
    }
    connection.execute(update(fires).where(this, open_).values(changes))


def bury(connection: Connection, claimed_before: datetime, now: datetime) -> tuple[Fire, ...]:
    """Note as died every time that was claimed before a moment and has not ended. Gives those newly noted."""
    stale = (fires.c.state == FireState.CLAIMED) & (fires.c.claimed < claimed_before)
    reason = "It was begun, and neither done nor failed: the process that ran it has ended."
    query = update(fires).where(stale).values(state=FireState.DIED, ended=now, reason=reason).returning(fires)
    return tuple(_fire(row) for row in connection.execute(query).mappings().all())


def find(connection: Connection, schedule: str, scheduled_for: datetime) -> Fire | None:
    """What is known of one time of a schedule."""
    query = select(fires).where(fires.c.schedule == schedule, fires.c.scheduled_for == scheduled_for)
    row = connection.execute(query).mappings().first()
    return None if row is None else _fire(row)


def newest(connection: Connection, schedule: str | None, limit: int) -> tuple[Fire, ...]:
    """The last times of one schedule, or of all, newest first."""
    query = select(fires).order_by(fires.c.scheduled_for.desc(), fires.c.schedule).limit(limit)
    if schedule is not None:
        query = query.where(fires.c.schedule == schedule)
    return tuple(_fire(row) for row in connection.execute(query).mappings())


def _fire(row: RowMapping) -> Fire:
    values = dict(row)
    return Fire(state=FireState(values.pop("state")), **values)

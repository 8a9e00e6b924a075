"""Schedules that somebody made by saying so, kept until somebody ends them."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, insert, select

from reports.history.records import MadeSchedule
from reports.history.tables import made_schedules, schedules


def add(connection: Connection, made: MadeSchedule, most: int) -> bool:
    """Keep a schedule; False where there is one of that name, or there are so many already."""
    count = connection.execute(select(func.count()).select_from(made_schedules)).scalar_one()
    taken = select(made_schedules.c.name).where(made_schedules.c.name == made.name)
    if count >= most or connection.execute(taken).first():
        return False
    connection.execute(
        insert(made_schedules).values(
            name=made.name,
            cluster=made.cluster,
            cron=made.cron,
            timezone=made.timezone,
            channel=made.channel,
            pdf=int(made.pdf),
            frameworks=list(made.frameworks),
            made_by=made.made_by,
            made=made.made,
        )
    )
    return True


def remove(connection: Connection, name: str) -> bool:
    """Let a schedule go; False where there is none of that name."""
    gone = connection.execute(delete(made_schedules).where(made_schedules.c.name == name)).rowcount == 1
    if gone:  # one that is made again under its name promises nothing of the time in between
        connection.execute(delete(schedules).where(schedules.c.name == name))
    return gone


def every(connection: Connection) -> tuple[MadeSchedule, ...]:
    """All of them, by name."""
    return tuple(
        MadeSchedule(
            name=row.name,
            cluster=row.cluster,
            cron=row.cron,
            timezone=row.timezone,
            channel=row.channel,
            pdf=bool(row.pdf),
            frameworks=tuple(row.frameworks),
            made_by=row.made_by,
            made=row.made,
        )
        for row in connection.execute(select(made_schedules).order_by(made_schedules.c.name))
    )

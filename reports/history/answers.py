"""Answers that were given, kept for a while so that any replica can turn their pages, export and share them.

The content goes after a day; what was asked stays a month longer, so that an old button can still offer to
ask it again. How many there are, and their bytes, are bounded, whatever is asked.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from reports.history.runs import clean
from reports.history.tables import answers

DAY = timedelta(hours=24)
MONTH = timedelta(days=31)
MOST_BYTES = 64 * 1024 * 1024
"""Of all contents together; the oldest go first."""
MOST_ROWS = 20_000


class AnswerRow(Struct, frozen=True, gc=False):
    """An answer as it is kept. `content` is opaque here; None once it is too old.

    `shown_by` is who asked, where others saw it; `asked_in` the conversation in public that it was taken out
    of.
    """

    id: str
    command: str
    shown_by: str
    asked_in: str
    made: datetime
    run: bool
    content: bytes | None


def keep(connection: Connection, row: AnswerRow, now: datetime) -> None:
    """Keep an answer, and let go of what is too old or too much."""
    connection.execute(
        insert(answers).values(
            id=row.id,
            command=clean(row.command),
            shown_by=clean(row.shown_by),
            asked_in=row.asked_in,
            made=row.made,
            run=int(row.run),
            size=len(row.content or b""),
            content=row.content,
        )
    )
    newest = connection.execute(select(func.max(answers.c.number))).scalar_one()
    too_many = answers.c.number <= newest - MOST_ROWS
    connection.execute(delete(answers).where(too_many | (answers.c.made < now - MONTH)))
    _let_go(connection, answers.c.made < now - DAY)
    _bound(connection)


def find(connection: Connection, answer_id: str) -> AnswerRow | None:
    """The answer with this id."""
    row = connection.execute(select(answers).where(answers.c.id == answer_id)).first()
    if row is None:
        return None
    content = None if row.content is None else bytes(row.content)
    return AnswerRow(row.id, row.command, row.shown_by, row.asked_in, row.made, bool(row.run), content)


def _bound(connection: Connection) -> None:
    """Let go of the oldest contents beyond MOST_BYTES."""
    held = 0
    sizes = select(answers.c.number, answers.c.size).where(answers.c.size > 0)
    for number, size in connection.execute(sizes.order_by(answers.c.number.desc())).all():
        held += size
        if held > MOST_BYTES:
            _let_go(connection, answers.c.number <= number)
            return


def _let_go(connection: Connection, which: ColumnElement[bool]) -> None:
    held = answers.c.size > 0
    connection.execute(update(answers).where(which & held).values(content=None, size=0))

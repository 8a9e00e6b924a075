"""The ledger of posts: written before and after each part is sent, so that none is sent twice or lost."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from reports.history.errors import AlreadyPosting
from reports.history.records import PostRecord, PostState
from reports.history.runs import upsert
from reports.history.tables import posts

_MAY_BE_SENT = (PostState.PLANNED, PostState.FAILED)


def look_up(connection: Connection, key: str) -> PostRecord | None:
    """The line of one part."""
    query = select(posts.c.state, posts.c.ts, posts.c.channel, posts.c.attempt).where(posts.c.key == key)
    row = connection.execute(query).first()
    return None if row is None else PostRecord(PostState(row.state), row.ts, row.channel, row.attempt)


def record(
    connection: Connection, key: str, channel: str, state: PostState, ts: str | None, now: datetime
) -> None:
    """Write the line of one part. Posted is final, whatever a slower process says later.

    Raises AlreadyPosting when it is to be sent while it was sent already, or may have been: of two
    processes that believe it is theirs, only one gets past here.
    """
    sending = state is PostState.POSTING
    new = upsert(connection, posts).values(
        key=key, channel=channel, state=state, ts=ts, attempt=int(sending), updated=now
    )
    changes = {
        "channel": new.excluded.channel,
        "state": new.excluded.state,
        "ts": new.excluded.ts,
        "attempt": posts.c.attempt + new.excluded.attempt,
        "updated": new.excluded.updated,
    }
    allowed = posts.c.state.in_(_MAY_BE_SENT) if sending else posts.c.state != PostState.POSTED
    written = connection.execute(
        new.on_conflict_do_update(index_elements=["key"], set_=changes, where=allowed)
    )
    if sending and written.rowcount != 1:
        raise AlreadyPosting(f"{key} is being posted, or has been posted, by another process.")

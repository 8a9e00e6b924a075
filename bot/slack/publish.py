"""Scheduled posts: summary, thread and files, each written in the ledger before and after it is sent.

A part that was posted is never posted again; a part whose fate is unknown is not repeated as if nothing had
been. A summary in that state is posted once more by a later attempt, saying that it may be a repeat.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from msgspec import Struct

from bot import logs
from bot.answer import Answer
from bot.slack.blocks import Frame
from bot.slack.errors import Ambiguous, SlackError
from bot.slack.interface import Ledger
from bot.slack.kept import Kept
from bot.slack.message import Drawing, Message
from bot.slack.payload import compiled
from bot.slack.posting import Posting
from bot.slack.tables import Layout, context
from reports.history.errors import AlreadyPosting
from reports.history.records import PostState

log = logs.get("slack")


class Published(Struct, frozen=True):
    """What became of a scheduled post. `ts` is the summary's, once posted; `problems` say what is missing."""

    ts: str | None
    problems: tuple[str, ...] = ()


class Publisher:
    """Publishes answers in channels."""

    def __init__(
        self,
        posting: Posting,
        ledger: Ledger,
        layout: Layout = Layout.TABLE,
        kept: Kept | None = None,
    ) -> None:
        self._posting = posting
        self._ledger = ledger
        self._layout = layout
        self._kept = kept

    def publish(self, answer: Answer, channel: str, key: str, *, now: datetime) -> Published:
        """Post an answer in a channel (by id): the summary, then details and files in its thread.

        `key` names this very post (schedule and scheduled time). Calling it again with the same key does only
        what is missing. Never raises SlackError: what could not be posted is in `problems`. Raises
        HistoryError when the ledger cannot be kept; what was being sent then is of unknown fate.
        """
        handle = self._kept.keep(answer, run=True) if self._kept else None
        drawing = compiled(answer, Frame(self._layout, now, run=True, handle=handle))
        problems: list[str] = []
        ts = self._summary(drawing, channel, f"{key}/summary", answer, problems)
        if ts is not None:
            self._thread(drawing, channel, ts, key, problems)
        return Published(ts, tuple(problems))

    def _summary(
        self, drawing: Drawing, channel: str, key: str, answer: Answer, problems: list[str]
    ) -> str | None:
        before = self._ledger.look_up(key)
        if before and before.state in (PostState.POSTING, PostState.AMBIGUOUS):
            again = _maybe_repeat(drawing.first, answer.run_id or answer.command)
            return self._once(
                f"{key}/again", channel, lambda: self._posting.post(channel, again).ts, problems
            )
        return self._once(key, channel, lambda: self._posting.post(channel, drawing.first).ts, problems)

    def _thread(self, drawing: Drawing, channel: str, ts: str, key: str, problems: list[str]) -> None:
        def post(message: Message) -> Callable[[], str]:
            return lambda: self._posting.post(channel, message, ts).ts

        for number, message in enumerate(drawing.more, 1):
            self._once(f"{key}/detail-{number}", channel, post(message), problems)
        for file in drawing.files:
            upload = partial(self._posting.upload, channel, file, thread_ts=ts)
            self._once(f"{key}/file-{file.name}", channel, upload, problems)

    def _once(self, key: str, channel: str, send: Callable[[], str], problems: list[str]) -> str | None:
        """Send a part unless the ledger knows of it. Gives its timestamp or id when it is there."""
        before = self._ledger.look_up(key)
        if before and before.state is PostState.POSTED:
            return before.ts
        if before and before.state in (PostState.POSTING, PostState.AMBIGUOUS):
            problems.append(
                f"{key}: it may have been posted earlier; look in the channel before repeating it."
            )
            return None
        try:
            self._ledger.record(key, channel, PostState.POSTING)
            ts = send()
        except AlreadyPosting as error:
            problems.append(str(error))
            return None
        except SlackError as error:
            state = PostState.AMBIGUOUS if isinstance(error, Ambiguous) else PostState.FAILED
            self._ledger.record(key, channel, state)
            log.warning("scheduled part not posted", key=key, state=state, error=error.message)
            problems.append(f"{key}: {error.message} {error.next_step}")
            return None
        self._ledger.record(key, channel, PostState.POSTED, ts)
        return ts


def _maybe_repeat(message: Message, what: str) -> Message:
    said = f"This may repeat {what}: Slack did not confirm the first one."
    return Message(message.text, (*message.blocks, context(said)))

"""How an answer reaches people: kept for its buttons, drawn, and shown to everybody or to the asker alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from bot import logs
from bot.answer import ActionKind, Answer
from bot.slack.blocks import Frame
from bot.slack.errors import ReplyExpired, SlackError
from bot.slack.kept import Kept
from bot.slack.message import Drawing, Message, note
from bot.slack.payload import compiled
from bot.slack.place import Place
from bot.slack.posting import Posted, Posting
from bot.slack.tables import Layout

log = logs.get("slack")

MOST_REPLIES = 4
"""Messages of one private answer: a response_url takes five, and one may be shown meanwhile."""
MORE = "There is more than fits here. Ask me in a direct message and you get all of it as files."
PICTURE = "There is a picture of this. Ask me in a direct message and you get it in the thread."
SENT = "The answer is in our direct messages, with its file."
IN_FULL = "Some of it is too long for a message. Export CSV gives all of it."


class Delivery:
    """Safe to share between threads. Raises SlackError, except where it says otherwise."""

    def __init__(
        self, posting: Posting, layout: Layout, clock: Callable[[], datetime], kept: Kept | None
    ) -> None:
        self.posting = posting
        self.layout = layout
        self.clock = clock
        self._kept = kept

    def drawn(
        self, answer: Answer, *, place: Place | None = None, by: str = "", run: bool = False, status: str = ""
    ) -> Drawing:
        """The answer drawn, and kept for its buttons where it is given at a place.

        `by` is who asked where others see it; `status` is what is happening to the answer just now.
        """
        handle = self._kept.keep(answer, place, by=by, run=run) if self._kept and place else None
        return compiled(answer, Frame(self.layout, self.clock(), by, run, handle, status=status))

    def reply(self, place: Place, answer: Answer) -> None:
        """An answer: to the asker alone where that is possible, else as messages.

        Files can be given to nobody alone but in the direct messages.
        """
        if place.response_url is None or answer.files:
            openly = place if place.response_url is None else Place(place.user, place.user)
            drawing = self.drawn(answer, place=openly)
            posted = self.posting.post(openly.channel, drawing.first, openly.thread_ts)
            self.details(posted, openly.thread_ts or posted.ts, drawing)
            if place.response_url:
                self.whisper(place, note(SENT))
            return
        drawing = self.drawn(answer, place=place)
        messages = [drawing.first, *drawing.more]
        if len(messages) > MOST_REPLIES or drawing.files:
            messages[MOST_REPLIES - 1 :] = [note(_left(answer, drawing))]
        for message in messages:
            self.whisper(place, message)

    def whisper(self, place: Place, message: Message, *, replace: bool = False) -> None:
        """A message to one person; `replace` puts it in the place of the one that was clicked."""
        try:
            self.posting.respond(place.response_url or "", message, replace=replace)
        except ReplyExpired:
            self.posting.whisper(place.channel, place.user, message, place.thread_ts)

    def details(self, posted: Posted, thread_ts: str, drawing: Drawing) -> None:
        """The thread: each further table, then each file. What cannot be sent is said, the rest goes."""
        channel = posted.channel
        for more in drawing.more:
            self._attempt(posted, thread_ts, more.text, partial(self.posting.post, channel, more, thread_ts))
        for file in drawing.files:
            upload = partial(self.posting.upload, channel, file, thread_ts=thread_ts)
            self._attempt(posted, thread_ts, file.name, upload)

    def alarm(self, posted: Posted, thread_ts: str, worse: str) -> None:
        """Tell the channel, out of the thread, what got worse: nobody is notified of an edited message."""
        message = note(f"🔺 Worse: {worse}.")
        send = partial(self.posting.post, posted.channel, message, thread_ts, broadcast=True)
        self._attempt(posted, thread_ts, message.text, send)

    def _attempt(self, posted: Posted, thread_ts: str, what: str, send: Callable[[], object]) -> None:
        """Send a part; say in the thread what is missing if that fails."""
        try:
            send()
        except SlackError as error:
            log.warning("part not sent", error=error.message, code=error.code)
            failed = f"“{what}” could not be put here. {error.message} {error.next_step}"
            self.posting.post(posted.channel, note(failed), thread_ts)

    def say(self, place: Place, message: Message) -> None:
        """A refusal or an error: to the asker alone where possible, else where they asked. Never raises."""
        try:
            if place.response_url:
                self.whisper(place, message)
            else:
                self.posting.post(place.channel, message, place.thread_ts)
        except SlackError as error:
            log.error("no way to answer", error=error.message, code=error.code)  # noqa: TRY400 - no traceback
        except Exception:
            log.exception("no way to answer")


def _left(answer: Answer, drawing: Drawing) -> str:
    """What a private answer has no room for, and how to get it."""
    if answer.picture and len(drawing.files) == 1 and len(drawing.more) < MOST_REPLIES:
        return PICTURE
    buttons = any(block["type"] == "actions" for block in drawing.first.blocks)
    exports = any(each.kind is ActionKind.EXPORT for each in answer.actions)
    return IN_FULL if buttons and exports else MORE

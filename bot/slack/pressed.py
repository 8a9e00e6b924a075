"""What can be done with a kept answer: turn its page, read it anew, give it as files, show it to all."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from bot.answer import Answer, Tone
from bot.rights.roles import Asker
from bot.slack.asking import not_anew
from bot.slack.blocks import Frame, Page
from bot.slack.buttons import Handle, Press
from bot.slack.conversation import Conversation
from bot.slack.files import in_files
from bot.slack.interface import Order
from bot.slack.kept import Kept, KeptAnswer
from bot.slack.message import Message, note
from bot.slack.mrkdwn import code, fit
from bot.slack.payload import compiled
from bot.slack.place import Place
from bot.slack.posting import Posted

REFRESHING = "⏳ Reading the cluster now; until then this is what was known …"
SHARED = "Shared with the channel."
SHARED_ALREADY = "This answer was shared with the channel already."
SENT = "The rows are in our direct messages."
NO_ROWS = "This answer has no rows to export."


class Click(Struct, frozen=True):
    """A pressed button, who pressed it where, and in which message. `private`: only they see that."""

    value: str
    place: Place
    ts: str
    private: bool = False

    @property
    def direct(self) -> bool:
        """Whether it is in the direct messages."""
        return self.place.channel.startswith("D")

    @property
    def own_place(self) -> Place:
        """Where a command of its own is answered: to the person alone, in direct messages openly."""
        return replace(self.place, response_url=None) if self.direct else self.place

    @property
    def posted(self) -> Posted:
        return Posted(self.place.channel, self.ts)


class Pressed:
    """Carries out what a button stands for. Raises SlackError."""

    def __init__(self, conversation: Conversation, kept: Kept) -> None:
        self._conversation = conversation
        self._delivery = conversation.delivery
        self._posting = conversation.delivery.posting
        self._kept = kept

    def turn(self, click: Click, found: KeptAnswer, answer: Answer, press: Press) -> None:
        """Show a page of a table in the message's place."""
        self._show(click, self._with_table(click, found, answer, press))

    def unfold(self, click: Click, found: KeptAnswer, answer: Answer, press: Press) -> None:
        """Show a table that was behind a button: to the person alone, of an open answer in its thread."""
        message = self._with_table(click, found, answer, press)
        if click.private:
            self._delivery.whisper(click.place, message)
        else:
            self._posting.post(click.place.channel, message, click.place.thread_ts or click.ts)

    def _with_table(self, click: Click, found: KeptAnswer, answer: Answer, press: Press) -> Message:
        frame = replace(self._frame(click, found), page=Page(press.part, press.number))
        drawing = compiled(answer, frame)
        shown = (each for each in drawing.messages if press.part in dict(each.shows))
        return next(shown, drawing.first)

    def refresh(self, click: Click, found: KeptAnswer, answer: Answer, order: Order, asker: Asker) -> None:
        """Read anew what is asked and put it in the message's place; a failure leaves the old answer."""
        busy = replace(self._frame(click, found), status=REFRESHING)
        self._show(click, compiled(answer, busy).first)
        fresh = self._conversation.perform(click.place, order, asker)
        if fresh.tone is Tone.REFUSED:
            fresh = not_anew(answer, fresh)
        by = click.place.user if found.shown_by else ""
        place = replace(self._where(click), asked_in=found.asked_in)
        self._show(click, self._delivery.drawn(fresh, place=place, by=by, run=found.run).first)

    def export(self, click: Click, answer: Answer) -> None:
        """All rows as CSV: into the message's thread, of a private one into the direct messages."""
        files = in_files(answer)
        if not files:
            self._delivery.say(click.place, note(NO_ROWS))
            return
        posted, thread_ts = click.posted, click.place.thread_ts or click.ts
        if click.private:
            about = note(f"The rows of {fit(answer.command, 300, code)}")
            posted = self._posting.post(click.place.user, about)
            thread_ts = posted.ts
        for file in files:
            self._posting.upload(posted.channel, file, thread_ts=thread_ts)
        if click.private:
            self._delivery.say(click.place, note(SENT))

    def share(self, click: Click, found: KeptAnswer, answer: Answer) -> None:
        """Show a private answer where it was asked, once; the private message says that it was."""
        channel, _, thread = found.asked_in.partition("/")
        where = Place(channel, click.place.user, thread or None) if channel else click.place
        if not self._conversation.first(f"share {found.id} {where.channel}"):
            self._delivery.say(click.place, note(SHARED_ALREADY))
            return
        openly = replace(self._frame(click, found), by=click.place.user, handle=self._handle(found))
        drawing = compiled(answer, openly)
        posted = self._posting.post(where.channel, drawing.first, where.thread_ts)
        self._delivery.details(posted, where.thread_ts or posted.ts, drawing)
        closed = replace(openly, by="", status=SHARED)
        self._show(click, compiled(answer, closed).first)

    def _frame(self, click: Click, found: KeptAnswer) -> Frame:
        """How the message was drawn that the button is in."""
        shareable = click.private or (click.direct and bool(found.asked_in))
        by = "" if click.private else found.shown_by
        handle = self._handle(found, shareable=shareable)
        return Frame(self._delivery.layout, found.made, by, found.run, handle)

    def _handle(self, found: KeptAnswer, *, shareable: bool = False) -> Handle:
        return self._kept.handle(found.id, shareable=shareable)

    def _where(self, click: Click) -> Place:
        """The place of the message: what only one person sees can be replaced through the click alone."""
        return click.place if click.private else replace(click.place, response_url=None)

    def _show(self, click: Click, message: Message) -> None:
        """Put a message in the place of the one that was clicked."""
        if click.private:
            self._delivery.whisper(click.place, message, replace=True)
        else:
            self._posting.edit(click.posted, message)

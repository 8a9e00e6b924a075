"""One request, one answer that is seen: where it goes, how a run's message lives, what its thread holds.

Slash commands and clicks are answered to the asker alone, except runs, which the channel sees; mentions in a
thread, in private where the answer is sensitive; direct messages where they were written; refusals to the
asker alone. A run has one message: queued, reading, verdict; details and files go into its thread.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from msgspec.structs import replace

from bot import logs
from bot.answer import Answer, Tone
from bot.commands.progress import Progress, Stage, Step, silent
from bot.rights.roles import Asker
from bot.slack.asking import READING, ask
from bot.slack.delivery import Delivery
from bot.slack.errors import ChannelNotFound, MessageGone, NotInChannel, SlackError
from bot.slack.interface import Claims, Commands, Lane, Order, Seen
from bot.slack.kept import Kept
from bot.slack.message import note, proceeding
from bot.slack.mrkdwn import code, fit
from bot.slack.people import People
from bot.slack.place import Place
from bot.slack.posting import Posting
from bot.slack.runs import RunMessage, RunMessages
from bot.slack.tables import Layout
from bot.slack.workers import Workers
from reports.history.errors import HistoryError

log = logs.get("slack")

BUSY = "I have too much to do right now and did not start this. Please ask again in a few minutes."
STOPPED = "Stopped: Quarterdeck is shutting down. Ask again"
PRIVATELY = "I answer that in a direct message: it shows where to attack. Share it from there if you want to."


class Conversation:
    """Takes requests, has them carried out in our own threads and sees to it that each is answered."""

    def __init__(
        self,
        posting: Posting,
        commands: Commands[Any],
        people: People,
        workers: Workers,
        *,
        layout: Layout = Layout.TABLE,
        kept: Kept | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        claims: Claims | None = None,
    ) -> None:
        self.delivery = Delivery(posting, layout, clock, kept)
        self._posting = posting
        self._commands = commands
        self._people = people
        self._workers = workers
        self._claims = claims or Seen()
        self._runs = RunMessages(posting)

    def meaning(self, text: str) -> str:
        """What a slash command is acknowledged with, so that a wrong guess shows at once; "" for nothing."""
        order = self._commands.understand(text)
        return _looking(order) if self._commands.lane(order) is Lane.ASK else ""

    def take(self, place: Place, text: str, key: str) -> None:
        """Have a request answered, once for its `key` whoever else was given it too; returns at once."""
        self.later(place, Lane.TALK, lambda: self.begin(place, text) if self.first(key) else None)

    def refuse(self, place: Place, text: str, key: str) -> None:
        """Tell somebody of another workspace that there is no answer for them; returns at once."""

        def begin() -> None:
            if self.first(key):
                self.begin(place, text, ours=False)

        self._workers.apologise(partial(self._guarded, place, begin))

    def first(self, key: str) -> bool:
        """Whether nobody else answers this. Answering twice is better than not at all."""
        try:
            return self._claims.first(key)
        except HistoryError as error:
            log.warning("delivery not noted: another replica may answer it too", error=error.message)
            return True

    def close(self, grace: float = 20.0) -> bool:
        """Give what is being done `grace` seconds, tell in the messages of the rest. True if all ended."""
        ended = self._workers.close(grace)
        for message in self._runs.close():
            try:
                message.finish(self._posting, note(f"{STOPPED}: {message.command}"))
            except SlackError as error:
                log.warning("stopped run not marked", error=error.message)
        return ended

    def asker(self, place: Place, *, ours: bool = True) -> Asker:
        """Who asks there. Calls Slack."""
        found = self._people.asker(place.user, "" if place.chosen else place.channel, ours=ours)
        return replace(found, channel=place.channel)

    def timezone(self, place: Place) -> str:
        """Where whoever asks lives (an IANA name). May call Slack."""
        return self._people.timezone(place.user)

    def begin(self, place: Place, text: str, *, ours: bool = True, clicked: bool = False) -> None:
        """Have a request carried out, or answer it at once where nothing has to be read.

        `clicked`: it came by a button, and nobody has said yet how it was understood.
        """
        asker = self.asker(place, ours=ours)
        order = self._commands.resolve(text, place.conversation, asker)
        lane = self._commands.lane(order)
        if not self._commands.allows(order, asker):
            self._decline(place, self.perform(place, order, asker))
        elif place.public and self._commands.private(order):
            self.later(place, Lane.ANNOUNCE, lambda: self._confide(place, order, asker, lane))
        elif lane is Lane.TALK:
            self.delivery.reply(place, self.perform(place, order, asker))
        elif place.response_url and lane is Lane.ASK:
            self.later(place, lane, lambda: self._ask(place, order, asker, clicked=clicked))
        else:
            self.later(place, Lane.ANNOUNCE, lambda: self._announce(place, order, asker, lane))

    def _decline(self, place: Place, answer: Answer) -> None:
        """Tell whoever asked, and nobody else, that there is no answer for them."""
        if not place.public:
            self.delivery.reply(place, answer)
            return
        message = self.delivery.drawn(answer).first
        self._posting.whisper(place.channel, place.user, message, place.thread_ts if place.threaded else None)

    def _confide(self, place: Place, order: Order, asker: Asker, lane: Lane) -> None:
        """Answer in a direct message what was asked in public, and say so there."""
        private = place.in_private
        if lane is Lane.TALK:
            self.delivery.reply(private, self.perform(private, order, asker))
        else:
            self._announce(private, order, asker, lane)
        self._posting.post(place.channel, note(PRIVATELY), place.thread_ts)

    def later(self, place: Place, lane: Lane, work: Callable[[], None]) -> None:
        """Have it done in a lane, or say that there is too much to do."""
        lost = partial(self.delivery.say, place, note(f"{STOPPED}."))
        if not self._workers.submit(lane, partial(self._guarded, place, work), lost):
            self._workers.apologise(lambda: self.delivery.say(place, note(BUSY)))

    def _announce(self, place: Place, order: Order, asker: Asker, lane: Lane) -> None:
        """Post the run's message, then let it wait for its turn."""
        queued = proceeding(order.canonical, Step(Stage.QUEUED), place.user)
        posted = self._posting.post(place.channel, queued, place.thread_ts)
        message = RunMessage(posted, order.canonical, place.user)
        self._runs.add(message)
        work = partial(self._guarded, place, lambda: self._run(place, order, asker, message, lane))
        if not self._workers.submit(lane, work):
            self._runs.remove(message)
            message.finish(self._posting, note(BUSY))

    def _ask(self, place: Place, order: Order, asker: Asker, *, clicked: bool) -> None:
        """A question whose answer only the asker sees. What is shown meanwhile cannot be replaced."""

        def show(known: Answer | None) -> None:
            if known:
                self.delivery.whisper(place, self.delivery.drawn(known, place=place, status=READING).first)
            elif clicked:
                self.delivery.whisper(place, note(_looking(order)))

        self.delivery.reply(place, self._asked(place, order, asker, show))

    def _asked(
        self,
        place: Place,
        order: Order,
        asker: Asker,
        show: Callable[[Answer | None], None],
        progress: Progress = silent,
    ) -> Answer:
        """The answer to a question; `show` is called with what is known if that takes long."""
        return ask(
            lambda: self.perform(place, order, asker, progress),
            lambda: self._commands.known(order, asker=asker),
            show,
        )

    def _run(self, place: Place, order: Order, asker: Asker, message: RunMessage, lane: Lane) -> None:
        def show(known: Answer | None) -> None:
            if known:
                drawing = self.delivery.drawn(known, place=place, by=place.user, status=READING)
                message.hold(self._posting, drawing.first)

        try:
            if lane is Lane.RUN:
                answer = self.perform(place, order, asker, message)
            else:
                answer = self._asked(place, order, asker, show, message)
            drawing = self.delivery.drawn(answer, place=place, by=place.user, run=lane is Lane.RUN)
            try:
                message.finish(self._posting, drawing.first)
                posted = message.posted
            except MessageGone:
                posted = self._posting.post(place.channel, drawing.first, place.thread_ts)
        finally:
            self._runs.remove(message)
        self.delivery.details(posted, place.thread_ts or posted.ts, drawing)
        if answer.worse and not posted.direct:
            self.delivery.alarm(posted, place.thread_ts or posted.ts, answer.worse)

    def perform(self, place: Place, order: Order, asker: Asker, progress: Progress = silent) -> Answer:
        """Carry out an order. The commands turn their failures into Answers; what escapes them is one too."""
        try:
            answer = self._commands.perform(order, asker=asker, progress=progress)
        except Exception as error:  # noqa: BLE001 - nobody is left without an answer
            return broken(order.canonical, error)
        for conversation in filter(None, (place.conversation, place.asked_in)):
            self._commands.remember(conversation, order, answer)
        return answer

    def _guarded(self, place: Place, work: Callable[[], None]) -> None:
        """Do it; whatever goes wrong, the person who asked hears of it."""
        try:
            work()
        except SlackError as error:
            log.warning("not answered as meant", error=error.message, code=error.code)
            told, where = place, ""
            if isinstance(error, NotInChannel | ChannelNotFound):
                told, where = (place.in_private, " where you wanted it") if place.public else (place, " here")
            self.delivery.say(told, note(f"I could not answer{where}. {error.message} {error.next_step}"))
        except Exception as error:  # noqa: BLE001 - nobody is left without an answer
            self.delivery.say(place, self.delivery.drawn(broken("", error)).first)


def _looking(order: Order) -> str:
    return f"Looking into it: {fit(order.canonical, 300, code)}"


def broken(command: str, error: Exception) -> Answer:
    """The answer for a mistake of our own: its text stays in the log, to be found by the id."""
    error_id = f"e-{secrets.token_hex(4)}"
    log.error("request broke", error_id=error_id, command=command, exc_info=error)
    return Answer(
        command=command or "(not understood)",
        verdict=f"Something in Quarterdeck itself went wrong (error {error_id}).",
        tone=Tone.REFUSED,
        notes=(f"Look for {error_id} in Quarterdeck's log and report it with the lines around it.",),
        extra={"error_id": error_id},
    )

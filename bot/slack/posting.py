"""The way out to Slack: paced, patient with 429, never repeating what may have happened, never silent.

A message whose blocks Slack refuses is given again as a list, then as plain text with all it said as a text
file. What breaks a rule that we know (`bot.slack.proof`) is not sent at all.
Raises members of SlackError only (`bot.slack.errors`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from bot import logs
from bot.answer import Picture
from bot.slack.calls import part, slow_down, translated
from bot.slack.client import Connection
from bot.slack.errors import (
    Ambiguous,
    PayloadRefused,
    RateLimited,
    ReplyExpired,
    SlackError,
    SlackRefused,
    SlackUnreachable,
    from_answer,
)
from bot.slack.message import Message, transcript
from bot.slack.pace import Bucket, Clock, Pauses, Replies
from bot.slack.proof import Block, breaches, view_breaches
from bot.slack.tables import Upload
from reports.render.errors import RenderError
from reports.render.page import svg
from reports.render.png import picture

log = logs.get("slack")

T = TypeVar("T")

PATIENCE = 180.0
"""Longest wait, in seconds, that 429 answers can ask for one call altogether."""
ATTEMPTS = 3
STEADY = ("chat.postEphemeral", "views.publish")
"""Methods that Slack allows a hundred calls a minute, whoever they are for (tier 4)."""


class Posted(Struct, frozen=True):
    """Where a message is."""

    channel: str
    ts: str

    @property
    def direct(self) -> bool:
        """Whether it is in direct messages."""
        return self.channel.startswith("D")


class Posting:
    """All calls that change something in Slack. Safe to share between threads."""

    def __init__(
        self,
        connection: Connection,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Clock = time.monotonic,
    ) -> None:
        self._connection = connection
        self._client = connection.bot()
        self._sleep = sleep
        self._clock = clock
        self._channels = Bucket(interval=1.0, burst=3, clock=clock)
        self._edits = Bucket(interval=60 / 45, burst=20, clock=clock)
        self._steady = Bucket(interval=60 / 90, burst=10, clock=clock)
        self._pauses = Pauses(clock)
        self._replies = Replies(clock)

    def post(
        self, channel: str, message: Message, thread_ts: str | None = None, *, broadcast: bool = False
    ) -> Posted:
        """Post a message, in a thread if `thread_ts` is given; `broadcast`: in its channel, too.

        Raises Ambiguous when it may have been posted; other members of SlackError when it was not.
        """
        posted = _accepted(message, partial(self._post, channel, message.text, thread_ts, broadcast))
        if posted is None:
            posted = self._post(channel, message.text, thread_ts, broadcast, None)
            self._attach_transcript(posted, thread_ts, message)
        return posted

    def _post(self, channel: str, text: str, thread_ts: str | None, broadcast: bool, blocks: Any) -> Posted:
        self._sleep(self._channels.take(channel))
        answer = self._call(
            "chat.postMessage",
            lambda: self._client.chat_postMessage(
                channel=channel,
                text=text,
                blocks=blocks,
                thread_ts=thread_ts,
                reply_broadcast=broadcast or None,
                unfurl_links=False,
                unfurl_media=False,
                mrkdwn=blocks is not None,
            ),
        )
        return Posted(part(answer, "channel", str), part(answer, "ts", str))

    def edit(self, posted: Posted, message: Message) -> None:
        """Replace a message, waiting as long as the limits ask for. Repeated when no answer came."""
        self._sleep(self._edits.take(""))
        if _accepted(message, lambda blocks: self._edit(posted, message.text, blocks)) is None:
            self._edit(posted, message.text, ())
            self._attach_transcript(posted, posted.ts, message)

    def edit_if_free(self, posted: Posted, message: Message) -> bool:
        """Replace a message unless that would have to wait: for news that the next news replaces."""
        if self._pauses.left("chat.update") or not self._edits.take_if_there("", leave=5):
            return False
        self._edit(posted, message.text, message.blocks, attempts=1)
        return True

    def _edit(self, posted: Posted, text: str, blocks: Any, attempts: int = ATTEMPTS) -> Any:
        return self._call(
            "chat.update",
            lambda: self._client.chat_update(channel=posted.channel, ts=posted.ts, text=text, blocks=blocks),
            repeatable=True,
            attempts=attempts,
        )

    def respond(self, url: str, message: Message, *, replace: bool = False) -> None:
        """Answer a slash command or a click to the person alone: works where the bot is no member.

        `replace`: put it in the place of the message that was clicked. Raises ReplyExpired from the sixth
        time on, or when Slack says so; then `whisper` is left.
        """
        if not self._replies.take(url):
            raise ReplyExpired("Slack takes no more answers to this.")
        put = partial(self._respond, url, replace=replace)
        if _accepted(message, lambda blocks: put(message.text, blocks)) is None:
            put(transcript(message)[:3900], None)

    def whisper(self, channel: str, user: str, message: Message, thread_ts: str | None = None) -> None:
        """Show a message in a channel to one of its members alone, as long as they do not reload.

        Raises as `post` does.
        """

        def send(blocks: Any) -> Any:
            return self._call(
                "chat.postEphemeral",
                lambda: self._client.chat_postEphemeral(
                    channel=channel, user=user, text=message.text, blocks=blocks, thread_ts=thread_ts
                ),
            )

        if _accepted(message, send) is None:
            send(None)

    def _respond(self, url: str, text: str, blocks: Any, *, replace: bool) -> Any:
        body = {
            "response_type": "ephemeral",
            "replace_original": replace,
            "text": text,
            "unfurl_links": False,
            "unfurl_media": False,
        } | ({"blocks": blocks} if blocks else {"mrkdwn": False})
        client = self._connection.reply(url)

        def send() -> Any:
            answer = client.send_dict(body)
            if answer.status_code == 429:
                raise slow_down(answer.headers)
            if answer.status_code != 200 or not _is_ok(answer.body):
                raise from_answer(_code_in(answer.body) or "expired_url", answer.status_code)
            return answer

        return self._call("response_url", send)

    def publish_home(self, user: str, view: Block) -> None:
        """Show somebody their Home. No `hash` is sent, so the last one holds. Raises SlackError."""
        _must_fit(view)
        publish = partial(self._client.views_publish, user_id=user, view=view)
        self._call("views.publish", publish, repeatable=True)

    def open_form(self, trigger: str, view: Block) -> None:
        """Open a modal for whoever pressed something less than three seconds ago.

        Raises FormExpired when that was too long ago; other members of SlackError.
        """
        _must_fit(view)
        open_ = partial(self._client.views_open, trigger_id=trigger, view=view)
        self._call("views.open", open_, attempts=1)

    def upload(self, channel: str, file: Upload, thread_ts: str | None) -> str:
        """Upload one file into a channel (by id) or thread; returns the file's id.

        Raises as `post` does, NotInChannel too where posting itself is allowed, SlackRefused when the file
        is empty, cannot be read or cannot be drawn.
        """
        content = _content(file)
        if not content:
            raise SlackRefused(f"The file {file.name} is empty.", "Make the report again.")
        self._sleep(self._channels.take(channel))
        answer = self._call(
            "files.completeUploadExternal",
            lambda: self._client.files_upload_v2(
                content=content,
                filename=file.name,
                title=file.title,
                channel=channel,
                thread_ts=thread_ts,
                alt_txt=file.alt or None,
            ),
        )
        return part(part(answer, "file", dict), "id", str)

    def _attach_transcript(self, posted: Posted, thread_ts: str | None, message: Message) -> None:
        content = transcript(message).encode("utf-8", "replace")
        try:
            self.upload(posted.channel, Upload("answer.txt", "Answer", content), thread_ts or posted.ts)
        except SlackError as error:
            log.warning("no file beside the plain text", error=error.message)

    def _call(
        self, method: str, send: Callable[[], Any], *, repeatable: bool = False, attempts: int = ATTEMPTS
    ) -> Any:
        """Send, wait out 429, repeat what was certainly not done (or may be done twice: `repeatable`)."""
        if method in STEADY:
            self._sleep(self._steady.take(method))
        deadline = self._clock() + PATIENCE
        failures = 0
        while True:
            if rest := self._pauses.left(method):
                if self._clock() + rest > deadline or attempts == 1:
                    raise RateLimited(rest)
                self._sleep(rest)
            try:
                return translated(send)
            except RateLimited as problem:
                self._pauses.pause(method, problem.seconds)
            except (Ambiguous, SlackUnreachable) as problem:
                failures += 1
                again = repeatable or isinstance(problem, SlackUnreachable)
                if not again or failures >= attempts:
                    raise
                self._sleep(failures)


def _accepted(message: Message, send: Callable[[tuple[Block, ...]], T]) -> T | None:
    """Send a message's blocks, or else those of its list. None when neither is legal or accepted."""
    for blocks in filter(None, (message.blocks, message.plainer)):
        if broken := breaches(message.text, blocks):
            log.error("not sent", breaches=broken)
            continue
        try:
            return send(blocks)
        except PayloadRefused as error:
            log.warning("blocks refused", code=error.code, blocks=len(blocks))
    return None


def _must_fit(view: Block) -> None:
    """Raises PayloadRefused for a view that breaks a rule we know."""
    if broken := view_breaches(view):
        log.error("not shown", breaches=broken)
        raise PayloadRefused("This would not fit into Slack.")


def _is_ok(body: str) -> bool:
    """Whether a response_url took it: it says so as JSON, in a word, or with nothing."""
    return body.strip() in ("", "ok") or '"ok":true' in "".join(body.split())


def _code_in(body: str) -> str:
    """Slack's word for what is wrong with a response_url, which comes as JSON or bare."""
    try:
        return str(msgspec.json.decode(body)["error"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return body[:60].strip()


def _content(file: Upload) -> bytes:
    """A file's bytes, read or drawn now. Raises SlackRefused."""
    if isinstance(file.content, bytes):
        return file.content
    try:
        if isinstance(file.content, Picture):
            return picture(svg(file.content.drawing, file.content.title))
        return file.content.read_bytes()
    except RenderError as error:
        raise SlackRefused(error.message, error.next_step) from error
    except OSError as error:
        raise SlackRefused(
            f"The file {file.name} cannot be read: {error.strerror}.", "Make the report again."
        ) from error

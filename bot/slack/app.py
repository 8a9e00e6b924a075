"""The Slack app: listens through Socket Mode or to signed requests, acknowledges at once, hands all on.

Bolt's threads do nothing but acknowledge; no listener looks anything up before that. Slack being away, or a
token being wrong, makes the app not ready; it never ends the process.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct
from slack_bolt import Ack, App, BoltRequest, BoltResponse
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.authorization import AuthorizeResult

from bot import logs
from bot.rights.settings import RightsSettings
from bot.slack.buttons import Signer
from bot.slack.calls import part, translated
from bot.slack.clicks import Clicks
from bot.slack.client import Connection, library_log
from bot.slack.conversation import Conversation
from bot.slack.errors import BadToken, RateLimited, SlackError, SlackRefused, SlackUnreachable
from bot.slack.interface import Claims, Commands, Seen, Shelf
from bot.slack.kept import Kept
from bot.slack.people import People
from bot.slack.place import Place
from bot.slack.posting import Posting
from bot.slack.pressed import Click
from bot.slack.surfaces import Surfaces
from bot.slack.tables import Layout
from bot.slack.workers import QUEUE, Workers

log = logs.get("slack")

RETRY_FIRST, RETRY_MOST = 2.0, 60.0
PING = 5.0
"""Seconds between two looks at the socket; the SDK takes a silent one for dead after about six of them."""


class Identity(Struct, frozen=True):
    """Who we are in which workspace (auth.test)."""

    team_id: str
    user_id: str
    bot_id: str
    enterprise_id: str | None = None
    team: str = ""


class SlackApp:
    """The app. `start()` connects in the background and keeps trying; `connect()` tries once and raises."""

    def __init__(
        self,
        connection: Connection,
        commands: Commands[Any],
        *,
        command: str = "/quarterdeck",
        rights: RightsSettings | None = None,
        workers: int = 4,
        queue: int = QUEUE,
        layout: Layout = Layout.TABLE,
        claims: Claims | None = None,
        shelf: Shelf | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        ping: float = PING,
    ) -> None:
        self._connection = connection
        self._client = connection.bot()
        self._seen = Seen()
        self._ping = ping
        self.posting = Posting(connection)
        self.layout = layout
        self._identity: Identity | None = None
        self.people = People(connection, rights or RightsSettings(), self._team)
        own_threads = Workers(workers, queue)
        self.kept = Kept(shelf, Signer(connection.bot_token), clock) if shelf else None
        """Where answers are kept for their buttons; without a shelf there are no buttons."""
        self._conversation = Conversation(
            self.posting,
            commands,
            self.people,
            own_threads,
            layout=layout,
            kept=self.kept,
            clock=clock,
            claims=claims,
        )
        self._clicks = Clicks(self._conversation, commands, self.kept) if self.kept else None
        self._surfaces = Surfaces(
            self._conversation,
            commands,
            self.posting,
            Signer(connection.bot_token),
            self._seen,
            self._is_ours,
        )
        self._handler: SocketModeHandler | None = None
        self._connecting = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.problem: SlackError | None = None
        """Why the last attempt to connect failed; None once connected."""
        self._bolt = self._listeners(command)

    def connect(self) -> None:
        """Connect now, once. Raises SlackError: BadToken, SlackUnreachable …, nothing else."""
        with self._connecting:
            try:
                self._identity = self._identify()
                if not self._connection.signing_secret:
                    self._open_socket()
                self.problem = None
            except SlackError as error:
                self.problem = error
                raise

    def start(self) -> None:
        """Connect in the background, trying again until it works or `close()`."""
        self._thread = threading.Thread(target=self._keep_trying, name="slack-connect", daemon=True)
        self._thread.start()

    def is_connected(self) -> bool:
        """Whether Slack can reach us now: this is readiness. Calls nothing."""
        if self._stop.is_set():
            return False
        if self._connection.signing_secret:
            return self._identity is not None
        return self._handler is not None and bool(self._handler.client.is_connected())

    def dispatch(self, request: BoltRequest) -> BoltResponse:
        """What an HTTP request of Slack's is answered with; one before we are connected may come again."""
        if not self.is_connected():
            return BoltResponse(status=503, body="not connected to Slack yet")
        return self._bolt.dispatch(request)

    def close(self, grace: float = 20.0) -> bool:
        """Stop listening, let what is being done end within `grace` seconds, mark the rest as stopped.

        True if all of it ended.
        """
        self._stop.set()
        if self._thread:
            self._thread.join()
        if self._handler:
            self._handler.close()  # type: ignore[no-untyped-call]
        return self._conversation.close(grace)

    def _keep_trying(self) -> None:
        wait = RETRY_FIRST
        said = ""
        while not self._stop.is_set():
            try:
                self.connect()
            except SlackError as error:
                if str(error) != said:
                    log.error("not connected", error=error.message, next_step=error.next_step)  # noqa: TRY400
                    said = str(error)
                asked = error.seconds if isinstance(error, RateLimited) else 0.0
                self._stop.wait(RETRY_MOST if isinstance(error, BadToken) else max(wait, asked))
                wait = min(wait * 2, RETRY_MOST)
            else:
                log.info("connected", team=self._identity.team if self._identity else "")
                return

    def _identify(self) -> Identity:
        answer = translated(self._client.auth_test)
        if not answer.get("bot_id"):
            raise BadToken("The bot token is not a bot's (it must begin with xoxb-).")
        return Identity(
            team_id=part(answer, "team_id", str),
            user_id=part(answer, "user_id", str),
            bot_id=part(answer, "bot_id", str),
            enterprise_id=answer.get("enterprise_id"),
            team=answer.get("team", ""),
        )

    def _open_socket(self) -> None:
        if self._handler is None:
            self._handler = SocketModeHandler(
                self._bolt,
                self._connection.app_token,
                logger=library_log,
                web_client=self._connection.app(),
                proxy=self._connection.proxy,
                ping_interval=self._ping,
            )
        self._handler.client.wss_uri = None  # a used address does not work twice
        translated(self._handler.connect)
        if not self._handler.client.is_connected():
            raise SlackUnreachable("Slack gave an address for the socket, and it did not open.")

    def _listeners(self, command: str) -> App:
        bolt = App(
            client=self._client,
            authorize=lambda: self._authorize(),  # noqa: PLW0108 - Bolt reads the names of the arguments
            token_verification_enabled=False,
            request_verification_enabled=False,  # Socket Mode signs nothing; `http_events` looks at the rest
            logger=library_log,
        )
        bolt.command(command)(self._on_command)
        bolt.event("app_mention")(self._on_mention)
        bolt.event("message")(self._on_message)
        bolt.action(re.compile(r".*"))(self._on_click)
        self._surfaces.listen(bolt)
        bolt.event(re.compile(r".*"))(lambda: None)  # only what has a listener is acknowledged
        bolt.error(_on_error)
        return bolt

    def _authorize(self) -> AuthorizeResult:
        """Who we are, without asking Slack: nothing may be looked up before a request is acknowledged."""
        us = self._identity
        if us is None:
            raise SlackRefused("A request arrived before the app knew who it is.")
        return AuthorizeResult(
            enterprise_id=us.enterprise_id,
            team_id=us.team_id,
            bot_token=self._connection.bot_token,
            bot_id=us.bot_id,
            bot_user_id=us.user_id,
        )

    def _on_command(self, ack: Ack, body: dict[str, Any]) -> None:
        text = str(body.get("text", ""))
        place = Place(body["channel_id"], body["user_id"], response_url=body.get("response_url"))
        ours = self._is_ours(body.get("team_id"))
        meaning = self._meaning(text) if ours else ""
        ack(text=meaning, response_type="ephemeral") if meaning else ack()
        self._hand_on(f"command {body.get('trigger_id')}", place, text, ours=ours)

    def _on_mention(self, body: dict[str, Any], event: dict[str, Any]) -> None:
        if self._from_a_person(event):
            thread = event.get("thread_ts")
            place = Place(event["channel"], event["user"], thread or event["ts"], threaded=bool(thread))
            self._hand_on(
                _event_key(body), place, str(event.get("text", "")), ours=self._sender_is_ours(event)
            )

    def _on_message(self, body: dict[str, Any], event: dict[str, Any]) -> None:
        if event.get("channel_type") == "im" and self._from_a_person(event):
            place = Place(event["channel"], event["user"], event.get("thread_ts"))
            self._hand_on(
                _event_key(body), place, str(event.get("text", "")), ours=self._sender_is_ours(event)
            )

    def _on_click(self, ack: Ack, body: dict[str, Any], action: dict[str, Any]) -> None:
        ack()
        if not (body.get("container") or {}).get("message_ts"):
            self._surfaces.pressed(body, action)
            return
        click = _click(body, action)
        key = f"click {body.get('trigger_id')}"
        if click is None or not self._seen.first(key):
            return
        if not self._is_ours((body.get("user") or {}).get("team_id")):
            self._conversation.refuse(click.own_place, "", key)
        elif self._clicks:
            self._clicks.take(click, key)

    def _hand_on(self, key: str, place: Place, text: str, *, ours: bool) -> None:
        if not self._seen.first(key):
            log.info("delivered again, not answered again", key=key)
        elif ours:
            self._conversation.take(place, text, key)
        else:
            self._conversation.refuse(place, text, key)

    def _meaning(self, text: str) -> str:
        try:
            return self._conversation.meaning(text)
        except Exception:
            log.exception("request not understood")
            return ""

    def _from_a_person(self, event: dict[str, Any]) -> bool:
        """Not a bot, not an edit, not a join or topic change: only a person's new words are requests."""
        us = self._identity
        return (
            not event.get("bot_id")
            and not event.get("subtype")
            and not event.get("edited")
            and bool(event.get("user"))
            and (us is None or event["user"] != us.user_id)
        )

    def _sender_is_ours(self, event: dict[str, Any]) -> bool:
        """In shared channels people of other workspaces can mention us; their team is in one of these."""
        return all(self._is_ours(event.get(key)) for key in ("team", "user_team", "source_team"))

    def _team(self) -> str | None:
        return self._identity.team_id if self._identity else None

    def _is_ours(self, team: str | None) -> bool:
        return team is None or self._identity is None or team == self._identity.team_id


def _click(body: dict[str, Any], action: dict[str, Any]) -> Click | None:
    """A pressed button, None for what is in no message. Slack does not show us a private message again."""
    container, message = body.get("container") or {}, body.get("message") or {}
    channel, ts = (body.get("channel") or {}).get("id"), container.get("message_ts")
    if not channel or not ts:
        return None
    private = bool(container.get("is_ephemeral")) or message.get("subtype") == "ephemeral"
    thread_ts = container.get("thread_ts") or message.get("thread_ts")
    place = Place(channel, body["user"]["id"], thread_ts, response_url=body.get("response_url"))
    return Click(str(action.get("value", "")), place, ts, private)


def _event_key(body: dict[str, Any]) -> str:
    return f"event {body.get('event_id')}"


def _on_error(error: Exception) -> None:
    log.error("listener broke", exc_info=error)

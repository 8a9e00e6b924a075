"""App Home, forms and shortcuts: what people press becomes words, and goes the way of all words.

The listeners here do nothing but acknowledge, as all others; what is wrong in a form is told with that.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from slack_bolt import Ack, App

from bot import logs
from bot.answer import Answer
from bot.slack.buttons import Signer
from bot.slack.conversation import Conversation
from bot.slack.forms import (
    EXPLAIN_FINDING,
    FILLED,
    MAKE_A_SCHEDULE,
    RUN_A_CHECK,
    check_form,
    explain_form,
    schedule_form,
)
from bot.slack.home import FORM, SAY, home
from bot.slack.interface import Commands, Lane, Seen
from bot.slack.message import note
from bot.slack.mrkdwn import date, utc
from bot.slack.place import Place
from bot.slack.posting import Posting
from bot.slack.tables import Layout

log = logs.get("slack")

FORGED = "That is from before my token was changed: open this tab again."
NOTHING_NAMED = (
    "I find no check of mine in this message. Use the shortcut on one that names a check, "
    "such as pod-privileged, or type: explain CHECK"
)


class Surfaces:
    """Everything but messages. `listen` registers the listeners; each returns at once."""

    def __init__(
        self,
        conversation: Conversation,
        commands: Commands[Any],
        posting: Posting,
        signer: Signer,
        seen: Seen,
        is_ours: Callable[[str | None], bool],
    ) -> None:
        self._conversation = conversation
        self._commands = commands
        self._posting = posting
        self._signer = signer
        self._seen = seen
        self._is_ours = is_ours

    def listen(self, bolt: App) -> None:
        """Register the listeners."""
        bolt.event("app_home_opened")(self._on_home)
        bolt.shortcut({"type": "shortcut", "callback_id": re.compile(".*")})(self._on_shortcut)
        bolt.shortcut({"type": "message_action", "callback_id": EXPLAIN_FINDING})(self._on_message_shortcut)
        bolt.view(re.compile(".*"))(self._on_submit)

    def pressed(self, body: dict[str, Any], action: dict[str, Any]) -> None:
        """Somebody pressed something in their Home."""
        user = body["user"]
        place, ours = _alone(user["id"]), self._is_ours(user.get("team_id"))
        key = f"press {body.get('trigger_id')}"
        if not self._seen.first(key):
            return
        value = (action.get("selected_option") or action).get("value", "")
        said = self._signer.unseal(str(value))
        if said is None:
            self._show_home(place, ours, FORGED)
        elif str(action.get("action_id", "")).startswith(FORM):
            self._open(said, str(body.get("trigger_id", "")), place, ours)
        elif str(action.get("action_id", "")).startswith(SAY):
            self._say(place, said, key, ours)
            self._show_home(place, ours, f"⏳ {said}: the answer comes in the Messages tab.")

    def _on_home(self, body: dict[str, Any], event: dict[str, Any]) -> None:
        if event.get("tab") != "home" or not self._seen.first(f"event {body.get('event_id')}"):
            return
        self._show_home(_alone(event["user"]), self._is_ours(body.get("team_id")))

    def _on_shortcut(self, ack: Ack, body: dict[str, Any]) -> None:
        ack()
        user, trigger = body["user"], str(body.get("trigger_id", ""))
        if self._seen.first(f"shortcut {trigger}"):
            ours = self._is_ours(user.get("team_id"))
            self._open(str(body.get("callback_id", "")), trigger, _alone(user["id"]), ours)

    def _on_message_shortcut(self, ack: Ack, body: dict[str, Any]) -> None:
        ack()
        user, trigger = body["user"], str(body.get("trigger_id", ""))
        place = Place(body["channel"]["id"], user["id"], response_url=body.get("response_url"))
        if self._seen.first(f"shortcut {trigger}"):
            ours, text = self._is_ours(user.get("team_id")), said_in(body.get("message"))
            work = lambda: self._explain(place, text, trigger, ours)  # noqa: E731
            self._conversation.later(place, Lane.TALK, work)

    def _on_submit(self, ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        read = FILLED.get(str(view.get("callback_id", "")))
        filled = read((view.get("state") or {}).get("values") or {}) if read else None
        if filled is None:
            ack()
            return
        if filled.errors:
            ack(response_action="errors", errors=filled.errors)
            return
        ack()
        user = body["user"]
        url = str(view.get("private_metadata") or "") or None
        place = Place(filled.channel or user["id"], user["id"], response_url=url, chosen=bool(filled.channel))
        key = f"form {view.get('id')}"
        if self._seen.first(key):
            self._say(place, filled.text, key, self._is_ours(user.get("team_id")))

    def _say(self, place: Place, text: str, key: str, ours: bool) -> None:
        if ours:
            self._conversation.take(place, text, key)
        else:
            self._conversation.refuse(place, text, key)

    def _show_home(self, place: Place, ours: bool, notice: str = "") -> None:
        def show() -> None:
            found = self._commands.overview(self._conversation.asker(place, ours=ours))
            moment = date if self._conversation.delivery.layout is Layout.TABLE else utc
            self._posting.publish_home(place.user, home(found, self._signer.seal, notice, moment))

        self._conversation.later(place, Lane.TALK, show)

    def _open(self, form: str, trigger: str, place: Place, ours: bool) -> None:
        def open_() -> None:
            asker = self._conversation.asker(place, ours=ours)
            found = self._commands.choices(asker)
            if isinstance(found, Answer):
                self._conversation.delivery.reply(place, found)
            elif form == MAKE_A_SCHEDULE:
                self._posting.open_form(trigger, schedule_form(found, self._conversation.timezone(place)))
            else:
                self._posting.open_form(trigger, check_form(found))

        if form in (RUN_A_CHECK, MAKE_A_SCHEDULE):
            self._conversation.later(place, Lane.TALK, open_)
        else:
            log.warning("no such form", form=form[:60])

    def _explain(self, place: Place, text: str, trigger: str, ours: bool) -> None:
        asker = self._conversation.asker(place, ours=ours)
        commands = self._commands.explanations(text, asker)
        if not ours or len(commands) == 1:
            self._conversation.begin(place, commands[0] if commands else "", ours=ours)
        elif commands:
            self._posting.open_form(trigger, explain_form(commands, place.response_url or ""))
        else:
            self._conversation.delivery.say(place, note(NOTHING_NAMED))


def _alone(user: str) -> Place:
    """The direct messages with somebody."""
    return Place(user, user)


def said_in(part: Any) -> str:
    """All texts of a message, a line each, in order."""
    if isinstance(part, dict):
        own = [part["text"]] if isinstance(part.get("text"), str) else []
        return "\n".join([*own, *filter(None, map(said_in, part.values()))])
    if isinstance(part, list):
        return "\n".join(filter(None, map(said_in, part)))
    return ""

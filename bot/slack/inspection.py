"""What `quarterdeck doctor` says about Slack: tokens, scopes and channels, one line each with what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct

from bot.slack.calls import translated
from bot.slack.client import Connection
from bot.slack.errors import SlackError
from bot.slack.manifest import SCOPES

REINSTALL = "Paste the output of `quarterdeck slack manifest` as the app's manifest and reinstall the app."


class Finding(Struct, frozen=True):
    """One line: is it right (None: not looked at), what was looked at, and what to do if it is not."""

    ok: bool | None
    what: str
    next_step: str = ""


def inspect(connection: Connection, channels: tuple[str, ...]) -> tuple[Finding, ...]:
    """Look at both tokens, the scopes and every channel (by id). Changes nothing; never raises SlackError."""
    return tuple(_findings(connection, channels))


def _findings(connection: Connection, channels: tuple[str, ...]) -> Iterator[Finding]:
    bot_kind = _kind("a bot token", connection.bot_token, "xoxb-", "OAuth & Permissions")
    app_kind = _kind("an app token", connection.app_token, "xapp-", "Basic Information, App-Level Tokens")
    yield bot_kind
    yield app_kind
    if app_kind.ok:
        yield _attempt(
            "Socket Mode can be opened",
            lambda: connection.app().apps_connections_open(app_token=connection.app_token),
        )[0]
    if not bot_kind.ok:
        return
    finding, answer = _attempt("Slack accepts the bot token", lambda: connection.bot().auth_test())
    yield finding
    if answer is None:
        return
    yield _scopes(answer)
    for channel in channels:
        yield _channel(connection, channel)


def _kind(what: str, token: str, prefix: str, place: str) -> Finding:
    name = what.split(maxsplit=1)[1]
    if token.startswith(prefix):
        return Finding(True, f"There is {what}")
    problem = f"The {name} does not begin with {prefix}" if token else f"There is no {name}"
    return Finding(False, problem, f"Copy it from the app's page “{place}” at https://api.slack.com/apps.")


def _attempt(what: str, call: Callable[[], Any]) -> tuple[Finding, Any]:
    try:
        answer = translated(call)
    except SlackError as error:
        return Finding(False, f"{what}: no. {error.message}", error.next_step), None
    return Finding(True, what), answer


def _scopes(answer: Any) -> Finding:
    headers = {str(name).casefold(): value for name, value in dict(answer.headers).items()}
    listed = headers.get("x-oauth-scopes", "")
    given = {scope.strip() for scope in str(listed).split(",")} - {""}
    if not given:
        return Finding(None, "Scopes not compared: Slack did not list them", "Compare them by hand.")
    if missing := [scope for scope in SCOPES if scope not in given]:
        return Finding(False, f"Scopes missing: {', '.join(missing)}", REINSTALL)
    more = sorted(given - set(SCOPES))
    beyond = f"; not needed: {', '.join(more)}" if more else ""
    return Finding(True, f"All {len(SCOPES)} scopes are there{beyond}")


def _channel(connection: Connection, channel: str) -> Finding:
    what = f"Channel {channel}"
    finding, answer = _attempt(what, lambda: connection.bot().conversations_info(channel=channel))
    if answer is None:
        return finding
    found = answer.get("channel", {})
    if found.get("is_archived"):
        return Finding(False, f"{what} is archived", "Unarchive it or name another one in `schedules`.")
    if not found.get("is_member"):
        return Finding(False, f"{what}: I am not a member", "Type `/invite @Quarterdeck` in the channel.")
    return Finding(True, f"{what} (#{found.get('name', '')}): I am a member")

"""What `quarterdeck doctor` says about Slack: tokens, scopes and channels, one line each with what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from msgspec import Struct

from bot.rights.roles import Standing
from bot.rights.settings import RightsSettings
from bot.slack.calls import translated
from bot.slack.client import Connection
from bot.slack.errors import MissingScope, SlackError
from bot.slack.manifest import scopes
from bot.slack.people import NO_GROUP, NO_PLAN, NOBODY, members_of, standing_of, user_of

MOST_USERS = 50
"""Users with a grant who are looked at, each by a call."""
STATUS = "Look at https://status.slack.com."
REINSTALL = "Paste the output of `quarterdeck slack manifest` as the app's manifest and reinstall the app."


TOKENS = {
    "xoxb-": "a bot token",
    "xapp-": "an app-level token",
    "xoxp-": "a user's token",
    "xoxe": "a token that is rotated, which ends after twelve hours",
    "xoxc-": "a browser's token",
    "xoxd-": "a browser's token",
}
"""What a token is by how it begins."""
SIGNING_SECRET = re.compile(r"[0-9a-f]{32}")
APP_OF_TOKEN = re.compile(r"xapp-\d-(A[A-Z0-9]+)-")
APPS = "https://api.slack.com/apps"

MOST_SKEW = 60
"""Seconds: Slack's requests are refused from five minutes on, and ages are wrong long before."""


def _now() -> datetime:
    return datetime.now(UTC)


class Finding(Struct, frozen=True):
    """One line: is it right (None: not looked at), what was looked at, and what to do if it is not."""

    ok: bool | None
    what: str
    next_step: str = ""


def inspect(
    connection: Connection,
    channels: tuple[str, ...],
    rights: RightsSettings | None = None,
    *,
    now: Callable[[], datetime] = _now,
) -> tuple[Finding, ...]:
    """Look at the tokens, the scopes, our clock beside Slack's, every channel (by id), who is granted a role.

    Changes nothing; never raises SlackError.
    """
    return tuple(_findings(connection, channels, rights or RightsSettings(), now))


def _findings(
    connection: Connection,
    channels: tuple[str, ...],
    rights: RightsSettings,
    now: Callable[[], datetime],
) -> Iterator[Finding]:
    bot_kind = _kind("bot token", connection.bot_token, "xoxb-", "OAuth & Permissions")
    yield bot_kind
    yield from _way_in(connection)
    if not bot_kind.ok:
        return
    finding, answer = _attempt("Slack accepts the bot token", lambda: connection.bot().auth_test())
    yield finding
    if answer is None:
        return
    yield from _same_app(connection, str(answer.get("bot_id", "")))
    yield _scopes(answer, scopes(rights))
    yield _clock(answer, now())
    for channel in channels:
        yield _channel(connection, channel)
    for group in rights.groups:
        yield _group(connection, group)
    for user in rights.users[:MOST_USERS]:
        yield from _user(connection, user, str(answer.get("team_id", "")))


def _way_in(connection: Connection) -> Iterator[Finding]:
    """How Slack reaches us: by signed requests, or through a socket that we open."""
    if connection.signing_secret:
        yield _signature(connection.signing_secret)
        return
    app_kind = _kind("app token", connection.app_token, "xapp-", "Basic Information → App-Level Tokens")
    yield app_kind
    if app_kind.ok:
        finding, _ = _attempt(
            "Socket Mode can be opened",
            lambda: connection.app().apps_connections_open(app_token=connection.app_token),
            "Generate an app-level token with the scope connections:write: the manifest cannot hold it.",
        )
        yield finding


def _signature(secret: str) -> Finding:
    said = "Slack's requests are told by their signature (http mode)"
    if SIGNING_SECRET.fullmatch(secret):
        return Finding(True, said)
    step = f"Copy it from the app's page “Basic Information → Signing Secret” at {APPS}."
    if (kind := _token(secret)) is not None:
        return Finding(False, f"The signing secret is {kind}", step)
    return Finding(None, f"{said}, and the secret does not look like Slack's", step)


def _same_app(connection: Connection, bot: str) -> Iterator[Finding]:
    """Tokens of two apps work each, and nothing ever arrives."""
    socket = APP_OF_TOKEN.match(connection.app_token)
    if connection.signing_secret or socket is None:
        return
    try:
        ours = translated(lambda: connection.bot().bots_info(bot=bot)).get("bot", {}).get("app_id")
    except SlackError:
        return
    if ours and ours != socket[1]:
        what = f"The tokens are of two apps: the bot's is {ours}, the app token's {socket[1]}"
        yield Finding(False, what, f"Take both from the same app at {APPS}.")


def _clock(answer: Any, now: datetime) -> Finding:
    """Whether our clock agrees with Slack's, which dates its answers (RFC 9110, Date)."""
    try:
        theirs = parsedate_to_datetime(_header(answer, "date"))
        skew = (now - theirs).total_seconds()
    except (TypeError, ValueError):
        return Finding(None, "The clock was not compared: Slack did not date its answer")
    if abs(skew) <= MOST_SKEW:
        return Finding(True, "The clock agrees with Slack's")
    side = "ahead of" if skew > 0 else "behind"
    return Finding(
        False, f"The clock is {abs(skew):.0f} s {side} Slack's", "Set this machine's clock, by NTP."
    )


def _header(answer: Any, name: str) -> str:
    headers = {str(each).casefold(): value for each, value in dict(answer.headers).items()}
    return str(headers.get(name, ""))


def _token(value: str) -> str | None:
    """What a token is by how it begins; None for what is none."""
    return next((kind for prefix, kind in TOKENS.items() if value.startswith(prefix)), None)


def _kind(name: str, token: str, prefix: str, place: str) -> Finding:
    if token.startswith(prefix):
        return Finding(True, f"There is {'an' if name[0] in 'aeiou' else 'a'} {name}")
    step = f"Copy it from the app's page “{place}” at {APPS}."
    if not token:
        return Finding(False, f"There is no {name}", step)
    kind = _token(token)
    seen = f"is {kind}" if kind else f"does not begin with {prefix}"
    return Finding(False, f"The {name} {seen}", step)


def _attempt(what: str, call: Callable[[], Any], lacking: str = "") -> tuple[Finding, Any]:
    """Call Slack. `lacking` is what to do where a scope is missing, if it is not the manifest's."""
    try:
        answer = translated(call)
    except SlackError as error:
        step = lacking if lacking and isinstance(error, MissingScope) else _step(error)
        return Finding(False, f"{what}: no. {error.message}", step), None
    return Finding(True, what), answer


def _step(error: SlackError) -> str:
    """What to do, but for running what runs already."""
    return error.next_step if error.next_step != SlackError.next_step else STATUS


def _scopes(answer: Any, needed: tuple[str, ...]) -> Finding:
    given = {scope.strip() for scope in _header(answer, "x-oauth-scopes").split(",")} - {""}
    if not given:
        return Finding(None, "Scopes not compared: Slack did not list them", "Compare them by hand.")
    if missing := [scope for scope in needed if scope not in given]:
        return Finding(False, f"Scopes missing: {', '.join(missing)}", REINSTALL)
    more = sorted(given - set(needed))
    beyond = f"; not needed: {', '.join(more)}" if more else ""
    return Finding(True, f"All {len(needed)} scopes are there{beyond}")


def _channel(connection: Connection, channel: str) -> Finding:
    what = f"Channel {channel}"
    try:
        answer = translated(lambda: connection.bot().conversations_info(channel=channel))
    except SlackError as error:
        return Finding(False, f"{what}: {error.message}", _step(error))
    found = answer.get("channel", {})
    if found.get("is_archived"):
        return Finding(False, f"{what} is archived", "Unarchive it or name another one in `schedules`.")
    if not found.get("is_member"):
        return Finding(False, f"{what}: I am not a member", "Type `/invite @Quarterdeck` in the channel.")
    return Finding(True, f"{what} (#{found.get('name', '')}): I am a member")


def _group(connection: Connection, group: str) -> Finding:
    what = f"User group {group}"
    try:
        members = members_of(connection.bot(), group)
    except SlackError as error:
        if error.code == NO_PLAN:
            step = "Grant by `users`, `channels` or `email_domains` instead: its grants count for nobody."
            return Finding(False, f"{what}: this workspace's plan of Slack has no user groups", step)
        if error.code in NO_GROUP:
            return Finding(False, f"{what}: there is none of this id here", "Mend the id in `rights`.")
        return Finding(False, f"{what}: {error.message}", _step(error))
    if not members:
        return Finding(None, f"{what} has no members", "Its grants count for nobody.")
    return Finding(True, f"{what} has {len(members)} members")


def _user(connection: Connection, user: str, team: str) -> Iterator[Finding]:
    """What keeps somebody from what they are granted."""
    try:
        standing = standing_of(user_of(connection.bot(), user), team)
    except SlackError as error:
        known = error.code not in NOBODY
        why = error.message if known else "there is no such person here"
        yield Finding(False, f"User {user}: {why}", _step(error) if known else "Mend the id in `rights`.")
        return
    if standing is not Standing.MEMBER:
        yield Finding(False, f"User {user} is {standing}", "Take the grant away: it counts for nothing.")

"""What `quarterdeck doctor` says about Slack: tokens, scopes and channels, one line each with what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from msgspec import Struct

from bot.rights.roles import Standing
from bot.rights.settings import RightsSettings
from bot.slack.calls import translated
from bot.slack.client import Connection
from bot.slack.errors import SlackError
from bot.slack.manifest import scopes
from bot.slack.people import NO_PLAN, NOBODY, members_of, standing_of, user_of

MOST_USERS = 50
"""Users with a grant who are looked at, each by a call."""
REINSTALL = "Paste the output of `quarterdeck slack manifest` as the app's manifest and reinstall the app."


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
    bot_kind = _kind("a bot token", connection.bot_token, "xoxb-", "OAuth & Permissions")
    yield bot_kind
    yield from _way_in(connection)
    if not bot_kind.ok:
        return
    finding, answer = _attempt("Slack accepts the bot token", lambda: connection.bot().auth_test())
    yield finding
    if answer is None:
        return
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
        yield Finding(True, "Slack's requests are told by their signature (http mode)")
        return
    app_kind = _kind("an app token", connection.app_token, "xapp-", "Basic Information, App-Level Tokens")
    yield app_kind
    if app_kind.ok:
        yield _attempt(
            "Socket Mode can be opened",
            lambda: connection.app().apps_connections_open(app_token=connection.app_token),
        )[0]


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
    finding, answer = _attempt(what, lambda: connection.bot().conversations_info(channel=channel))
    if answer is None:
        return finding
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
        return Finding(False, f"{what}: no. {error.message}", error.next_step)
    if not members:
        return Finding(None, f"{what} has no members", "Its grants count for nobody.")
    return Finding(True, f"{what} has {len(members)} members")


def _user(connection: Connection, user: str, team: str) -> Iterator[Finding]:
    """What keeps somebody from what they are granted."""
    try:
        standing = standing_of(user_of(connection.bot(), user), team)
    except SlackError as error:
        known = error.code not in NOBODY
        why = f"no. {error.message}" if known else "there is no such person here"
        yield Finding(False, f"User {user}: {why}", error.next_step if known else "Mend the id in `rights`.")
        return
    if standing is not Standing.MEMBER:
        yield Finding(False, f"User {user} is {standing}", "Take the grant away: it counts for nothing.")

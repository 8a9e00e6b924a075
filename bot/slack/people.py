"""Who somebody is, asked of Slack: the only place that does so, and never before a request is acknowledged.

Only what the settings need is asked for. What Slack said holds for a while (`remember_seconds`); when Slack
does not answer it is used a while longer (`stale_seconds`), and then counts for nothing: whoever cannot be
looked up has no rights, whoever cannot be found in a user group is in none.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from slack_sdk import WebClient

from bot import logs
from bot.rights.granting import Person, asker
from bot.rights.roles import Asker, Standing
from bot.rights.settings import RightsSettings
from bot.slack.calls import part, translated
from bot.slack.client import Connection
from bot.slack.errors import RateLimited, SlackError

log = logs.get("slack")

AGAIN = 60.0
"""Seconds until what Slack did not say is asked again: twenty groups then take twenty calls a minute."""
MOST_PEOPLE = 10_000
UNKNOWN = "Ask again in a minute; if it stays so, `quarterdeck doctor` says what Slack refuses me."
NOBODY = {"user_not_found", "user_not_visible"}
NO_PLAN = "plan_upgrade_required"
NO_GROUP = {"no_such_subteam", "subteam_not_found", NO_PLAN}

T = TypeVar("T")


class _Kept(Generic[T]):
    """One thing that Slack said, when, and until when it is not asked again."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.value: T | None = None
        self.since = 0.0
        self.next = 0.0


class Remembered(Generic[T]):
    """What Slack said, by key; each is asked for by one thread at a time, so that nothing is asked twice."""

    def __init__(self, fresh: float, stale: float, clock: Callable[[], float]) -> None:
        self._fresh = fresh
        self._stale = stale
        self._clock = clock
        self._kept: dict[str, _Kept[T]] = {}
        self._rest = 0.0
        self._lock = threading.Lock()

    def get(self, key: str, ask: Callable[[], T]) -> T | None:
        """What Slack says, or said not too long ago; None when neither is there.

        While one thread asks anew, the others go by what was said before, if anything was.
        """
        kept = self._of(key)
        if kept.lock.acquire(blocking=self._still(kept) is None):
            try:
                self._refresh(key, kept, ask)
            finally:
                kept.lock.release()
        return self._still(kept)

    def _still(self, kept: _Kept[T]) -> T | None:
        return kept.value if self._clock() - kept.since < self._stale else None

    def _refresh(self, key: str, kept: _Kept[T], ask: Callable[[], T]) -> None:
        if self._clock() < max(kept.next, self._rest):
            return
        try:
            kept.value, kept.since = ask(), self._clock()
            kept.next = kept.since + self._fresh
        except SlackError as error:
            kept.next = self._clock() + AGAIN
            if isinstance(error, RateLimited):
                self._rest = self._clock() + error.seconds  # the method's, whoever is asked about
            log.warning("not looked up", what=key, code=error.code, error=error.message)

    def _of(self, key: str) -> _Kept[T]:
        with self._lock:
            if key not in self._kept and len(self._kept) >= MOST_PEOPLE:
                del self._kept[next(iter(self._kept))]
            return self._kept.setdefault(key, _Kept())


class People:
    """Looks people up. Safe to share between threads. `team` is our workspace's id, once it is known."""

    def __init__(
        self,
        connection: Connection,
        settings: RightsSettings,
        team: Callable[[], str | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = connection.bot()
        self._settings = settings
        self._team = team
        times = (settings.remember_seconds, settings.stale_seconds, clock)
        self._users = Remembered[dict[str, Any]](*times)
        self._groups = Remembered[frozenset[str]](*times)

    def asker(self, user: str, channel: str, *, ours: bool = True) -> Asker:
        """Who asks, with their rights. Calls Slack, unless it is known already that they are not `ours`."""
        if not ours:
            return asker(self._settings, Person(user, Standing.STRANGER), channel)
        found = self._users.get(user, lambda: self._look_up(user))
        standing = Standing.UNKNOWN if found is None else standing_of(found, self._team())
        if found is None or standing is not Standing.MEMBER:
            return asker(self._settings, Person(user, standing, doubts=() if found else (UNKNOWN,)), channel)
        groups = {group: self._members(group) for group in self._settings.groups}
        person = Person(
            user,
            groups=frozenset(group for group, members in groups.items() if members and user in members),
            email=str(found.get("profile", {}).get("email") or "") if self._settings.by_email else "",
            doubts=tuple(
                f"Slack did not say who is in the user group {group}: what it grants does not count just now."
                for group, members in groups.items()
                if members is None
            ),
        )
        return asker(self._settings, person, channel)

    def timezone(self, user: str) -> str:
        """Where somebody lives, as an IANA name; UTC where Slack does not say. May call Slack."""
        found = self._users.get(user, lambda: self._look_up(user))
        return str((found or {}).get("tz") or "UTC")

    def _look_up(self, user: str) -> dict[str, Any]:
        try:
            return user_of(self._client, user)
        except SlackError as error:
            if error.code in NOBODY:
                return {"is_stranger": True}
            raise

    def _members(self, group: str) -> frozenset[str] | None:
        return self._groups.get(group, lambda: self._ask_members(group))

    def _ask_members(self, group: str) -> frozenset[str]:
        try:
            return members_of(self._client, group)
        except SlackError as error:
            if error.code in NO_GROUP:
                log.warning("no such user group", group=group, code=error.code)
                return frozenset()
            raise


def user_of(client: WebClient, user: str) -> dict[str, Any]:
    """What Slack says of a user. Raises SlackError."""
    found: dict[str, Any] = part(translated(lambda: client.users_info(user=user)), "user", dict)
    return found


def members_of(client: WebClient, group: str) -> frozenset[str]:
    """Who is in a user group. Raises SlackError."""
    answer = translated(lambda: client.usergroups_users_list(usergroup=group))
    return frozenset(each for each in part(answer, "users", list) if isinstance(each, str))


def standing_of(user: dict[str, Any], team: str | None) -> Standing:
    """What a user is to our workspace, by `users.info`."""
    if user.get("is_bot") or user.get("id") == "USLACKBOT":
        return Standing.BOT
    teams = {user.get("team_id"), *user.get("enterprise_user", {}).get("teams", ())} - {None, ""}
    if user.get("is_stranger") or (team and teams and team not in teams):
        return Standing.STRANGER
    if user.get("deleted"):
        return Standing.GONE
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return Standing.GUEST
    return Standing.MEMBER

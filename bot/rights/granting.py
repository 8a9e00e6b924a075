"""From what Slack says of a person to what they may do."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from bot.rights.roles import Asker, Held, Rights, Standing
from bot.rights.settings import GrantSettings, RightsSettings


class Person(Struct, frozen=True):
    """What is known of a Slack user; `groups` only those that some grant names, `doubts` what is open."""

    id: str
    standing: Standing = Standing.MEMBER
    groups: frozenset[str] = frozenset()
    email: str = ""
    doubts: tuple[str, ...] = ()


def asker(settings: RightsSettings, person: Person, channel: str = "") -> Asker:
    """A person who asks in a channel, with what the settings grant them there."""
    rights = Rights(tuple(_held(settings, person, channel)))
    return Asker(person.id, rights, channel, person.standing, person.doubts)


def _held(settings: RightsSettings, person: Person, channel: str) -> Iterator[Held]:
    if person.standing is not Standing.MEMBER:
        return
    if (role := settings.of_everyone) is not None:
        yield Held(role)
    for grant in settings.grants:
        if _is_meant(grant, person, channel):
            yield Held(grant.role, frozenset(grant.clusters), frozenset(grant.namespaces))


def _is_meant(grant: GrantSettings, person: Person, channel: str) -> bool:
    domain = person.email.rpartition("@")[2].casefold()
    return (
        person.id in grant.users
        or not person.groups.isdisjoint(grant.groups)
        or channel in grant.channels
        or domain in grant.email_domains
    )

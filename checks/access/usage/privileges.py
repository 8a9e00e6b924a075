"""Whether somebody was seen to use a privilege that an access review lists."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from checks.access.engine import consulted
from checks.access.escalation.held import Hold
from checks.access.escalation.needs import Need
from checks.access.index import index
from checks.access.matching import ALL, Request, allows
from checks.access.usage.record import record
from checks.cluster.snapshot import Snapshot
from checks.model import Subject


class Seen(Struct, frozen=True):
    """How often it was seen to be used, and when last; never is no proof that it was not."""

    count: int
    last: str


def seen(snapshot: Snapshot, subject: Subject, holds: Iterable[Hold]) -> Seen | None:
    """The requests of a subject, or of a group's members, that these ways to a privilege allow; None where
    there is no audit log."""
    known, rbac = record(snapshot), index(snapshot)
    if known is None:
        return None
    ways = [(hold, bound) for hold in holds if (bound := hold.bound) is not None]
    found = [
        done.use
        for done in known.by(subject)
        if any(
            _is_of(hold.need, done.request)
            and consulted(rbac, bound, done.request)
            and allows((bound.role.rules or ())[hold.rule], done.request)
            for hold, bound in ways
        )
    ]
    return Seen(sum(use.count for use in found), max((use.last for use in found), default=""))


def _is_of(need: Need, request: Request) -> bool:
    if ALL not in need.verbs and request.verb not in need.verbs:
        return False
    wanted = (need.group, need.resource, need.subresource)
    return need.resource == ALL or wanted == (request.group, request.resource, request.subresource)

"""What audit logs say was used: who was allowed what, how often and when, without any event of its own.

Gigabytes of log come to a few thousand distinct uses. Bodies of requests and answers are never looked at.
"""

from __future__ import annotations

from typing import ClassVar

from checks.cluster.objects.base import Object, Part


class Actor(Part, frozen=True):
    """A user with the groups that the API server saw. `beyond`: how many of its requests are not among the
    uses, because there were too many that differ."""

    user: str = ""
    groups: tuple[str, ...] = ()
    beyond: int = 0


class Use(Part, frozen=True):
    """One thing that an actor (by its place in `actors`) was allowed to do, with when it was seen.

    name: empty where the request carried none. several: it stands for more names than are kept, `name` is
    then empty. path: of a request for no resource; all but the verb is then empty.
    implied: no request of its own, but what the API server asked its authorizer about beside one.
    reason: the authorizer's, the last time.
    """

    actor: int = 0
    verb: str = ""
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""
    several: bool = False
    implied: bool = False
    count: int = 0
    first: str = ""
    last: str = ""
    reason: str = ""


class AuditUsage(Object, frozen=True):
    """Audit logs in short. Moments are in UTC, to the second.

    hours: how many different hours have events, so that a gap is no part of the period.
    events: those that were read, all stages. levels: how many of each level.
    refused: requests that were not allowed. unsettled: requests that end before it was decided, or of which
    the log has only that they were received.
    other: lines that are no audit events. broken: lines that are cut short or too long.
    strangers: requests by actors beyond those that are kept.
    """

    api_version: ClassVar[str] = "quarterdeck.dev/v1"
    kind: ClassVar[str] = "AuditUsage"
    begins: str = ""
    ends: str = ""
    hours: int = 0
    files: tuple[str, ...] = ()
    events: int = 0
    levels: dict[str, int] | None = None
    refused: int = 0
    unsettled: int = 0
    other: int = 0
    broken: int = 0
    strangers: int = 0
    actors: tuple[Actor, ...] = ()
    uses: tuple[Use, ...] = ()

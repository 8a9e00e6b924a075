"""What the audit logs of a snapshot say of each subject: the requests that were allowed, and for how long.

Members of `system:masters` are left out: they are allowed everything before RBAC is asked, so that nothing
they do takes a right that somebody could take away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from checks.access.engine import consulted
from checks.access.index import Bound, Index
from checks.access.matching import Request, allows
from checks.access.subjects import MASTERS, identities
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.model import Subject

ENOUGH = timedelta(days=7)
"""What a log must cover before something is called unused: a week has its weekly jobs in it."""
_HOUR = timedelta(hours=1)


class Done(Struct, frozen=True, gc=False):
    """Something that was allowed to somebody, as the request that the authorizer decided; with the name None
    it stands for several names."""

    actor: o.Actor
    request: Request
    use: o.Use


class Record(Struct, frozen=True):
    """All logs together. `doers`: the places in `actors` of everybody whom a subject means.

    covered: for how long there are events, hour by hour; a gap in the log is no part of it.
    strangers: how many requests were by actors who are not kept.
    """

    begins: datetime | None
    ends: datetime | None
    covered: timedelta
    actors: tuple[o.Actor, ...]
    done: tuple[tuple[Done, ...], ...]
    doers: dict[Subject, tuple[int, ...]]
    strangers: int

    def by(self, subject: Subject) -> tuple[Done, ...]:
        """What somebody did, or the members of a group did."""
        return tuple(each for place in self.doers.get(subject, ()) for each in self.done[place])

    def beyond(self, subject: Subject) -> int:
        """How many requests of theirs are not kept, or may not be."""
        places = self.doers.get(subject, ())
        return sum(self.actors[place].beyond for place in places) + (0 if places else self.strangers)

    @property
    def long_enough(self) -> bool:
        """Whether it covers what it must before anything is called unused."""
        return self.covered >= ENOUGH

    @property
    def period(self) -> str:
        """How much of the log there is, and from when to when, in words."""
        hours = self.covered // _HOUR
        long = f"{hours // 24} days" if hours >= 48 else f"{hours} h"
        if self.begins is None or self.ends is None:
            return f"{long} of the audit log"
        return f"{long} of the audit log ({self.begins:%Y-%m-%d} to {self.ends:%Y-%m-%d})"

    def young(self, made: str | None) -> bool:
        """Whether what was made at this moment was there for too little of the log: less than half of it, and
        less than would be enough."""
        since = moment_of(made)
        if self.begins is None or self.ends is None or since is None or since <= self.begins:
            return False
        return self.ends - since < min(ENOUGH, (self.ends - self.begins) / 2)


@derived
def record(snapshot: Snapshot) -> Record | None:
    """What the snapshot's audit logs say; None where none was given."""
    logs = snapshot.all(o.AuditUsage)
    if not logs:
        return None
    actors: list[o.Actor] = []
    done: list[list[Done]] = []
    for log in logs:
        start = len(actors)
        actors += log.actors
        done += [[] for _ in log.actors]
        for use in log.uses:
            if 0 <= use.actor < len(log.actors):
                done[start + use.actor].append(Done(log.actors[use.actor], _request(use), use))
    doers: defaultdict[Subject, list[int]] = defaultdict(list)
    for place, actor in enumerate(actors):
        names = identities(actor.user, actor.groups)
        if MASTERS not in names:
            for subject in names:
                doers[subject].append(place)
    moments = [found for log in logs for each in (log.begins, log.ends) if (found := moment_of(each))]
    return Record(
        begins=min(moments, default=None),
        ends=max(moments, default=None),
        covered=_hours(logs, moments) * _HOUR,
        actors=tuple(actors),
        done=tuple(tuple(each) for each in done),
        doers={subject: tuple(places) for subject, places in doers.items()},
        strangers=sum(log.strangers for log in logs),
    )


def _hours(logs: Iterable[o.AuditUsage], moments: Collection[datetime]) -> int:
    """How many hours have events: in all logs, though several of one time are not longer than that."""
    span = (max(moments) - min(moments)) // _HOUR + 1 if moments else 0
    return max(0, min(sum(log.hours for log in logs), span))


def allowing(rbac: Index, done: Done) -> Iterator[Bound]:
    """The bindings that allow to whoever did it what was done, by exactly the groups that the log has."""
    for name in identities(done.actor.user, done.actor.groups):
        for bound in rbac.by_subject.get(name, ()):
            if consulted(rbac, bound, done.request) and any(
                allows(rule, done.request) for rule in bound.role.rules or ()
            ):
                yield bound


def moment_of(text: str | None) -> datetime | None:
    """A moment as Kubernetes writes it; None for what is none."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _request(use: o.Use) -> Request:
    name = None if use.several else use.name
    return Request(use.verb, use.resource, use.group, use.subresource, name, use.namespace, use.path)

"""Events to distinct uses, one after the other, in memory that does not grow with the log.

A request has an event for each stage. Those of its end are counted, and those of its start only if its end
has not been seen: requests that run for long may have it later, or never. What was only received says nothing
yet of whether it was allowed.
"""

from __future__ import annotations

import re
from collections import OrderedDict

from msgspec.structs import replace

from checks.cluster import objects as o
from checks.cluster.audit_log.events import Asked, Event, User, asked
from checks.cluster.audit_log.implied import beside, to_impersonate

MOST_USES = 200_000
MOST_ACTORS = 20_000
MOST_OF_ONE = 10_000
"""Different uses that are kept of one actor."""
MOST_NAMES = 20
"""Different names that are kept of one actor's use of one resource in one namespace."""
_MOST_OPEN = 50_000
_MOST_HOURS = 100_000
_MOST_GROUPS = 200
_LONGEST_REASON = 300
_LONGEST_NAME = 1_000
_STARTED = "ResponseStarted"
_ENDED = frozenset({"ResponseComplete", "Panic"})
_LEVELS = frozenset({"Metadata", "Request", "RequestResponse"})
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")

_Key = tuple[int, Asked, bool]


class _Counted:
    """How often and when; `reason` is the last one."""

    __slots__ = ("count", "first", "last", "reason")

    def __init__(self, first: str) -> None:
        self.count = 0
        self.first = self.last = first
        self.reason = ""

    def add(self, moment: str, reason: str) -> None:
        self.count += 1
        if moment and (not self.first or moment < self.first):
            self.first = moment
        if moment >= self.last:
            self.last, self.reason = moment, reason


class Tally:
    """What has been seen so far. `add` each event, then ask for `usage`."""

    def __init__(self) -> None:
        self._actors: dict[tuple[str, tuple[str, ...]], int] = {}
        self._uses: dict[_Key, _Counted] = {}
        self._names: dict[_Key, int] = {}
        self._of_actor: list[int] = []
        self._beyond: list[int] = []
        self._open: OrderedDict[str, None] = OrderedDict()
        self._hours: set[str] = set()
        self._levels: dict[str, int] = {}
        self._first = self._last = ""
        self.events = self._refused = self._unsettled = self._strangers = 0

    def add(self, event: Event) -> None:
        """Count an event in."""
        self.events += 1
        if event.level in _LEVELS:
            self._levels[event.level] = self._levels.get(event.level, 0) + 1
        moment = self._moment(event)
        if event.stage == _STARTED:
            self._open[event.audit_id] = None
            if len(self._open) > _MOST_OPEN:
                self._open.popitem(last=False)
        elif event.stage not in _ENDED:
            self._unsettled += 1
            return
        elif event.audit_id in self._open:
            del self._open[event.audit_id]
            return
        said = event.annotations
        if said is None or not said.decision or event.user is None:
            self._unsettled += 1
        elif said.decision != "allow":
            self._refused += 1
        else:
            self._allowed(event, event.user, moment, said.reason[:_LONGEST_REASON])

    def usage(self, files: tuple[str, ...], other: int, broken: int) -> o.AuditUsage:
        """All of it, in an order that does not depend on that of the events."""
        order = sorted(self._actors)
        place = {self._actors[each]: number for number, each in enumerate(order)}
        actors = tuple(o.Actor(*each, self._beyond[self._actors[each]]) for each in order)
        uses = sorted(
            (
                _use(place[actor], request, counted, implied=implied)
                for (actor, request, implied), counted in self._uses.items()
            ),
            key=_order,
        )
        return o.AuditUsage(
            metadata=o.Metadata(name="audit-log"),
            begins=_utc(self._first),
            ends=_utc(self._last),
            hours=len(self._hours),
            files=files,
            events=self.events,
            levels=dict(sorted(self._levels.items())),
            refused=self._refused,
            unsettled=self._unsettled,
            other=other,
            broken=broken,
            strangers=self._strangers,
            actors=actors,
            uses=tuple(uses),
        )

    def _moment(self, event: Event) -> str:
        stamp = event.request_received_timestamp or event.stage_timestamp or ""
        if not _MOMENT.match(stamp):
            return ""
        moment = stamp[:19]
        if not self._first or moment < self._first:
            self._first = moment
        self._last = max(self._last, moment)
        if len(self._hours) < _MOST_HOURS:
            self._hours.add(moment[:13])
        return moment

    def _allowed(self, event: Event, user: User, moment: str, reason: str) -> None:
        request = asked(event)
        other = event.impersonated_user
        actor = self._actor(other or user)
        self._use(actor, request, moment, reason, implied=False)
        for each in beside(event, request):
            self._use(actor, each, moment, "", implied=True)
        if other is not None:
            actor = self._actor(user)
            for each in to_impersonate(event, other, request):
                self._use(actor, each, moment, "", implied=True)

    def _actor(self, user: User) -> int | None:
        key = (user.username, tuple(sorted(user.groups or ())))
        known = self._actors.get(key)
        if known is not None:
            return known
        long = len(user.username) > _LONGEST_NAME or any(len(each) > _LONGEST_NAME for each in key[1])
        if len(self._actors) >= MOST_ACTORS or len(key[1]) > _MOST_GROUPS or long:
            return None
        self._of_actor.append(0)
        self._beyond.append(0)
        return self._actors.setdefault(key, len(self._actors))

    def _use(self, actor: int | None, request: Asked, moment: str, reason: str, *, implied: bool) -> None:
        if actor is None:
            self._strangers += not implied
            return
        key = (actor, request, implied)
        counted = self._uses.get(key)
        if counted is None and request.name:
            unnamed = (actor, replace(request, name=None), implied)
            if self._names.get(unnamed, 0) >= MOST_NAMES:
                key = unnamed
                counted = self._uses.get(key)
        if counted is None:
            if not self._room(actor, request):
                self._beyond[actor] += 1
                return
            if key[1].name:
                unnamed = (actor, replace(request, name=None), implied)
                self._names[unnamed] = self._names.get(unnamed, 0) + 1
            counted = self._uses[key] = _Counted(moment)
            self._of_actor[actor] += 1
        counted.add(moment, reason)

    def _room(self, actor: int, request: Asked) -> bool:
        if len(self._uses) >= MOST_USES or self._of_actor[actor] >= MOST_OF_ONE:
            return False
        words = (request.verb, request.resource, request.group, request.subresource, request.path)
        return all(len(each) <= _LONGEST_NAME for each in (*words, request.name or "", request.namespace))


def _use(actor: int, request: Asked, counted: _Counted, *, implied: bool) -> o.Use:
    return o.Use(
        actor=actor,
        verb=request.verb,
        group=request.group,
        resource=request.resource,
        subresource=request.subresource,
        namespace=request.namespace,
        name=request.name or "",
        path=request.path,
        several=request.name is None,
        implied=implied,
        count=counted.count,
        first=_utc(counted.first),
        last=_utc(counted.last),
        reason=counted.reason,
    )


def _order(use: o.Use) -> tuple[object, ...]:
    return (
        use.actor,
        use.group,
        use.resource,
        use.subresource,
        use.verb,
        use.namespace,
        use.name,
        use.path,
        use.several,
        use.implied,
    )


def _utc(moment: str) -> str:
    return f"{moment}Z" if moment else ""

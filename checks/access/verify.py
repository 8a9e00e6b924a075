"""Which questions to put to the API server itself, so that an answer about rights is checked against it.

Half of a sample are those who may, half those who may not, so that neither kind of mistake is out of sight.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from checks.access.engine import Decision, decide, who_can
from checks.access.index import index
from checks.access.matching import Request
from checks.access.scopes import reaches_namespaces
from checks.access.subjects import GROUP, SERVICE_ACCOUNT, groups_of
from checks.cluster.reviews import Asked
from checks.cluster.snapshot import Snapshot
from checks.model import Subject

T = TypeVar("T")

MOST = 40
_MEMBER = "quarterdeck:member"
"""The user who is asked about for a group: known to nobody, in that group."""


class Sample(Struct, frozen=True):
    """One question with what the engine says to it."""

    subject: Subject
    request: Request
    expected: bool
    asked: Asked


def samples(snapshot: Snapshot, requests: Sequence[Request], most: int = MOST) -> tuple[Sample, ...]:
    """At most so many questions about these requests, spread over those who may and those who may not."""
    holders = [holder.subject for holder in who_can(snapshot, *requests).holders]
    others = [each for each in index(snapshot).subjects if each not in set(holders)]
    may = _spread(holders, most // 2)
    among = (*may, *_spread(others, most - len(may)))
    pairs = zip(among, cycle(requests), strict=False)
    return tuple(_sample(snapshot, subject, request, ()) for subject, request in pairs)


def samples_of(
    snapshot: Snapshot, subject: Subject, requests: Sequence[Request], groups: tuple[str, ...]
) -> tuple[Sample, ...]:
    """A question for each of these requests, about one subject in these groups."""
    return tuple(_sample(snapshot, subject, request, groups) for request in requests)


def _spread(items: Sequence[T], most: int) -> list[T]:
    """So many of them, evenly from the first to the last."""
    if len(items) <= most:
        return list(items)
    return [items[number * len(items) // most] for number in range(most)]


def _sample(snapshot: Snapshot, subject: Subject, wanted: Request, groups: tuple[str, ...]) -> Sample:
    request = _placed(snapshot, decide(snapshot, subject, wanted, groups))
    expected = decide(snapshot, subject, request, groups).allowed
    return Sample(subject, request, expected, Asked(*_as_user(subject, groups), _attributes(request)))


def _placed(snapshot: Snapshot, decision: Decision) -> Request:
    """The request with a namespace, which the API server must be told: where it is allowed, if anywhere."""
    request = decision.request
    if request.namespace is not None or request.path:
        return request
    if not reaches_namespaces(request, index(snapshot).cluster_scoped):
        return replace(request, namespace="")
    if request.resource == "namespaces" and not request.group and request.name:
        return replace(request, namespace=request.name)
    if decision.scope == "cluster":
        return replace(request, namespace="")
    return replace(request, namespace=decision.scope[0] if decision.scope else "default")


def _as_user(subject: Subject, groups: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    also = (*(each.name for each in groups_of(subject)), *groups)
    if subject.kind == GROUP:
        return _MEMBER, (subject.name, *also)
    if subject.kind == SERVICE_ACCOUNT:
        return f"system:serviceaccount:{subject.namespace}:{subject.name}", also
    return subject.name, also


def _attributes(request: Request) -> dict[str, dict[str, str]]:
    if request.path:
        return {"nonResourceAttributes": {"path": request.path, "verb": request.verb}}
    return {
        "resourceAttributes": {
            "verb": request.verb,
            "group": request.group,
            "resource": request.resource,
            "subresource": request.subresource,
            "name": request.name or "",
            "namespace": request.namespace or "",
        }
    }

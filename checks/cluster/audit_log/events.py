"""One audit event: only who asked for what and whether it was allowed. Bodies have no field to land in.

From k8s.io/apiserver (v1.37): apis/audit/v1/types.go, audit/request.go, endpoints/filters/authorization.go.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Struct, field

_GROUP = "audit.k8s.io/"
_WRAPPED_WITHIN = 200
"""Bytes before an event's brace that a container runtime may have written: time, stream and flag."""


class User(Struct, frozen=True, gc=False):
    username: str = ""
    groups: tuple[str, ...] | None = None


class Impersonated(User, frozen=True, gc=False):
    """Who the request was made as; each field was somebody's right to take on."""

    uid: str = ""
    extra: dict[str, tuple[str, ...]] | None = None


class Target(Struct, frozen=True, rename="camel", gc=False):
    """What was asked for. A Namespace counts as being in itself, as it does for rights."""

    resource: str = ""
    subresource: str = ""
    api_group: str = ""
    namespace: str = ""
    name: str = ""


class Decided(Struct, frozen=True, gc=False):
    """What the authorizer said, of the annotations."""

    decision: str = field(default="", name="authorization.k8s.io/decision")
    reason: str = field(default="", name="authorization.k8s.io/reason")


class Response(Struct, frozen=True, gc=False):
    code: int | None = None


class Authenticated(Struct, frozen=True, rename="camel", gc=False):
    impersonation_constraint: str = ""


class Event(Struct, frozen=True, rename="camel", gc=False):
    """An event, or with `items` a list of some, as webhooks are sent them."""

    api_version: str = ""
    kind: str = ""
    level: str = ""
    stage: str = ""
    audit_id: str = field(default="", name="auditID")
    verb: str = ""
    request_uri: str = field(default="", name="requestURI")
    user: User | None = None
    impersonated_user: Impersonated | None = None
    authentication_metadata: Authenticated | None = None
    object_ref: Target | None = None
    response_status: Response | None = None
    annotations: Decided | None = None
    request_received_timestamp: str | None = None
    stage_timestamp: str | None = None
    items: tuple[Event, ...] | None = None


class Asked(Struct, frozen=True, gc=False):
    """What the authorizer is asked about. `name` None stands for any; a path is all of it but the verb."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str | None = ""
    path: str = ""


def asked(event: Event) -> Asked:
    """What was asked for the event's request itself."""
    target = event.object_ref
    if target is None:
        return Asked(event.verb, path=event.request_uri.partition("?")[0])
    return Asked(
        event.verb, target.api_group, target.resource, target.subresource, target.namespace, target.name
    )


_DECODER = msgspec.json.Decoder(Event)


def events_in(line: bytes) -> Iterator[Event]:
    """The audit events of a line: one, several of a list, none of another document.

    Before an event may stand what a container runtime writes there. Raises msgspec.DecodeError and
    RecursionError for what is no JSON, or is an event with something else where a text should be.
    """
    start = 0 if line.startswith(b"{") else line.find(b"{", 0, _WRAPPED_WITHIN)
    if start < 0:
        raise msgspec.DecodeError("no JSON object")
    found = _DECODER.decode(line[start:] if start else line)
    if found.api_version.startswith(_GROUP):
        yield from _flat(found)


def _flat(found: Event) -> Iterator[Event]:
    if found.kind == "Event":
        yield found
    elif found.kind == "EventList":
        yield from (each for each in found.items or () if each.kind in {"", "Event"})

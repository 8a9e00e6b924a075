"""Whom a person means: `user:alice`, `group:sre`, `sa:ci/deployer`, or just a name that bindings know."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from msgspec import Struct

from checks.access.index import index
from checks.access.subjects import (
    ANONYMOUS,
    AUTHENTICATED,
    BOOTSTRAPPERS,
    GROUP,
    MASTERS,
    SERVICE_ACCOUNT,
    UNAUTHENTICATED,
    USER,
    user,
)
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.errors import QuarterdeckError
from checks.model import Subject

_KINDS = {
    "user": USER,
    "group": GROUP,
    "sa": SERVICE_ACCOUNT,
    "serviceaccount": SERVICE_ACCOUNT,
}
_CROWDS = {"anonymous": ANONYMOUS, "anybody": UNAUTHENTICATED, "everyone": AUTHENTICATED}
_GROUPS = (MASTERS.name, AUTHENTICATED.name, UNAUTHENTICATED.name, "system:nodes", BOOTSTRAPPERS.name)
_SERVICE_ACCOUNT_GROUPS = "system:serviceaccounts"
_MOST_NEAR = 5


class UnclearSubject(QuarterdeckError):
    """It cannot be told who is meant. The message names who could be."""


class Meant(Struct, frozen=True):
    """Who is meant. `known`: a binding names them or, for a service account, it was seen; `near` if not."""

    subject: Subject
    known: bool = True
    near: tuple[str, ...] = ()


def short(subject: Subject) -> str:
    """A subject as people write it, and as `meant` reads it."""
    if subject.kind == SERVICE_ACCOUNT:
        return f"sa:{subject.namespace}/{subject.name}"
    return f"{subject.kind.casefold()}:{subject.name}"


def exists(snapshot: Snapshot, subject: Subject) -> bool:
    """Whether a service account is there, as far as can be told."""
    if not snapshot.saw("ServiceAccount") or snapshot.cluster.source == "manifests":
        return True
    return (subject.namespace, subject.name) in _accounts(snapshot)


@derived
def _accounts(snapshot: Snapshot) -> frozenset[tuple[str | None, str]]:
    return frozenset((each.metadata.namespace, each.metadata.name) for each in snapshot.all(o.ServiceAccount))


def meant(snapshot: Snapshot, text: str) -> Meant:
    """The subject of these words. Raises UnclearSubject for several, or for a service account that lacks its
    namespace."""
    prefix, colon, name = text.partition(":")
    kind = _KINDS.get(prefix.casefold()) if colon else None
    if kind is None:
        return _bare(snapshot, text)
    if kind != SERVICE_ACCOUNT:
        return _known(snapshot, user(name) if kind == USER else Subject(kind, name))
    namespace, slash, account = name.partition("/")
    if slash and namespace and account:
        return _known(snapshot, Subject(SERVICE_ACCOUNT, account, namespace))
    found = [each for each in _everybody(snapshot) if each.kind == SERVICE_ACCOUNT and each.name == name]
    return _one(found, text, f"Write it as sa:NAMESPACE/{name[:80] or 'NAME'}.")


def _bare(snapshot: Snapshot, text: str) -> Meant:
    if text.casefold() in _CROWDS:
        return Meant(_CROWDS[text.casefold()])
    if text in _GROUPS or text.startswith(_SERVICE_ACCOUNT_GROUPS):
        return _known(snapshot, Subject(GROUP, text))
    namespace, slash, account = text.partition("/")
    if slash and (asked := Subject(SERVICE_ACCOUNT, account, namespace)) in _everybody(snapshot):
        return Meant(asked)
    found = [each for each in _everybody(snapshot) if each.name == text]
    if not found:
        return _known(snapshot, user(text))
    return _one(found, text, f"Say which: {', '.join(short(each) for each in found[:_MOST_NEAR])}.")


def _one(found: list[Subject], text: str, step: str) -> Meant:
    if len(found) == 1:
        return Meant(found[0])
    if found:
        among = ", ".join(short(each) for each in found[:_MOST_NEAR])
        raise UnclearSubject(f"“{text[:80]}” may be any of {len(found)}: {among}.", step)
    raise UnclearSubject(f"It cannot be told who “{text[:80]}” is.", step)


def _known(snapshot: Snapshot, subject: Subject) -> Meant:
    everybody = _everybody(snapshot)
    if subject in everybody or subject in (ANONYMOUS, AUTHENTICATED, UNAUTHENTICATED, MASTERS):
        return Meant(subject)
    near = difflib.get_close_matches(short(subject), [short(each) for each in everybody], 3, 0.75)
    return Meant(subject, known=False, near=tuple(near))


@derived
def _everybody(snapshot: Snapshot) -> dict[Subject, None]:
    """Everybody whom a binding names, and every service account that was seen, in order."""
    return dict.fromkeys(sorted(_named(snapshot), key=lambda each: (each.kind, str(each))))


def _named(snapshot: Snapshot) -> Iterator[Subject]:
    rbac = index(snapshot)
    yield from rbac.by_subject
    for dangling in rbac.dangling:
        yield from (each for each in dangling.subjects if each is not None)
    for account in snapshot.all(o.ServiceAccount):
        yield Subject(SERVICE_ACCOUNT, account.metadata.name, account.metadata.namespace)

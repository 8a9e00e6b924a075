"""What the answers about rights share: what is read, how chains are written, what is not covered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct, json

from checks.access import caveats, kept
from checks.access.engine import Scope
from checks.access.index import index
from checks.access.matching import ALL, Request
from checks.access.stock import is_stock_subject
from checks.access.subjects import MASTERS, SERVICE_ACCOUNT, crowd
from checks.access.who import exists
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.model import Because, Evidence, ObjectRef, Subject
from checks.wording import some

_WHO_AND_WHERE = ("Namespace", "ServiceAccount")
KINDS = kept.KINDS
MOST_ROWS = 200
MOST_FACTS = 200
_MOST_PLACES = 5


class Ref(Struct, frozen=True):
    """A binding or a role, as the published answers name it."""

    kind: str
    namespace: str | None
    name: str


class Chain(Struct, frozen=True):
    """Why: this binding, to this role, by this rule (index in `rules`)."""

    binding: Ref
    role: Ref
    rule: int


class Asking(Struct, frozen=True):
    """One request that was asked about. `namespace` null: wherever it is allowed; empty: all at once."""

    verb: str
    group: str
    resource: str
    subresource: str
    name: str | None
    namespace: str | None
    url: str | None


def incomplete(snapshot: Snapshot) -> bool:
    """Whether something that an answer about rights reads could not be read."""
    return bool(index(snapshot).unread) or not all(snapshot.saw(kind) for kind in _WHO_AND_WHERE)


def chain(because: Because) -> Chain:
    return Chain(ref(because.binding), ref(because.role), because.rule)


def ref(item: ObjectRef) -> Ref:
    return Ref(item.kind, item.namespace, item.name)


def asking(request: Request) -> Asking:
    return Asking(
        request.verb,
        request.group,
        request.resource,
        request.subresource,
        request.name,
        request.namespace,
        request.path or None,
    )


def named(ref: ObjectRef) -> str:
    """A binding or role in words."""
    return str(ref)


def listed(refs: Iterable[ObjectRef]) -> str:
    """Bindings or roles for a table's cell, each once."""
    return some(list(dict.fromkeys(named(each) for each in refs))) or "-"


def where(scope: Scope) -> str:
    """A scope for a table's cell."""
    if scope == "cluster":
        return "whole cluster"
    return some(scope)


def question(requests: Sequence[Request]) -> str:
    """Requests in words: `get, list or watch secrets in payments`."""
    said: dict[tuple[str, str, str | None], list[str]] = {}
    for each in requests:
        what = each.path or _resource(each)
        verb = "use every verb on" if each.verb == ALL else each.verb
        said.setdefault((what, each.name or "", each.namespace), []).append(verb)
    parts = [
        f"{_either(verbs)} {what}{f' {name}' if name else ''}{f' in {namespace}' if namespace else ''}"
        for (what, name, namespace), verbs in said.items()
    ]
    return _either(parts)


def all_of(needs: Sequence[Sequence[Request]]) -> str:
    """What takes one request of each of these, in words."""
    return " and ".join(question(need) for need in needs)


def _resource(request: Request) -> str:
    subresource = f"/{request.subresource}" if request.subresource else ""
    if request.resource == ALL:
        group = "" if request.group == ALL else f" of {request.group or 'the core group'}"
        return f"every resource{group}" if not subresource else f"*{subresource}{group}"
    return f"{request.resource}{f'.{request.group}' if request.group else ''}{subresource}"


def _either(words: Sequence[str]) -> str:
    *most, last = dict.fromkeys(words)
    return f"{', '.join(most)} or {last}" if most else last


def note(snapshot: Snapshot, subject: Subject) -> str:
    """What is to be known of a holder: who stands behind it, or that it is not there."""
    if subject == MASTERS:
        return "built in: allowed everything before RBAC is asked, and no binding takes it away"
    if subject.kind == SERVICE_ACCOUNT and not exists(snapshot, subject):
        return "it does not exist now: whoever may create it gets the right"
    if subject in own_subjects(snapshot):
        return "Kubernetes' own"
    return crowd(subject)


@derived
def own_subjects(snapshot: Snapshot) -> frozenset[Subject]:
    """Whom nobody but Kubernetes itself has bound to anything."""
    return frozenset(
        subject
        for subject, bounds in index(snapshot).by_subject.items()
        if all(is_stock_subject(bound.binding, subject) for bound in bounds)
    )


def _no_such_namespace(snapshot: Snapshot, namespace: str) -> Iterator[str]:
    """That a namespace is not there, where that can be told."""
    names = [each.metadata.name for each in snapshot.all(o.Namespace)]
    if namespace and names and snapshot.saw("Namespace") and namespace not in names:
        yield f"There is no namespace {namespace[:80]} in the cluster now."


def not_covered(
    snapshot: Snapshot,
    namespace: str = "",
    particular: Iterable[str] = (),
    among: Collection[Subject] | None = None,
) -> tuple[str, ...]:
    """What an answer about rights does not cover, the particular before the general.

    among: whom alone it is about.
    """
    return (
        *_no_such_namespace(snapshot, namespace),
        *caveats.unread(snapshot),
        *(f"{kind} objects could not be read." for kind in _WHO_AND_WHERE if not snapshot.saw(kind)),
        *particular,
        *caveats.waiting(snapshot, among, namespace),
        *caveats.beyond(snapshot),
    )


def fact(
    snapshot: Snapshot, subject: Subject, because: Because, expected: str = "a right that is needed"
) -> Evidence:
    """The whole chain: subject → binding → role, and the rule as it stands there."""
    role = index(snapshot).roles[because.role.kind, because.role.namespace or "", because.role.name]
    return Evidence(
        path=f"rules[{because.rule}]",
        observed=plain((role.rules or ())[because.rule]),
        expected=expected,
        source=f"{subject} → {named(because.binding)} → {named(because.role)}",
        uid=because.binding.uid,
        resource_version=because.binding.resource_version,
    )


def plain(rule: o.PolicyRule) -> Any:
    """A rule as JSON has it."""
    return json.decode(json.encode(rule))

"""An access review as data: what `review --format json` publishes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache

from msgspec import Struct

from bot.commands import rights
from bot.commands.chains import SourceDocument
from bot.commands.review_past import Past
from checks.access.aggregation import sources
from checks.access.escalation.held import Hold
from checks.access.index import Bound, index
from checks.access.review.holders import Holder, Right
from checks.access.review.narrower.proposal import Proposal, manifests
from checks.access.review.unused import LIVE, Unused
from checks.access.review.written import last_write
from checks.access.stock import RoleKey, key_of
from checks.access.usage.privileges import seen
from checks.cluster.snapshot import Snapshot
from checks.model import Severity, Subject

_Sources = tuple[tuple[SourceDocument, ...], ...]


class WayDocument(Struct, frozen=True):
    """One way to a privilege: named as `through`, by a binding (made at `created`) to a rule of a role, which
    allows `requests`. `changed`: the last write to binding or role, and by what; null where nobody knows.
    `sources`: where an aggregated role has the rule from."""

    through: Subject
    binding: rights.Ref
    created: str | None
    role: rights.Ref
    rule: int
    requests: tuple[rights.Asking, ...]
    sources: _Sources
    changed: str | None = None
    changed_by: str | None = None


class SeenDocument(Struct, frozen=True):
    """What kept runs say. `since`: the first run that has it without a break up to now; null: none has, it
    is new. `longer`: no older run was kept, so it may be older. `changed`: the run in which the way to it
    became what it is now, null where it is that since; `changed_now`: in no run yet."""

    since: datetime | None
    since_run: str | None
    longer: bool
    changed: datetime | None
    changed_run: str | None
    changed_now: bool


class RightDocument(Struct, frozen=True):
    """A privilege. `scope`: `cluster` or namespaces; `names`: what it is limited to, null for all; `own`:
    granted by Kubernetes itself; `seen`: null where no earlier run was kept; `used`: in how many requests of
    the audit log, null where there is none."""

    privilege: str
    title: str
    technique: str
    scope: str | tuple[str, ...]
    names: tuple[str, ...] | None
    own: bool
    seen: SeenDocument | None
    ways: tuple[WayDocument, ...]
    used: int | None = None
    last_used: str | None = None


class PrivilegedDocument(Struct, frozen=True):
    """A privileged subject. `acts`: to cluster-admin, 0 for whoever has it, null where no way was found;
    `stands_for`: how many service accounts a group holds, null where that cannot be known."""

    subject: Subject
    level: Severity
    acts: int | None
    own: bool
    stands_for: int | None
    note: str
    rights: tuple[RightDocument, ...]


class UnusedDocument(Struct, frozen=True):
    """A binding that grants nothing, or of which `subject` gets nothing: why, and what would make it count.
    `would`: the privileges that its role gives."""

    binding: rights.Ref
    created: str | None
    role: rights.Ref
    subject: Subject | None
    why: str
    live: str
    would: tuple[str, ...]


class NarrowerDocument(Struct, frozen=True):
    """A rule of a role (`rule`, an index) or a binding (null) that could be narrower; `rules`: instead of
    that rule. `gives`: the privileges in it; `wide`: in the whole cluster."""

    target: rights.Ref
    rule: int | None
    what: str
    why: str
    keeps: str
    drops: str
    wide: bool
    gives: tuple[str, ...]
    rules: tuple[dict[str, list[str]], ...]


class ManifestDocument(Struct, frozen=True):
    """What to apply instead of a role (all that is proposed for it) or of a binding."""

    target: rights.Ref
    yaml: str


def privileged(snapshot: Snapshot, found: tuple[Holder, ...], past: Past) -> tuple[PrivilegedDocument, ...]:
    """Every privileged subject as the JSON form has it."""
    origins = _origins(snapshot)
    return tuple(
        PrivilegedDocument(
            each.subject,
            each.level,
            each.acts,
            each.own,
            each.stands_for,
            rights.note(snapshot, each.subject),
            tuple(_right(snapshot, each.subject, right, past, origins) for right in each.rights),
        )
        for each in found
    )


def _right(
    snapshot: Snapshot,
    subject: Subject,
    right: Right,
    past: Past,
    origins: Callable[[RoleKey, int], _Sources],
) -> RightDocument:
    used = seen(snapshot, subject, right.holds)
    return RightDocument(
        right.privilege.id,
        right.privilege.title,
        right.privilege.technique,
        right.scope,
        right.names,
        right.own,
        _seen(subject, right, past),
        tuple(_ways(subject, right, origins)),
        used.count if used else None,
        (used.last or None) if used else None,
    )


def _ways(
    subject: Subject, right: Right, origins: Callable[[RoleKey, int], _Sources]
) -> Iterator[WayDocument]:
    """One for each rule of each binding, with all of the privilege that it allows."""
    together: dict[tuple[int, int, Subject], tuple[Bound, list[Hold]]] = {}
    for hold in right.holds:
        if hold.bound is not None:
            key = (hold.bound.order, hold.rule, hold.through or subject)
            together.setdefault(key, (hold.bound, []))[1].append(hold)
    for (_, rule, through), (bound, holds) in together.items():
        change = last_write((bound,))
        yield WayDocument(
            through,
            rights.ref(bound.ref),
            bound.binding.metadata.creation_timestamp,
            rights.ref(bound.role_ref),
            rule,
            tuple(rights.asking(hold.permission().request) for hold in holds),
            origins(key_of(bound.role), rule),
            change.time if change else None,
            change.manager if change else None,
        )


def _seen(subject: Subject, right: Right, past: Past) -> SeenDocument | None:
    trace = past.traces.get((subject, right.privilege.id, right.wide))
    if trace is None:
        return None
    changed = past.moment(trace.changed) if trace.changed is not None else None
    return SeenDocument(
        past.moment(trace.since),
        trace.since or None,
        trace.longer,
        changed,
        trace.changed or None,
        trace.changed is not None and changed is None,
    )


def _origins(snapshot: Snapshot) -> Callable[[RoleKey, int], _Sources]:
    """Where the rules of aggregated roles come from, each found out once."""
    roles = index(snapshot).roles

    @cache
    def of(key: RoleKey, rule: int) -> _Sources:
        role = roles[key]
        return tuple(
            tuple(SourceDocument(each.role.name, each.rule, each.labels) for each in way)
            for way in sources(snapshot, role, (role.rules or ())[rule])
        )

    return of


def unused(found: tuple[Unused, ...]) -> tuple[UnusedDocument, ...]:
    """Bindings that grant nothing as the JSON form has them."""
    return tuple(
        UnusedDocument(
            rights.ref(each.ref),
            each.binding.metadata.creation_timestamp,
            rights.ref(each.role),
            each.subject,
            each.why,
            LIVE[each.why],
            tuple(privilege.id for privilege in each.would),
        )
        for each in found
    )


def narrower(found: tuple[Proposal, ...]) -> tuple[NarrowerDocument, ...]:
    """Proposals as the JSON form has them."""
    return tuple(
        NarrowerDocument(
            rights.ref(each.target),
            each.rule,
            each.what,
            each.why,
            each.keeps,
            each.drops,
            each.wide,
            tuple(privilege.id for privilege in each.gives),
            tuple(rights.plain(rule) for rule in each.rules),
        )
        for each in found
    )


def to_apply(found: tuple[Proposal, ...]) -> tuple[ManifestDocument, ...]:
    """What to apply for the proposals, a document for each role or binding."""
    return tuple(ManifestDocument(rights.ref(target), text) for target, text in manifests(found).items())

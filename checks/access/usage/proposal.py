"""Fewer rights for somebody: roles that allow all that was seen to be used, and bindings to take them out of.

A binding of which everything was used stays as it is; one of which nothing was is dropped; of any other what
was used becomes a role of its own, in the narrowest place, with what cannot be known of it kept as it is. The
proposal of one subject does not count on another's being applied or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import chain, count

from msgspec import Struct
from msgspec.structs import replace

from checks.access.engine import consulted
from checks.access.index import Bound, Index, index
from checks.access.matching import Request, allows, covers
from checks.access.stock import AnyBinding, AnyRole, is_stock_subject
from checks.access.subjects import GROUP, SERVICE_ACCOUNT, identities
from checks.access.usage.beside import KNOWN, grants, written
from checks.access.usage.enough import Place, Rule, enough
from checks.access.usage.excess import excess
from checks.access.usage.merging import merged
from checks.access.usage.record import Done
from checks.access.usage.rights import BoundUse, Usage, usage
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.model import Subject

_LONGEST_NAME = 200
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9.:@_-]+")
_NO_NAME = "\0none"
"""A name that no rule has."""


class Proposal(Struct, frozen=True):
    """What to change for one subject. Empty but for `withheld`, which says why there is none.

    drop: bindings that it is taken out of. roles, bindings: to be made.
    """

    subject: Subject
    drop: tuple[Bound, ...] = ()
    roles: tuple[AnyRole, ...] = ()
    bindings: tuple[AnyBinding, ...] = ()
    withheld: str = ""


def proposal(snapshot: Snapshot, subject: Subject) -> Proposal | None:
    """What would have been enough for somebody; None where they have no more, or where there is no log."""
    found = usage(snapshot, subject)
    if found is None:
        return None
    wide = [each for each in found.bounds if not each.young and excess(each)]
    if not wide:
        return None
    if withheld := _withheld(found):
        return Proposal(subject, withheld=withheld)
    rbac = index(snapshot)
    rules = _rules(rbac, found, wide)
    if _gains_nothing(wide, rules):
        return None
    drop = tuple(each.bound for each in wide)
    roles = tuple(_roles(snapshot, subject, rules))
    return Proposal(subject, drop, roles, tuple(_binding(role, subject) for role in roles))


def _withheld(found: Usage) -> str:
    if found.beyond:
        return f"{found.beyond:,} of its requests are not in the log's summary: they differ too much."
    if grants(written(each.request for each in found.done)):
        return "It hands out rights or sets policies, which takes holding them: the log does not say which."
    return ""


def _rules(rbac: Index, found: Usage, wide: list[BoundUse]) -> dict[Place, list[o.PolicyRule]]:
    """What to keep of these bindings, by place."""
    held: dict[Place, list[o.PolicyRule]] = {}
    for each in wide:
        held.setdefault(each.bound.namespace, []).extend(each.bound.role.rules or ())
    others = [each.bound for each in found.bounds if each not in wide]
    done = dict.fromkeys(one for each in wide for one in each.done)
    wanted = [each.request for each in done if not _allowed_anyway(rbac, found, others, each)]
    kept: dict[Rule, None] = dict.fromkeys(enough(wanted, held, rbac.cluster_scoped))
    for each in wide:
        kept |= dict.fromkeys(Rule(one.what.namespace, one.what.part) for one in each.unknown)
    writes = written(each.request for each in found.done)
    for beside in KNOWN:
        if beside.writes in writes and covers(held.get(None, ()), (beside.part,)):
            kept[Rule(None, beside.part)] = None
    places: dict[Place, list[o.PolicyRule]] = {}
    for rule in kept:
        places.setdefault(rule.place, []).append(rule.part)
    return places


def _allowed_anyway(rbac: Index, found: Usage, others: Iterable[Bound], done: Done) -> bool:
    """Whether somebody keeps the right to this by a binding that is not changed.

    What Kubernetes itself grants and what their groups hold counts as kept: the proposal for a group keeps
    all that its members did. For a group only its own bindings count.
    """
    kept = [*others, *_by_kubernetes(rbac, found.subject)]
    if found.subject.kind != GROUP:
        names = identities(done.actor.user, done.actor.groups) - {found.subject}
        kept += [bound for name in names for bound in rbac.by_subject.get(name, ())]
    return any(_allows(rbac, bound, done.request) for bound in kept)


def _by_kubernetes(rbac: Index, subject: Subject) -> Iterator[Bound]:
    return (each for each in rbac.by_subject.get(subject, ()) if is_stock_subject(each.binding, subject))


def _allows(rbac: Index, bound: Bound, request: Request) -> bool:
    """Whether a binding allows a request; one of several names only if it allows every name."""
    some = request if request.name is not None else replace(request, name=_NO_NAME)
    return consulted(rbac, bound, some) and any(allows(rule, some) for rule in bound.role.rules or ())


def _gains_nothing(wide: Iterable[BoundUse], rules: dict[Place, list[o.PolicyRule]]) -> bool:
    """Whether all that the bindings give would be kept."""
    return all(
        covers((*rules.get(None, ()), *rules.get(each.bound.namespace, ())), each.bound.role.rules or ())
        for each in wide
    )


def _roles(snapshot: Snapshot, subject: Subject, rules: dict[Place, list[o.PolicyRule]]) -> Iterator[AnyRole]:
    rbac, names = index(snapshot), _binding_names(snapshot)
    for place in sorted(rules, key=lambda each: each or ""):
        meta = o.ManagedMetadata(name=_free_name(rbac, names, subject, place), namespace=place)
        kept = merged(rules[place])
        yield o.ClusterRole(metadata=meta, rules=kept) if place is None else o.Role(metadata=meta, rules=kept)


def _free_name(rbac: Index, names: frozenset[tuple[Place, str]], subject: Subject, place: Place) -> str:
    """A name for a role and its binding that neither has yet."""
    kind, where = ("ClusterRole", "") if place is None else ("Role", place)
    wanted = own_name(subject)
    others = (f"{wanted}-{number}" for number in count(2))
    candidates = chain((wanted,), others)
    return next(
        each for each in candidates if (kind, where, each) not in rbac.roles and (place, each) not in names
    )


@derived
def _binding_names(snapshot: Snapshot) -> frozenset[tuple[Place, str]]:
    """Every binding's namespace and name, those to roles that are not there, too."""
    bindings = (*snapshot.all(o.RoleBinding), *snapshot.all(o.ClusterRoleBinding))
    return frozenset((each.metadata.namespace, each.metadata.name) for each in bindings)


def own_name(subject: Subject) -> str:
    """What a subject's own role is called: what an API server takes as a name, and no other subject's."""
    kind = {SERVICE_ACCOUNT: "sa", GROUP: "group"}.get(subject.kind, "user")
    said = ":".join(each for each in (kind, subject.namespace, subject.name, "used") if each)
    plain = _NOT_IN_NAMES.sub("-", said)[:_LONGEST_NAME]
    return plain if plain == said else f"{plain}-{sha256(said.encode()).hexdigest()[:8]}"


def _binding(role: AnyRole, subject: Subject) -> AnyBinding:
    who = (o.RbacSubject(subject.kind, subject.name, subject.namespace),)
    to = o.RoleRef(role.kind, role.metadata.name)
    if isinstance(role, o.ClusterRole):
        return o.ClusterRoleBinding(metadata=role.metadata, role_ref=to, subjects=who)
    return o.RoleBinding(metadata=role.metadata, role_ref=to, subjects=who)

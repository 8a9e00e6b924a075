"""Every privileged subject: its rights, where and by which bindings and groups, how far from cluster-admin.

A subject is as the bindings name it. A service account that is privileged only by a group it is always in is
counted with that group and not repeated, unless its groups lead to cluster-admin only together.
"""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct
from msgspec.structs import replace

from checks.access.engine import Scope
from checks.access.escalation.estate import Estate, estate
from checks.access.escalation.graph import graph
from checks.access.escalation.held import Hold, held_through, selves
from checks.access.escalation.places import Goal
from checks.access.escalation.steps import Chain
from checks.access.index import index
from checks.access.review.privileges import (
    HOLD_EVERYTHING,
    OF_NEED,
    PRIVILEGES,
    Privilege,
    privileged,
)
from checks.access.stock import is_stock_rule, is_stock_subject
from checks.access.subjects import (
    ALL_SERVICE_ACCOUNTS,
    AUTHENTICATED,
    MASTERS,
    crowd,
    groups_of,
    namespace_of_group,
)
from checks.cluster.snapshot import Snapshot, derived
from checks.model import Severity, Subject

_ORDER = {privilege: number for number, privilege in enumerate(PRIVILEGES)}


class Right(Struct, frozen=True):
    """One privilege that somebody holds, in the whole cluster (`wide`) or in namespaces, and every way to it.

    `own`: all of it is granted by Kubernetes itself. `holds` is empty for system:masters alone.
    """

    privilege: Privilege
    wide: bool
    holds: tuple[Hold, ...]
    own: bool

    @property
    def scope(self) -> Scope:
        """Where it holds."""
        return "cluster" if self.wide else tuple(sorted({str(each.namespace) for each in self.holds}))

    @property
    def names(self) -> tuple[str, ...] | None:
        """The names it is limited to; None where some way to it is not."""
        if not self.holds or any(each.names is None for each in self.holds):
            return None
        return tuple(sorted({name for each in self.holds for name in each.names or ()}))


class Holder(Struct, frozen=True):
    """A privileged subject with its rights, most dangerous first.

    `way`: a shortest way to cluster-admin, of no acts for whoever has it. `own`: Kubernetes itself grants all
    of it. `stands_for`: how many service accounts a group holds now; None where that cannot be known.
    """

    subject: Subject
    level: Severity
    rights: tuple[Right, ...]
    way: Chain | None
    own: bool
    stands_for: int | None = None

    @property
    def acts(self) -> int | None:
        """How many acts it is away from cluster-admin; None where no way was found."""
        return self.way.acts if self.way else None


@derived
def holders(snapshot: Snapshot) -> tuple[Holder, ...]:
    """Every privileged subject, most dangerous first; whom only Kubernetes itself made so comes last."""
    whole, there = graph(snapshot), estate(snapshot)
    rbac = index(snapshot)
    listed: dict[Subject, tuple[Right, ...]] = {}
    for subject in whole.subjects:
        if subject in rbac.by_subject or subject in whole.distance:
            rights = rights_of(snapshot, subject)
            if rights and (_by_itself(subject, rights) or _alone(subject, whole.distance)):
                listed[subject] = rights
    ways = whole.ways(listed, Goal.ADMIN)
    found = (
        _holder(there, subject, rights, way)
        for (subject, rights), way in zip(listed.items(), ways, strict=True)
    )
    return tuple(sorted(found, key=_place))


def inside(holder: Holder, namespace: str) -> Holder | None:
    """A holder with what counts in one namespace alone; None for whom nothing does."""
    rights = tuple(
        right if right.wide else _right(right.privilege, wide=False, holds=there)
        for right in holder.rights
        if (there := tuple(each for each in right.holds if each.reaches(namespace))) or right.wide
    )
    if not rights:
        return None
    return replace(holder, rights=rights, own=all(right.own for right in rights))


def rights_of(snapshot: Snapshot, subject: Subject) -> tuple[Right, ...]:
    """The privileges of one subject, by itself and by its groups: from roles and bindings alone."""
    by_subject, on_eks = index(snapshot).by_subject, snapshot.cluster.provider == "eks"
    bounds = [(bound, name) for name in selves(subject) for bound in by_subject.get(name, ())]
    by_kind: dict[tuple[Privilege, bool], list[Hold]] = {}
    for need, holds in held_through(bounds, privileged).items():
        privilege = OF_NEED[need]
        for hold in holds:
            if _counts(hold, privilege, on_eks=on_eks):
                by_kind.setdefault((privilege, hold.clusterwide), []).append(hold)
    if subject == MASTERS:
        by_kind.setdefault((HOLD_EVERYTHING, True), [])
    ordered = sorted(by_kind.items(), key=lambda each: (not each[0][1], _ORDER[each[0][0]]))
    return tuple(_right(privilege, wide=wide, holds=tuple(holds)) for (privilege, wide), holds in ordered)


def _counts(hold: Hold, privilege: Privilege, *, on_eks: bool) -> bool:
    """Whether a right is one where it is held, if it is about objects of one namespace."""
    place = privilege.place
    if place is None:
        return True
    names = hold.names
    named = names is None or any(place.name.fullmatch(name) for name in names)
    return named and hold.reaches(place.namespace) and (on_eks or not place.on_eks)


def _right(privilege: Privilege, *, wide: bool, holds: tuple[Hold, ...]) -> Right:
    return Right(privilege, wide, holds, all(map(_is_own, holds)))


def _is_own(hold: Hold) -> bool:
    """Whether Kubernetes itself grants it."""
    bound, through = hold.bound, hold.through
    if bound is None or through is None:
        return True
    rules = bound.role.rules or ()
    return is_stock_subject(bound.binding, through) and is_stock_rule(bound.role, rules[hold.rule])


def _by_itself(subject: Subject, rights: tuple[Right, ...]) -> bool:
    """Whether a binding of its own, and not only one of its groups, makes it privileged."""
    return subject == MASTERS or any(hold.through == subject for right in rights for hold in right.holds)


def _alone(subject: Subject, reaching: Collection[object]) -> bool:
    """Whether it reaches cluster-admin, and no group of it does."""
    return subject in reaching and not any(group in reaching for group in groups_of(subject))


def _holder(there: Estate, subject: Subject, rights: tuple[Right, ...], way: Chain | None) -> Holder:
    return Holder(
        subject,
        _level(subject, rights, way),
        rights,
        way,
        all(right.own for right in rights),
        _members(there, subject),
    )


def _level(subject: Subject, rights: tuple[Right, ...], way: Chain | None) -> Severity:
    """Critical: has cluster-admin or is one act away. High: a right in the whole cluster, or a longer way, or
    a crowd. Medium: inside namespaces, or for names only. Low: for names inside namespaces."""
    if way is not None and way.acts <= 1:
        return Severity.CRITICAL
    unnamed = [right for right in rights if right.names is None]
    if way is not None or crowd(subject) or any(right.wide for right in unnamed):
        return Severity.HIGH
    return Severity.MEDIUM if unnamed or any(right.wide for right in rights) else Severity.LOW


def _members(there: Estate, subject: Subject) -> int | None:
    if subject in (ALL_SERVICE_ACCOUNTS, AUTHENTICATED):
        return sum(map(len, there.accounts.values()))
    namespace = namespace_of_group(subject)
    return len(there.accounts.get(namespace, ())) if namespace else None


def _place(holder: Holder) -> tuple[bool, int, float, bool, int, int, str, str]:
    acts = holder.acts if holder.acts is not None else float("inf")
    first = holder.rights[0]
    return (
        holder.own,
        holder.level.rank,
        acts,
        not first.wide,
        _ORDER[first.privilege],
        -len(holder.rights),
        holder.subject.kind,
        str(holder.subject),
    )

"""Rewriting a role that one is bound to, and binding a role that one does not hold (E2, E3).

Without `escalate` a role can be given no more than its writer holds, and without `bind` the same goes for a
binding (pkg/registry/rbac): neither gains anything. A role that is created by POST is asked about without its
name; one that is made by changing what is not there has its name, and `escalate` limited to names is enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from msgspec.structs import replace

from checks.access.escalation.held import ANY_NAMESPACE, CLUSTER_ADMIN, Held, Hold, common, cut_of, holdings
from checks.access.escalation.needs import (
    BIND_CLUSTER_ROLES,
    BIND_ROLES,
    CHANGE_BINDINGS,
    CHANGE_CLUSTER_BINDINGS,
    CHANGE_CLUSTER_ROLES,
    CHANGE_ROLES,
    CREATE_BINDINGS,
    CREATE_CLUSTER_BINDINGS,
    CREATE_CLUSTER_ROLES,
    CREATE_ROLES,
    ESCALATE_CLUSTER_ROLES,
    ESCALATE_ROLES,
    EVERYTHING,
    Need,
)
from checks.access.escalation.places import Goal, Granted, Place
from checks.access.escalation.steps import Cut, Move
from checks.access.index import Bound, index
from checks.access.stock import RoleKey, key_of
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.model import Subject


def moves(snapshot: Snapshot, held: Held) -> Iterator[Move]:
    """Every move by writing roles or bindings."""
    yield from _rewritten(held, "ClusterRole", CHANGE_CLUSTER_ROLES, ESCALATE_CLUSTER_ROLES)
    yield from _rewritten(held, "Role", CHANGE_ROLES, ESCALATE_ROLES)
    yield from _created(snapshot, held)
    yield from _bound(snapshot, held)


def _rewritten(held: Held, kind: str, change: Need, escalate: Need) -> Iterator[Move]:
    """Any rule into a role that one is bound to already."""
    for write in held.of(change):
        for permit in held.of(escalate):
            for bound, through in _worth_rewriting(held, write, permit):
                name, where = bound.role.metadata.name, bound.role.metadata.namespace
                if bound.role.kind != kind or not (write.allows(name) and permit.allows(name)):
                    continue
                if kind == "Role" and not (write.reaches(where) and permit.reaches(where)):
                    continue
                standing = cut_of(bound, through)
                yield Move(
                    _everything(bound.namespace),
                    "E2",
                    (write.permission(name, where), permit.permission(name, where)),
                    str(bound.role.resource),
                    standing=(standing,) if standing else (),
                )


def _worth_rewriting(held: Held, write: Hold, permit: Hold) -> Iterable[tuple[Bound, Subject]]:
    """The bindings whose roles to look at: where names do not matter, those that give the right are enough,
    as each other way takes those and one more."""
    own = [pair for pair in held.bounds if pair[0] in (write.bound, permit.bound)]
    if write.names or permit.names or all(bound.namespace is not None for bound, _ in own):
        return held.bounds
    return own


def _created(snapshot: Snapshot, held: Held) -> Iterator[Move]:
    """Any rule into a new role that one is bound to before it exists, or that such a role gathers."""
    there = index(snapshot).roles
    permits = tuple(held.of(ESCALATE_CLUSTER_ROLES))
    for create, permit in _creations(held, CREATE_CLUSTER_ROLES, CHANGE_CLUSTER_ROLES, permits):
        name = next((each for each in create.names or ("",) if ("ClusterRole", "", each) not in there), None)
        for bound, through in held.bounds if name is not None else ():
            if isinstance(bound.role, o.ClusterRole) and bound.role.aggregation_rule:
                by = f"a new ClusterRole that {bound.role.resource} gathers"
                yield _new(create, permit, name, bound.namespace, by, cut_of(bound, through))
        for waiting, through in held.waiting:
            if waiting.role.kind == "ClusterRole" and create.allows(waiting.role.name):
                by, standing = f"a new ClusterRole {waiting.role.name}", cut_of(waiting, through)
                where = waiting.binding.metadata.namespace
                yield _new(create, permit, waiting.role.name, where, by, standing)
    permits = tuple(held.of(ESCALATE_ROLES))
    for create, permit in _creations(held, CREATE_ROLES, CHANGE_ROLES, permits):
        for waiting, through in held.waiting:
            where, name = waiting.role.namespace, waiting.role.name
            reached = waiting.role.kind == "Role" and create.reaches(where) and permit.reaches(where)
            if reached and create.allows(name):
                by, standing = f"a new Role {where}/{name}", cut_of(waiting, through)
                yield _new(create, permit, name, where, by, standing)


def _creations(
    held: Held, create: Need, change: Need, permits: tuple[Hold, ...]
) -> Iterator[tuple[Hold, Hold]]:
    """Each right to create with each to escalate, limited to the names that both allow if either is."""
    for make, permit in _pairs(held.of(create), iter(permits)):
        if make.names is not None:
            if names := tuple(each for each in make.names if permit.allows(each)):
                yield replace(make, names=names), permit
        elif permit.names is None:
            yield make, permit
        else:
            for beside in held.of(change):
                names = tuple(each for each in permit.names if beside.allows(each))
                together, where = common(make, beside)
                if together and names:
                    yield replace(make, namespace=where, names=names, beside=beside), permit


def _new(
    create: Hold, permit: Hold, name: str | None, where: str | None, by: str, standing: Cut | None
) -> Move:
    called = name if create.names else ""
    asked = (create.permission(called, where), permit.permission(called, where))
    return Move(_everything(where), "E2", asked, by, standing=(standing,) if standing else ())


def _bound(snapshot: Snapshot, held: Held) -> Iterator[Move]:
    """The rights of a role that one may bind, by a new binding or by one that is there."""
    worth = _worth_binding(snapshot)
    for write, permit in _pairs(held.of(CREATE_CLUSTER_BINDINGS), held.clusterwide(BIND_CLUSTER_ROLES)):
        for key in worth.bindable(permit, None):
            yield from _newly_bound(worth, write, permit, key, None)
    for write, permit in _pairs(held.of(CREATE_BINDINGS), held.of(BIND_CLUSTER_ROLES, BIND_ROLES)):
        together, where = common(write, permit)
        if together:
            for key in worth.bindable(permit, where):
                namespace = where or (ANY_NAMESPACE if key[0] == "ClusterRole" else key[1])
                yield from _newly_bound(worth, write, permit, key, namespace)
    for create, change, binds in (
        (CREATE_CLUSTER_BINDINGS, CHANGE_CLUSTER_BINDINGS, (BIND_CLUSTER_ROLES,)),
        (CREATE_BINDINGS, CHANGE_BINDINGS, (BIND_CLUSTER_ROLES, BIND_ROLES)),
    ):
        creating = {id(hold.bound) for hold in held.of(create) if hold.names is None}
        writes = (hold for hold in held.of(change) if id(hold.bound) not in creating)
        for write, permit in _pairs(writes, held.of(*binds)):
            yield from _rebound(worth, write, permit)


def _rebound(worth: _Worth, write: Hold, permit: Hold) -> Iterator[Move]:
    """Oneself into a binding that is there; its role cannot be changed."""
    kind = "ClusterRole" if permit.need is BIND_CLUSTER_ROLES else "Role"
    spaces: Iterable[str | None] = (None,)
    if write.need is CHANGE_BINDINGS:
        together, where = common(write, permit)
        spaces = () if not together else (where,) if where else worth.spaces
    elif not permit.clusterwide:
        return
    for space in spaces:
        for key, bounds in worth.bound_in(space).items():
            if key[0] == kind and permit.allows(key[2]):
                named = (bound for bound in bounds if write.allows(bound.binding.metadata.name))
                for bound in islice(named, 1):
                    name = bound.binding.metadata.name
                    yield _binding(write, permit, key, space, str(bound.binding.resource), name)


def _newly_bound(
    worth: _Worth, write: Hold, permit: Hold, role: RoleKey, where: str | None
) -> Iterator[Move]:
    """By a new binding, of a name that is free where only some may be made."""
    kind = "ClusterRoleBinding" if where is None else "RoleBinding"
    free = (each for each in write.names or ("",) if (kind, where or "", each) not in worth.bindings)
    for name in islice(free, 1):
        yield _binding(write, permit, role, where, f"a new {kind}", name)


def _binding(write: Hold, permit: Hold, role: RoleKey, where: str | None, by: str, name: str) -> Move:
    namespace = "" if where is None else None if where == ANY_NAMESPACE else where
    asked = (write.permission(name, namespace), permit.permission(role[2], namespace))
    return Move(Granted(role, where), "E3", asked, by)


class _Worth:
    """The roles that are worth binding: those that lead somewhere, and instead of all of them the one that
    holds everything, where it may be had as well."""

    def __init__(self, snapshot: Snapshot) -> None:
        rbac, everybody = index(snapshot), holdings(snapshot)
        self._roles = {key: everybody.of_role(key) for key in sorted(rbac.roles) if everybody.of_role(key)}
        self._whole = [key for key, gives in self._roles.items() if EVERYTHING in gives]
        self._bound: dict[str | None, dict[RoleKey, list[Bound]]] = {}
        for key in self._roles:
            for bound in sorted(rbac.bound.get(key, ()), key=lambda bound: key_of(bound.binding)):
                self._bound.setdefault(bound.namespace, {}).setdefault(key, []).append(bound)
        self.bindings = frozenset(
            key_of(each) for each in (*snapshot.all(o.ClusterRoleBinding), *snapshot.all(o.RoleBinding))
        )
        self.spaces = tuple(sorted(space for space in self._bound if space is not None))

    def bound_in(self, space: str | None) -> dict[RoleKey, list[Bound]]:
        """The roles that are bound in a namespace (None: in the cluster), with their bindings."""
        return self._bound.get(space, {})

    def bindable(self, permit: Hold, where: str | None) -> Iterator[RoleKey]:
        """The roles that this right lets one bind there."""
        kind = "ClusterRole" if permit.need is BIND_CLUSTER_ROLES else "Role"
        if permit.names:
            keys = [(kind, "" if kind == "ClusterRole" else where or "", name) for name in permit.names]
            yield from (key for key in keys if key in self._roles)
            return
        whole = [key for key in self._whole if _there(key, kind, where)]
        if CLUSTER_ADMIN in whole:
            yield CLUSTER_ADMIN
        else:
            yield from whole[:1] or (key for key in self._roles if _there(key, kind, where))


@derived
def _worth_binding(snapshot: Snapshot) -> _Worth:
    return _Worth(snapshot)


def _there(key: RoleKey, kind: str, where: str | None) -> bool:
    return key[0] == kind and (not key[1] or where in (None, key[1]))


def _pairs(writes: Iterator[Hold], permits: Iterator[Hold]) -> Iterator[tuple[Hold, Hold]]:
    every = tuple(permits)
    return ((write, permit) for write in writes for permit in every)


def _everything(where: str | None) -> Place:
    return Goal.ADMIN if where is None else Granted(CLUSTER_ADMIN, where)

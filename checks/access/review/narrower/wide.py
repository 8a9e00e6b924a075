"""The rules that people wrote and that somebody holds: of roles that are bound, or gathered into one that is.

A role that a controller fills is judged where its rules were written, and what Kubernetes itself makes is not
judged at all: it would be put back.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from checks.access.aggregation import is_aggregated, suppliers_of
from checks.access.index import index
from checks.access.stock import AnyRole, RoleKey, is_stock_rule, key_of
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived


class WideRule(Struct, frozen=True):
    """A rule of a role. `wide`: held in the whole cluster; `spaces`: the namespaces where it is held."""

    role: AnyRole
    number: int
    rule: o.PolicyRule
    wide: bool
    spaces: tuple[str, ...]


@derived
def wide_rules(snapshot: Snapshot) -> tuple[WideRule, ...]:
    """Every rule that could be narrowed, in the order of roles."""
    return tuple(_rules(snapshot))


def _rules(snapshot: Snapshot) -> Iterator[WideRule]:
    rbac = index(snapshot)
    where = _where(snapshot)
    for key in sorted(where):
        role, spaces = rbac.roles[key], where[key]
        if is_aggregated(role):
            continue
        for number, rule in enumerate(role.rules or ()):
            if not is_stock_rule(role, rule):
                yield WideRule(role, number, rule, None in spaces, tuple(sorted(spaces - {None}, key=str)))  # type: ignore[arg-type]


def _where(snapshot: Snapshot) -> dict[RoleKey, set[str | None]]:
    """Where each role holds (None: in the whole cluster), by itself or through a role that gathers it."""
    rbac = index(snapshot)
    found: dict[RoleKey, set[str | None]] = {}
    waiting = [(key, {bound.namespace for bound in bounds}) for key, bounds in rbac.bound.items()]
    while waiting:
        key, spaces = waiting.pop()
        known = found.setdefault(key, set())
        if known and spaces <= known:
            continue
        known |= spaces
        role = rbac.roles[key]
        if is_aggregated(role):
            waiting.extend((key_of(each), spaces) for each in suppliers_of(snapshot, role))
    return found

"""Where a rule of an aggregated ClusterRole comes from: which role supplies it, picked by which labels.

Aggregation copies whole rules, so a source is a role that the selectors pick and that has an equal rule. It
may be aggregated itself (view, edit, admin): then the search goes on to the role that somebody wrote.
"""

from __future__ import annotations

from collections import deque

from msgspec import Struct

from checks.access.index import index, ref
from checks.access.stock import AnyRole
from checks.cluster import objects as o
from checks.cluster.defaults import selects
from checks.cluster.snapshot import Snapshot, derived
from checks.model import ObjectRef

_MOST = 5


class Source(Struct, frozen=True, gc=False):
    """A ClusterRole that supplies a rule: the rule's index there, and the labels by which it was picked."""

    role: ObjectRef
    rule: int
    labels: tuple[str, ...]


def is_aggregated(role: AnyRole) -> bool:
    """Whether a controller writes this role's rules."""
    return isinstance(role, o.ClusterRole) and role.aggregation_rule is not None


def sources(snapshot: Snapshot, role: AnyRole, rule: o.PolicyRule) -> tuple[tuple[Source, ...], ...]:
    """The ways by which an aggregated role got a rule, the shortest first, each from the outermost source to
    the role that the rule was written in. None for a role that is not aggregated, and for a rule that no role
    has that is picked now: the controller has yet to take it away, or is not there."""
    if not is_aggregated(role):
        return ()
    suppliers = _suppliers(snapshot)
    found: list[tuple[Source, ...]] = []
    seen = {role.metadata.name}
    waiting: deque[tuple[str, tuple[Source, ...]]] = deque([(role.metadata.name, ())])
    while waiting and len(found) < _MOST:
        name, way = waiting.popleft()
        for supplier, labels in suppliers.of(name):
            number = suppliers.place(supplier, rule)
            if supplier.metadata.name in seen or number is None:
                continue
            seen.add(supplier.metadata.name)
            longer = (*way, Source(ref(supplier), number, labels))
            if is_aggregated(supplier):
                waiting.append((supplier.metadata.name, longer))
            else:
                found.append(longer)
    return tuple(found)


def suppliers_of(snapshot: Snapshot, role: AnyRole) -> tuple[o.ClusterRole, ...]:
    """The roles that an aggregated role's selectors pick, by name."""
    if not is_aggregated(role):
        return ()
    return tuple(each for each, _ in _suppliers(snapshot).of(role.metadata.name))


class _Suppliers:
    """Which roles an aggregated role picks, and where in them a rule is: each found out once, when asked."""

    def __init__(self, roles: dict[str, o.ClusterRole]) -> None:
        self._roles = roles
        self._picked: dict[str, tuple[tuple[o.ClusterRole, tuple[str, ...]], ...]] = {}
        self._places: dict[str, dict[o.PolicyRule, int]] = {}

    def of(self, name: str) -> tuple[tuple[o.ClusterRole, tuple[str, ...]], ...]:
        """The roles that this one's selectors pick, by name, with the labels that count."""
        if name not in self._picked:
            role = self._roles[name]
            others = (each for other, each in sorted(self._roles.items()) if other != name)
            picked = ((each, _labels(role, each)) for each in others)
            self._picked[name] = tuple((each, labels) for each, labels in picked if labels is not None)
        return self._picked[name]

    def place(self, role: o.ClusterRole, rule: o.PolicyRule) -> int | None:
        """The rule's index in a role; None where it has none that is equal."""
        name = role.metadata.name
        if name not in self._places:
            numbered = reversed(list(enumerate(role.rules or ())))
            self._places[name] = {each: number for number, each in numbered}
        return self._places[name].get(rule)


@derived
def _suppliers(snapshot: Snapshot) -> _Suppliers:
    roles = index(snapshot).roles.values()
    return _Suppliers({role.metadata.name: role for role in roles if isinstance(role, o.ClusterRole)})


def _labels(role: o.ClusterRole, candidate: o.ClusterRole) -> tuple[str, ...] | None:
    """The labels by which a role is picked; None where it is not."""
    labels = candidate.metadata.labels or {}
    selectors = (role.aggregation_rule.cluster_role_selectors if role.aggregation_rule else None) or ()
    for selector in selectors:
        if selects(selector, labels):
            keys = (*(selector.match_labels or {}), *(each.key for each in selector.match_expressions or ()))
            return tuple(f"{key}={labels[key]}" for key in dict.fromkeys(keys) if key in labels)
    return None

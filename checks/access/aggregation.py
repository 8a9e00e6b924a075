"""Where a rule of an aggregated ClusterRole comes from: which role supplies it, picked by which labels.

Aggregation copies whole rules, so a source is a role that the selectors pick and that has an equal rule. It
may be aggregated itself (view, edit, admin): then the search goes on to the role that somebody wrote.
"""

from __future__ import annotations

from collections import deque

from msgspec import Struct

from checks.access.index import index, ref
from checks.access.stock import AnyRole, RoleKey
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
    roles, picked = index(snapshot).roles, _picked(snapshot)
    found: list[tuple[Source, ...]] = []
    seen = {role.metadata.name}
    waiting: deque[tuple[str, tuple[Source, ...]]] = deque([(role.metadata.name, ())])
    while waiting and len(found) < _MOST:
        name, way = waiting.popleft()
        for source, labels in picked.get(name, ()):
            supplier = roles[_key(source)]
            number = _place(supplier, rule)
            if source in seen or number is None:
                continue
            seen.add(source)
            longer = (*way, Source(ref(supplier), number, labels))
            if is_aggregated(supplier):
                waiting.append((source, longer))
            else:
                found.append(longer)
    return tuple(found)


@derived
def _picked(snapshot: Snapshot) -> dict[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    """For each aggregated role: the roles that its selectors pick, by name, with the labels that count."""
    roles = [role for role in index(snapshot).roles.values() if isinstance(role, o.ClusterRole)]
    return {
        role.metadata.name: tuple(
            sorted(
                (each.metadata.name, labels)
                for each in roles
                if each.metadata.name != role.metadata.name and (labels := _labels(role, each)) is not None
            )
        )
        for role in roles
        if role.aggregation_rule is not None
    }


def _labels(role: o.ClusterRole, candidate: o.ClusterRole) -> tuple[str, ...] | None:
    """The labels by which a role is picked; None where it is not."""
    labels = candidate.metadata.labels or {}
    selectors = (role.aggregation_rule.cluster_role_selectors if role.aggregation_rule else None) or ()
    for selector in selectors:
        if selects(selector, labels):
            keys = (*(selector.match_labels or {}), *(each.key for each in selector.match_expressions or ()))
            return tuple(f"{key}={labels[key]}" for key in dict.fromkeys(keys) if key in labels)
    return None


def _place(role: AnyRole, rule: o.PolicyRule) -> int | None:
    rules = role.rules or ()
    return rules.index(rule) if rule in rules else None


def _key(name: str) -> RoleKey:
    return ("ClusterRole", "", name)

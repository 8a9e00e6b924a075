"""Roles that allow the same as another, whatever they are called.

The same means exactly that: each covers the other, as the API server compares rules when somebody writes a
role. A role that allows more is another right, which `who-can` tells; one that allows nothing is like none.
"""

from __future__ import annotations

from checks.access.admins import CLUSTER_ADMIN, everything
from checks.access.index import index
from checks.access.matching import covers
from checks.access.stock import AnyRole, RoleKey
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot

_MOST_PARTS = 20_000
"""Of one role: none that people write comes near. A larger one is only like one with the same rules."""


def alike(snapshot: Snapshot, key: RoleKey) -> frozenset[RoleKey]:
    """The other roles that allow the same as this one; for cluster-admin, whatever allows everything on all
    resources, as everywhere else."""
    if key == ("ClusterRole", "", CLUSTER_ADMIN):
        return frozenset(everything(snapshot)) - {key}
    roles = index(snapshot).roles
    wanted = _Rights(roles[key])
    if not wanted.parts:
        return frozenset()
    return frozenset(other for other, role in roles.items() if other != key and wanted.same(_Rights(role)))


class _Rights:
    """A role's rules, ready to be compared."""

    def __init__(self, role: AnyRole) -> None:
        self.rules = role.rules or ()
        self.parts = sum(map(_parts, self.rules))

    def same(self, other: _Rights) -> bool:
        """Whether each covers the other."""
        if max(self.parts, other.parts) > _MOST_PARTS:
            return set(self.rules) == set(other.rules)
        return bool(other.parts) and covers(self.rules, other.rules) and covers(other.rules, self.rules)


def _parts(rule: o.PolicyRule) -> int:
    objects = len(rule.api_groups or ()) * len(rule.resources or ()) * max(1, len(rule.resource_names or ()))
    return len(rule.verbs or ()) * (objects + len(rule.non_resource_urls or ()))

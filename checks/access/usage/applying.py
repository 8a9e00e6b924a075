"""Proposals applied to a snapshot, and whether everything that was used is then still allowed, and no more.

Nothing is proposed that was not checked so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from checks.access.changes import gaining
from checks.access.index import Bound, index
from checks.access.stock import AnyBinding, key_of
from checks.access.usage.proposal import Proposal
from checks.access.usage.record import Done, allowing, record
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Subject


class Checked(Struct, frozen=True):
    """What became of a snapshot's rights. `lost`: requests that were made and would be refused; `gained`: who
    would hold a right that they did not have. Both are empty where the proposals are as they should be."""

    lost: tuple[Done, ...]
    gained: tuple[Subject, ...]

    @property
    def good(self) -> bool:
        return not self.lost and not self.gained


def left(proposals: Iterable[Proposal]) -> tuple[AnyBinding, ...]:
    """The bindings that somebody is taken out of, as all the proposals together leave them: without any
    subject where nobody stays."""
    leaving: dict[int, set[Subject]] = {}
    bounds: dict[int, Bound] = {}
    for each in proposals:
        for bound in each.drop:
            bounds[bound.order] = bound
            leaving.setdefault(bound.order, set()).add(each.subject)
    return tuple(_without(bound, leaving[order]) for order, bound in sorted(bounds.items()))


def _without(bound: Bound, subjects: set[Subject]) -> AnyBinding:
    pairs = zip(bound.binding.subjects or (), bound.subjects, strict=True)
    return replace(bound.binding, subjects=tuple(each for each, who in pairs if who not in subjects))


def applied(snapshot: Snapshot, proposals: Iterable[Proposal]) -> Snapshot:
    """The snapshot as it would be."""
    proposals = tuple(proposals)
    changed = {key_of(each): each for each in left(proposals)}
    made = [*(each for one in proposals for each in (*one.roles, *one.bindings))]
    objects = dict(snapshot.objects)
    for kind in (o.Role, o.ClusterRole, o.RoleBinding, o.ClusterRoleBinding):
        kept = [changed.get(key_of(each), each) for each in snapshot.all(kind)]
        objects[kind.__name__] = (*kept, *(each for each in made if isinstance(each, kind)))
    return replace(snapshot, objects=objects)


def checked(snapshot: Snapshot, proposals: Sequence[Proposal]) -> Checked:
    """Whether with these proposals, all together, what was used is still allowed and nothing else is."""
    changed, known = applied(snapshot, proposals), record(snapshot)
    before, after = index(snapshot), index(changed)
    subjects = {each.subject for each in proposals}
    lost = [
        each
        for subject in subjects
        for each in (known.by(subject) if known else ())
        if any(allowing(before, each)) and not any(allowing(after, each))
    ]
    return Checked(tuple(lost), gaining(snapshot, changed))

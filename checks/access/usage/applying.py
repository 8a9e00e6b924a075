"""Proposals applied to a snapshot, and whether everything that was used is then still allowed, and no more.

Nothing is proposed that was not checked so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from checks.access.changes import access_changes
from checks.access.index import index
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


def applied(snapshot: Snapshot, proposals: Iterable[Proposal]) -> Snapshot:
    """The snapshot as it would be."""
    proposals = tuple(proposals)
    leaving: dict[int, set[Subject]] = {}
    for each in proposals:
        for bound in each.drop:
            leaving.setdefault(bound.order, set()).add(each.subject)
    changed = {bound.order: bound for each in proposals for bound in each.drop}
    by_id = {id(bound.binding): order for order, bound in changed.items()}
    subjects = {
        order: tuple(
            subject
            for subject, who in zip(bound.binding.subjects or (), bound.subjects, strict=True)
            if who not in leaving[order]
        )
        for order, bound in changed.items()
    }
    objects = dict(snapshot.objects)
    for kind in (o.RoleBinding, o.ClusterRoleBinding):
        made = [each for one in proposals for each in one.bindings if isinstance(each, kind)]
        kept = [
            each if id(each) not in by_id else replace(each, subjects=subjects[by_id[id(each)]])
            for each in snapshot.all(kind)
        ]
        objects[kind.__name__] = (*kept, *made)
    for role in (o.Role, o.ClusterRole):
        roles = [each for one in proposals for each in one.roles if isinstance(each, role)]
        objects[role.__name__] = (*snapshot.all(role), *roles)
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
    gained = tuple(each.subject for each in access_changes(snapshot, changed).subjects if each.gained)
    return Checked(tuple(lost), gained)

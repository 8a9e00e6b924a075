"""Who gained and who lost rights between two snapshots of a cluster: by what they can do, not by objects.

A role that was renamed, a binding that was made anew, a rule that was split in two change nothing here. A
right counts as gained when no rule that the subject held before, itself or through the groups it is always
in, covers it (`checks.access.matching.covers`); as lost when none does now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from checks.access.admins import cluster_admins
from checks.access.engine import HeldRule, subject_rules
from checks.access.index import Index, index
from checks.access.matching import covers, parts
from checks.access.scopes import effective
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import KindCoverage, Subject

Place = tuple[str | None, o.PolicyRule]


class Change(Struct, frozen=True):
    """What one subject, as bindings name it, gained and lost: rights as small as a rule can say them, each
    with the chain that gives it now, or gave it before."""

    subject: Subject
    gained: tuple[HeldRule, ...]
    lost: tuple[HeldRule, ...]


class Changes(Struct, frozen=True):
    """All that changed. With `unread` of either side nothing can be told, and `subjects` is empty.

    new_admins, former_admins: who came to have cluster-admin, by whatever name, and who ceased to.
    """

    subjects: tuple[Change, ...]
    new_admins: tuple[Subject, ...] = ()
    former_admins: tuple[Subject, ...] = ()
    unread_before: tuple[KindCoverage, ...] = ()
    unread_after: tuple[KindCoverage, ...] = ()

    @property
    def complete(self) -> bool:
        return not self.unread_before and not self.unread_after


def access_changes(before: Snapshot, after: Snapshot) -> Changes:
    """What changed from one snapshot to another of the same cluster, by subject."""
    old, new = index(before), index(after)
    if old.unread or new.unread:
        return Changes((), unread_before=old.unread, unread_after=new.unread)
    subjects = sorted(old.by_subject.keys() | new.by_subject.keys(), key=_order)
    changes = (_change(before, after, subject) for subject in subjects)
    had = {holder.subject for holder in cluster_admins(before)}
    have = {holder.subject for holder in cluster_admins(after)}
    return Changes(
        subjects=tuple(each for each in changes if each.gained or each.lost),
        new_admins=tuple(sorted(have - had, key=_order)),
        former_admins=tuple(sorted(had - have, key=_order)),
    )


def gaining(before: Snapshot, after: Snapshot) -> tuple[Subject, ...]:
    """Who holds a right after that they did not hold before, of what could be read."""
    return tuple(
        subject
        for subject in sorted(index(after).by_subject, key=_order)
        if any(
            _uncovered(
                index(after),
                subject,
                subject_rules(after, subject),
                by=subject_rules(before, subject),
            )
        )
    )


def _order(subject: Subject) -> tuple[str, str, str]:
    return (subject.kind, subject.namespace or "", subject.name)


def _change(before: Snapshot, after: Snapshot, subject: Subject) -> Change:
    old, new = subject_rules(before, subject), subject_rules(after, subject)
    if {_place(each) for each in old} == {_place(each) for each in new}:
        return Change(subject, (), ())
    return Change(
        subject,
        gained=tuple(_uncovered(index(after), subject, new, by=old)),
        lost=tuple(_uncovered(index(before), subject, old, by=new)),
    )


def _place(held: HeldRule) -> Place:
    return (held.namespace, held.rule)


def _uncovered(
    rbac: Index, subject: Subject, rules: Iterable[HeldRule], *, by: Iterable[HeldRule]
) -> Iterator[HeldRule]:
    """The rights that a subject's own bindings give and the other rules do not cover, each once."""
    others = tuple(by)
    same = {_place(each) for each in others}
    seen: set[Place] = set()
    for held in rules:
        if held.through != subject or _place(held) in same:
            continue
        owned = [each.rule for each in others if each.namespace in (None, held.namespace)]
        for part in parts(held.rule):
            place = (held.namespace, part)
            if place in seen or not effective(part, held.namespace, rbac.cluster_scoped):
                continue
            if covers(owned, (part,)):
                continue
            seen.add(place)
            yield replace(held, rule=part)

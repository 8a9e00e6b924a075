"""What may become of a scan when something could not be read: the rule, and a snapshot to try it on.

A scan keeps its size: the same checks and the same requirements are in it, and a result that is gone is stood
for by a `not_evaluated` one of its check that names what could not be read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from msgspec.structs import replace

from checks.cluster.snapshot import Snapshot
from checks.model import CoverageState, Result, Scan, Status

_Place = tuple[str, str, str | None, str]


def without(snapshot: Snapshot, *kinds: str) -> Snapshot:
    """The snapshot as a reader without the right to list these kinds would have taken it."""
    return replace(
        snapshot,
        coverage=tuple(
            replace(each, state=CoverageState.FORBIDDEN, listed=0, reason="no right")
            if each.kind in kinds
            else each
            for each in snapshot.coverage
        ),
        objects={name: items for name, items in snapshot.objects.items() if name not in kinds},
    )


def wrongs(full: Scan, less: Scan, withheld: tuple[str, ...]) -> Iterator[str]:
    """Every way in which the scan that saw less says what it cannot know. None when it is honest."""
    whole, part = _by_place(full), _by_place(less)
    excused = {
        each.check
        for each in less.results
        if each.status is Status.NOT_EVALUATED and any(kind in (each.reason or "") for kind in withheld)
    }
    if gone := {each.check for each in full.results} - {each.check for each in less.results}:
        yield f"checks that say nothing any more: {sorted(gone)}"
    for place, before in whole.items():
        after = part.get(place, set())
        if Status.FAIL in before and Status.PASS in after:
            yield f"{place} failed and now passes"
        if Status.FAIL in before and Status.FAIL not in after and place[0] not in excused:
            yield f"{place} failed and now {after or 'is gone'}, though its check names nothing unread"
        if before == {Status.PASS} and Status.FAIL in after:
            yield f"{place} passed and now fails"
        if not after and place[0] not in excused:
            yield f"{place} is gone, though its check names nothing unread"
    yield from _requirements(full, less)


def _requirements(full: Scan, less: Scan) -> Iterator[str]:
    for before, after in zip(full.frameworks, less.frameworks, strict=True):
        if [each.id for each in before.requirements] != [each.id for each in after.requirements]:
            yield f"{before.id} lost requirements"
        if sum(before.counts.values()) != sum(after.counts.values()):
            yield f"{before.id}: the counts do not add up to the same"
        for old, new in zip(before.requirements, after.requirements, strict=True):
            if old.status is Status.FAIL and new.status is Status.PASS:
                yield f"{before.id} {old.id} failed and now passes"


def _by_place(scan: Scan) -> dict[_Place, set[Status]]:
    found: defaultdict[_Place, set[Status]] = defaultdict(set)
    for result in scan.results:
        found[_place(result)].add(result.status)
    return found


def _place(result: Result) -> _Place:
    resource = result.resource
    return result.check, resource.kind, resource.namespace, resource.name

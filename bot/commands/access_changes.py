"""`diff`: who gained and who lost rights since an earlier snapshot of the same cluster.

The service keeps what is about rights with every run, so that any of them can be compared with.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from bot.answer import FOLLOW_UPS, Answer, Table, Tone
from bot.commands import held, rights
from bot.commands.progress import Progress
from bot.commands.reading import read
from bot.errors import CommandError
from bot.moments import moment_of
from checks.access.caveats import beyond
from checks.access.changes import Change, Changes, access_changes
from checks.access.engine import HeldRule
from checks.access.kept import rights_from
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, KindCoverage, Subject
from checks.wording import plural, some

if TYPE_CHECKING:
    from bot.commands.desk import Desk

KINDS = rights.KINDS
_COLUMNS = ("Who", "Where", "Verbs", "Resources or URLs", "Names", "Through")


class AccessChanges(Struct, frozen=True, tag=True):
    """Who gained and lost rights since a moment (`monday`, `2026-11-01`); since the last run when empty."""

    since: str = ""
    cluster: str | None = None

    @property
    def canonical(self) -> str:
        words = ["diff", *([f"since={self.since}"] if self.since else [])]
        return shlex.join([*words, *([f"cluster={self.cluster}"] if self.cluster else [])])


def access_changes_since(desk: Desk, command: AccessChanges, *, progress: Progress) -> Answer:
    """Read the cluster's rights now and compare them with those that were kept with a run.

    Raises CommandError for a moment that is none, or when nothing was kept; ClusterError or HistoryError.
    """
    name, target = desk.target(command.cluster)
    moment = moment_of(command.since, desk.clock()) if command.since else desk.clock()
    if moment is None:
        raise CommandError(
            f"“{command.since[:40]}” is no moment that I understand.",
            "Say monday, yesterday, 3 days ago, or a date such as 2026-11-01.",
        )
    found = desk.history.rights_at(name, moment)
    if found is None:
        raise CommandError(
            f"Nothing was kept of {name} to compare with.",
            "Run a scan: what is about rights is kept with it.",
        )
    run, content = found
    after = read(target, progress, kinds=KINDS)
    after = replace(after, cluster=replace(after.cluster, name=name))
    answer = describe(rights_from(content, run.id), after, command.canonical)
    first = ("That is the oldest run that was kept with its rights.",) if run.finished > moment else ()
    return replace(answer, notes=(*first, *answer.notes), actions=FOLLOW_UPS)


class RightDocument(Struct, frozen=True):
    """One right: as small as a rule can say it. `namespace` null: everywhere."""

    namespace: str | None
    rule: dict[str, list[str]]
    because: rights.Chain


class ChangeDocument(Struct, frozen=True):
    """What one subject gained and lost."""

    subject: Subject
    gained: tuple[RightDocument, ...]
    lost: tuple[RightDocument, ...]


def describe(before: Snapshot, after: Snapshot, command: str) -> Answer:
    """What changed between two snapshots. Raises CommandError when they are of two clusters."""
    _of_one_cluster(before, after)
    changes = access_changes(before, after)
    gained = _table("Gained", changes, [each.gained for each in changes.subjects])
    lost = _table("Lost", changes, [each.lost for each in changes.subjects])
    return Answer(
        command=command,
        verdict=f"{after.cluster.name}: {_verdict(changes, before.finished)}",
        tone=Tone.BAD if changes.new_admins else Tone.NEUTRAL,
        tables=tuple(table for table in (gained, lost) if table.rows),
        evidence=tuple(
            fact
            for snapshot, found in ((after, _all(changes, "gained")), (before, _all(changes, "lost")))
            for fact in _facts(snapshot, found)
        ),
        notes=tuple(_notes(changes)),
        caveats=(*_unread(changes), *_undated(before, after), *beyond(after)),
        cluster=after.cluster,
        extra={
            "before": before.finished,
            "after": after.finished,
            "incomplete": not changes.complete,
            "changes": [_document(each) for each in changes.subjects],
            "new_admins": changes.new_admins,
            "former_admins": changes.former_admins,
            "coverage": after.coverage,
        },
    )


def _of_one_cluster(before: Snapshot, after: Snapshot) -> None:
    live = [each.cluster for each in (before, after) if each.cluster.source == "cluster"]
    if len({cluster.uid for cluster in live}) > 1:
        raise CommandError(
            f"The two are of different clusters: {before.cluster.name} ({before.cluster.uid}) and "
            f"{after.cluster.name} ({after.cluster.uid}).",
            "Compare a cluster with an earlier snapshot of itself.",
        )


def _verdict(changes: Changes, since: datetime) -> str:
    then = f"{since:%Y-%m-%d %H:%M} UTC"
    if not changes.complete:
        return f"what changed since {then} cannot be told: not all RBAC objects could be read."
    gained = sum(bool(each.gained) for each in changes.subjects)
    lost = sum(bool(each.lost) for each in changes.subjects)
    if not gained and not lost:
        return f"nobody gained or lost a right since {then}."
    subjects = f"{plural(gained, 'subject')} gained rights and {plural(lost, 'subject')} lost some"
    admins = f"; {_names(changes.new_admins)} came to cluster-admin" if changes.new_admins else ""
    return f"since {then} {subjects}{admins}."


def _names(subjects: tuple[Subject, ...]) -> str:
    return some([str(each) for each in subjects])


def _notes(changes: Changes) -> Iterator[str]:
    if changes.former_admins:
        yield f"No longer cluster-admin, by any name: {_names(changes.former_admins)}."


def _all(changes: Changes, which: str) -> tuple[HeldRule, ...]:
    return tuple(found for each in changes.subjects for found in getattr(each, which))


def _facts(snapshot: Snapshot, found: tuple[HeldRule, ...]) -> Iterator[Evidence]:
    chains = {each.because: each.through for each in found}
    for because, subject in list(chains.items())[: rights.MOST_FACTS]:
        yield rights.fact(snapshot, subject, because)


def _table(title: str, changes: Changes, found: list[tuple[HeldRule, ...]]) -> Table:
    rows = [
        (str(each.subject), *row, _through(held_rules, row[0]))
        for each, held_rules in zip(changes.subjects, found, strict=True)
        for row in held.compact(held_rules)
    ]
    shown = tuple(rows[: rights.MOST_ROWS])
    return Table(title, _COLUMNS, shown, total=len(rows), code=("Who", "Resources or URLs", "Through"))


def _through(found: tuple[HeldRule, ...], where: str) -> str:
    return rights.listed(
        each.because.binding for each in found if (each.namespace or held.EVERYWHERE) == where
    )


def _unread(changes: Changes) -> Iterator[str]:
    for when, kinds in (("Earlier", changes.unread_before), ("Now", changes.unread_after)):
        yield from (f"{when}, {_why(each)}" for each in kinds)


def _why(coverage: KindCoverage) -> str:
    return f"{coverage.kind} objects could not be read ({coverage.reason or coverage.state})."


def _undated(before: Snapshot, after: Snapshot) -> Iterator[str]:
    if after.finished < before.finished:
        yield "The snapshot to compare with is the newer of the two: gained and lost are the other way round."


def _document(change: Change) -> ChangeDocument:
    return ChangeDocument(change.subject, _rights(change.gained), _rights(change.lost))


def _rights(found: tuple[HeldRule, ...]) -> tuple[RightDocument, ...]:
    return tuple(
        RightDocument(each.namespace, rights.plain(each.rule), rights.chain(each.because)) for each in found
    )

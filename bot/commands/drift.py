"""`drift since yesterday`: what is new, fixed and come back between two kept runs of a cluster."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

from bot.answer import Answer, Table, Tone
from bot.commands.dashboard import age
from bot.errors import CommandError
from bot.moments import moment_of
from checks.model import Result
from checks.wording import plural
from reports.drift import Drift, compare, summary

if TYPE_CHECKING:
    from bot.commands.desk import Desk
    from reports.history import Run

_MOST_ROWS = 100


class ShowDrift(Struct, frozen=True, tag=True):
    """What changed since a moment (`yesterday`, `2026-11-01`); since the run before the last when empty."""

    since: str = ""
    cluster: str | None = None

    @property
    def canonical(self) -> str:
        words = ["drift", *([f"since={self.since}"] if self.since else [])]
        return shlex.join([*words, *([f"cluster={self.cluster}"] if self.cluster else [])])


def drift(desk: Desk, command: ShowDrift) -> Answer:
    """Compare the last run with the last one at a moment. Raises CommandError or HistoryError."""
    name, _ = desk.target(command.cluster)
    last = desk.history.last_of(name)
    if last is None:
        raise CommandError(f"Nothing was kept of {name} to compare.", f"Say: scan {name}")
    before = _before(desk, name, last, command.since)
    if before is None:
        raise CommandError(
            f"There is one run of {name} only, {last.id}: nothing to compare it with.", f"Say: scan {name}"
        )
    change = compare(desk.history.scan(before.id), after := desk.history.scan(last.id))
    lives = desk.history.findings(last.cluster_uid)
    back = tuple(each for each in change.new if lives[each.fingerprint].first_seen <= before.finished)
    fresh = tuple(each for each in change.new if each not in back)
    now = desk.clock()
    said = summary(change, since=before.finished, now=now)
    again = f" ({len(back)} of the new ones were there before)" if back else ""
    return Answer(
        command=command.canonical,
        verdict=f"{name}: {said}{again}.",
        tone=Tone.BAD if change.new else Tone.GOOD if change.fixed else Tone.NEUTRAL,
        tables=tuple(
            table
            for table in (
                _table("New", fresh),
                _table("Come back", back),
                _table("Fixed", change.fixed),
                _table("No longer evaluated", change.no_longer_evaluated),
            )
            if table.rows
        ),
        notes=(_between(before, last, change),),
        caveats=tuple(_caveats(change)),
        cluster=after.cluster,
        age_seconds=max(0, int((now - last.finished).total_seconds())),
        run_id=last.id,
        extra={
            "before": before.id,
            "after": last.id,
            "new": [each.fingerprint for each in fresh],
            "reopened": [each.fingerprint for each in back],
            "fixed": [each.fingerprint for each in change.fixed],
        },
    )


def _before(desk: Desk, name: str, last: Run, since: str) -> Run | None:
    """The run to compare with: the last one up to a moment, else the one before."""
    if not since:
        return desk.history.previous(last)
    moment = moment_of(since, desk.clock())
    if moment is None:
        raise CommandError(
            f"“{since[:40]}” is no moment that I understand.",
            "Say monday, yesterday, 3 days ago, or a date such as 2026-11-01.",
        )
    found = desk.history.run_at(name, moment)
    if found is not None and found.id == last.id:
        raise CommandError(
            f"There is no run of {name} after that: the last is {last.id}, "
            f"{age(desk.clock() - last.finished)} ago.",
            f"Say: scan {name}, or name an earlier moment.",
        )
    return found


def _between(before: Run, last: Run, change: Drift) -> str:
    still = plural(len(change.still_open), "finding")
    return f"From the run {before.id} to the run {last.id}; {still} still open."


def _caveats(change: Drift) -> Iterable[str]:
    if change.checks_changed:
        yield "The checks themselves changed in between: what is new may be newly looked for."
    if change.newly_evaluated:
        yield f"{len(change.newly_evaluated)} findings could not be seen before, and are not called new."


def _table(title: str, results: tuple[Result, ...]) -> Table:
    ordered = sorted(results, key=lambda each: (each.severity.rank, each.check, str(each.resource)))
    rows = tuple(
        (each.severity.capitalize(), each.check, str(each.resource), each.message)
        for each in ordered[:_MOST_ROWS]
    )
    columns = ("Severity", "Check", "Where", "Because")
    return Table(title, columns, rows, total=len(results), code=("Check", "Where"))

"""What kept runs say of a review: since when each privilege has been held, and when the way to it changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from msgspec import Struct

from checks.access.kept import rights_from, same_rights
from checks.access.review.since import NOW, Key, Standing, Trace, standing, traced
from checks.cluster.errors import BadSnapshot
from checks.cluster.snapshot import Snapshot
from checks.model import Subject
from reports.history import History
from reports.history.records import Run

_MOST_RUNS = 1_000
_MOST_STATES = 100
"""So many different states of a cluster's rights are looked back at: a minute's work on the largest."""


class Past(Struct, frozen=True):
    """The runs that were looked at, newest first, and the trace of each privilege that is held now.

    `unread`: runs of which nothing can be told, since RBAC could not be read in full or what was kept cannot
    be read any more. `cut`: there are older runs that were not looked at.
    """

    runs: tuple[Run, ...] = ()
    traces: dict[Key, Trace] = {}
    unread: int = 0
    cut: bool = False

    def moment(self, run: str) -> datetime | None:
        """When the run of this id was read; None for this reading itself."""
        return None if run == NOW else next(each.finished for each in self.runs if each.id == run)


def past(history: History, snapshot: Snapshot, subjects: Collection[Subject]) -> Past:
    """What the kept runs of this cluster say of the privileges of these subjects. Raises HistoryError."""
    now = standing(snapshot, subjects)
    kept = history.with_rights(snapshot.cluster.uid, _MOST_RUNS)
    runs = tuple(run for run in kept if run.finished <= snapshot.finished)
    if now is None or not runs:
        return Past()
    walk = _Walk(history, runs, subjects)
    traces = traced(now, walk.standings())
    return Past(tuple(walk.seen), traces, walk.unread, walk.cut or len(kept) == _MOST_RUNS)


class _Walk:
    """Goes back from run to run; one that is like the run after it is not worked out again."""

    def __init__(self, history: History, runs: tuple[Run, ...], subjects: Collection[Subject]) -> None:
        self._history, self._runs, self._subjects = history, runs, subjects
        self.seen: list[Run] = []
        self.unread = 0
        self.cut = False

    def standings(self) -> Iterator[tuple[str, Standing | None]]:
        last, states, found = "", 0, None
        for run in self._runs:
            content = self._history.rights_of(run.id)
            alike = same_rights(content)
            if alike != last:
                if states == _MOST_STATES:
                    self.cut = True
                    return
                last, states, found = alike, states + 1, self._standing(content, run)
            self.unread += found is None
            self.seen.append(run)
            yield run.id, found

    def _standing(self, content: bytes, run: Run) -> Standing | None:
        try:
            return standing(rights_from(content, run.id), self._subjects)
        except BadSnapshot:
            return None

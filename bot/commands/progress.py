"""How a command tells whoever waits for it how far it is."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from msgspec import Struct

_NAMED = 8
"""Kinds named in a note before "and N more"; the coverage has them all."""


class Stage(StrEnum):
    """The stages of a run, in order."""

    QUEUED = "queued"
    READING = "reading"
    JUDGING = "judging"
    SAVING = "saving"
    RENDERING = "rendering"
    DONE = "done"


class Step(Struct, frozen=True):
    """One step forward: `reading 7 of 19 kinds`. `total` is 0 where it is not known.

    note: what was found out on the way and holds for the rest of the run.
    """

    stage: Stage
    done: int = 0
    total: int = 0
    detail: str = ""
    note: str = ""

    @property
    def bare(self) -> str:
        """The step in words, without its note."""
        amount = f" {self.done} of {self.total}" if self.total else ""
        return f"{self.stage}{amount} {self.detail}".rstrip()

    def __str__(self) -> str:
        return f"{self.bare}; {self.note}" if self.note else self.bare


class Progress(Protocol):
    """Called from the thread that works; must return at once and never raise."""

    def __call__(self, step: Step) -> None: ...


def silent(step: Step) -> None:
    """Progress for those who do not look."""


class Reading:
    """What `take_snapshot` calls, as steps: the kinds as they are read, and before them what may not be."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._note = ""

    def __call__(self, kind: str, done: int, total: int) -> None:
        """A kind was read: how many are done and how many there are."""
        detail = f"kinds ({kind})" if kind else "kinds"
        self._progress(Step(Stage.READING, done, total, detail, self._note))

    def missing(self, kinds: tuple[str, ...]) -> None:
        """Say before reading which kinds there is no right to list."""
        if kinds:
            more = f" and {len(kinds) - _NAMED} more" if len(kinds) > _NAMED else ""
            self._note = f"no right to list {', '.join(kinds[:_NAMED])}{more}"
            self._progress(Step(Stage.READING, detail="kinds", note=self._note))

"""How a command tells whoever waits for it how far it is."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from msgspec import Struct


class Stage(StrEnum):
    """The stages of a run, in order."""

    QUEUED = "queued"
    READING = "reading"
    JUDGING = "judging"
    SAVING = "saving"
    RENDERING = "rendering"
    DONE = "done"


class Step(Struct, frozen=True):
    """One step forward: `reading 7 of 19 kinds`. `total` is 0 where it is not known."""

    stage: Stage
    done: int = 0
    total: int = 0
    detail: str = ""

    def __str__(self) -> str:
        amount = f" {self.done} of {self.total}" if self.total else ""
        return f"{self.stage}{amount} {self.detail}".rstrip()


class Progress(Protocol):
    """Called from the thread that works; must return at once and never raise."""

    def __call__(self, step: Step) -> None: ...


def silent(step: Step) -> None:
    """Progress for those who do not look."""


def reading(progress: Progress) -> Callable[[str, int, int], None]:
    """What `take_snapshot` calls: with the kind being read, how many are done and how many there are."""
    return lambda kind, done, total: progress(
        Step(Stage.READING, done, total, f"kinds ({kind})" if kind else "kinds")
    )

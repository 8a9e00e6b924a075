"""The questions: each reads the kinds it is about, now, and answers from them alone.

A question has a module here: its type, the `KINDS` it reads, and `describe`, which answers from a snapshot.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, assert_never

from msgspec.structs import replace

from bot.answer import Answer
from bot.commands import encrypted, escalate, reach, what_if, who_has
from bot.commands.encrypted import IsEncrypted
from bot.commands.escalate import Escalate
from bot.commands.progress import Progress, Reading
from bot.commands.reach import CanReach
from bot.commands.what_if import WhatIf
from bot.commands.who_has import WhoHas
from checks.cluster.snapshot import Snapshot
from checks.cluster.source import Target, take_snapshot

if TYPE_CHECKING:
    from bot.commands.desk import Desk

Question = WhoHas | IsEncrypted | CanReach | WhatIf | Escalate


def ask(desk: Desk, question: Question, *, progress: Progress) -> Answer:
    """Read what a question is about where it asks, and answer. Raises CommandError or ClusterError."""
    name, target = desk.target(question.cluster)
    return answer(name, question, read(target, question, progress), desk.clock())


def read(target: Target, question: Question, progress: Progress) -> Snapshot:
    """What a question is about; what may not be listed is said before. Raises ClusterError."""
    reading = Reading(progress)
    return take_snapshot(target, progress=reading, missing=reading.missing, kinds=_kinds(question))


def answer(name: str, question: Question, snapshot: Snapshot, now: datetime) -> Answer:
    """The answer from a snapshot of the cluster of this name. Raises CommandError for what is not there."""
    found = _describe(question, snapshot)
    return replace(
        found,
        verdict=f"{name}: {found.verdict}",
        cluster=replace(snapshot.cluster, name=name),
        age_seconds=max(0, int((now - snapshot.finished).total_seconds())),
        extra={**found.extra, "coverage": snapshot.coverage},
    )


def _kinds(question: Question) -> tuple[str, ...]:
    match question:
        case WhoHas():
            return who_has.KINDS
        case IsEncrypted():
            return encrypted.KINDS
        case CanReach():
            return reach.KINDS
        case WhatIf():
            return what_if.KINDS
        case Escalate():
            return escalate.KINDS
        case _:
            assert_never(question)


def _describe(question: Question, snapshot: Snapshot) -> Answer:
    match question:
        case WhoHas():
            return who_has.describe(question, snapshot)
        case IsEncrypted():
            return encrypted.describe(question, snapshot)
        case CanReach():
            return reach.describe(question, snapshot)
        case WhatIf():
            return what_if.describe(question, snapshot)
        case Escalate():
            return escalate.describe(question, snapshot)
        case _:
            assert_never(question)

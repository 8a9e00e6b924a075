"""The questions: each reads the kinds it is about, now, and answers from them alone.

A question has a module here: its type, the `KINDS` it reads, and `describe`, which answers from a snapshot.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, assert_never

from msgspec.structs import replace

from bot.answer import FOLLOW_UPS, Answer
from bot.commands import (
    blast_radius,
    can,
    encrypted,
    escalate,
    exposed,
    lists,
    matrix,
    policies,
    reach,
    reading,
    review,
    what_if,
    who_can,
    who_has,
)
from bot.commands.blast_radius import BlastRadius
from bot.commands.can import CanDo
from bot.commands.encrypted import IsEncrypted
from bot.commands.escalate import Escalate
from bot.commands.exposed import IsExposed
from bot.commands.lists import ListFailing
from bot.commands.matrix import ShowMatrix
from bot.commands.progress import Progress
from bot.commands.reach import CanReach
from bot.commands.review import Review
from bot.commands.review_past import Past, past
from bot.commands.together import together
from bot.commands.verify import sampled
from bot.commands.what_if import WhatIf
from bot.commands.who_can import WhoCan
from bot.commands.who_has import WhoHas
from checks.access import kept
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.cluster.source import Target

if TYPE_CHECKING:
    from bot.commands.desk import Desk

_OLD = timedelta(hours=1)
_NO_PAST = Past()

Present = (
    WhoHas
    | WhoCan
    | CanDo
    | IsEncrypted
    | CanReach
    | IsExposed
    | ShowMatrix
    | WhatIf
    | Escalate
    | BlastRadius
    | ListFailing
)
"""What is answered from a snapshot alone."""
Question = Present | Review


def ask(desk: Desk, questions: tuple[Question, ...], *, progress: Progress) -> Answer | Question:
    """Read once what these questions are about, and answer them together: they differ in namespace alone.

    One that turns out to be about a cluster comes back as it was meant, for its asker may not see that one.
    Raises CommandError or ClusterError.
    """
    first = questions[0]
    name, target = desk.target(first.cluster)
    taken = read(target, first, progress)
    if len(questions) == 1 and (other := _about_a_cluster(desk, first, taken)):
        return other
    given = ((each, answer(name, each, taken, desk.clock(), _past(desk, each, taken))) for each in questions)
    return together(
        [
            sampled(found, each, target, taken) if isinstance(each, WhoCan | CanDo) else found
            for each, found in given
        ]
    )


def _past(desk: Desk, question: Question, taken: Snapshot) -> Past:
    """What kept runs say, where a question asks for it. Raises HistoryError."""
    if not isinstance(question, Review):
        return Past()
    return past(desk.history, taken, [each.subject for each in review.of_whom(question, taken)])


def from_kept(desk: Desk, questions: tuple[Question, ...]) -> Answer | Question | None:
    """The answer to these questions from what was kept about rights with the newest run, with its age.

    None where nothing was kept, or they are about more; a question that was meant otherwise comes back as in
    `ask`. Raises CommandError or HistoryError.
    """
    first = questions[0]
    if not set(_kinds(first)) <= set(kept.KINDS):
        return None
    name, _ = desk.target(first.cluster)
    found = desk.history.rights_at(name, desk.clock())
    if found is None:
        return None
    run, content = found
    taken = kept.rights_from(content, run.id)
    if len(questions) == 1 and (other := _about_a_cluster(desk, first, taken)):
        return other
    now = desk.clock()
    return together([answer(name, each, taken, now, _past(desk, each, taken)) for each in questions])


def _about_a_cluster(desk: Desk, question: Question, taken: Snapshot) -> Question | None:
    """The question as it was meant where “in production” names no namespace but a cluster of the settings."""
    if not isinstance(question, WhoHas | WhoCan | CanDo | ListFailing | Review) or question.cluster:
        return None
    if question.namespace not in desk.targets or not taken.saw("Namespace"):
        return None
    if any(each.metadata.name == question.namespace for each in taken.all(o.Namespace)):
        return None
    return replace(question, namespace="", cluster=question.namespace)


def whole(question: Question) -> Question:
    """The question that is answered with all there is, where it is one that leaves out what is long."""
    return replace(question, full=True) if isinstance(question, ListFailing | CanDo) else question


def read(target: Target, question: Question, progress: Progress) -> Snapshot:
    """What a question is about; what may not be listed is said before. Raises ClusterError."""
    return reading.read(target, progress, kinds=_kinds(question))


def answer(name: str, question: Question, snapshot: Snapshot, now: datetime, past: Past = _NO_PAST) -> Answer:
    """The answer from a snapshot of the cluster of this name, and for a review with what kept runs say.

    Raises CommandError for what is not there.
    """
    if isinstance(question, Review):
        found = review.describe(question, snapshot, past)
    else:
        found = _describe(question, snapshot)
    return replace(
        found,
        verdict=f"{name}: {found.verdict}",
        picture=replace(found.picture, title=f"{name}: {found.picture.title}") if found.picture else None,
        cluster=replace(snapshot.cluster, name=name),
        age_seconds=max(0, int((now - snapshot.finished).total_seconds())),
        caveats=(*_age(snapshot, now), *found.caveats),
        actions=(*found.actions, *FOLLOW_UPS),
        extra={**found.extra, "coverage": snapshot.coverage},
    )


def _age(snapshot: Snapshot, now: datetime) -> Iterator[str]:
    """That what the answer is from is not of today, where it is not."""
    old = now - snapshot.finished
    if old >= _OLD:
        hours = int(old.total_seconds() // 3600)
        ago = f"{hours} h" if hours < 48 else f"{hours // 24} days"
        yield f"It was read {ago} ago ({snapshot.finished:%Y-%m-%d %H:%M} UTC); the cluster may differ now."


def _kinds(question: Question) -> tuple[str, ...]:  # noqa: C901 - one case a question
    match question:
        case WhoHas():
            return who_has.KINDS
        case WhoCan():
            return who_can.KINDS
        case CanDo():
            return can.KINDS
        case Review():
            return review.KINDS
        case IsEncrypted():
            return encrypted.KINDS
        case CanReach() | ShowMatrix():
            return policies.KINDS
        case WhatIf():
            return what_if.KINDS
        case Escalate():
            return escalate.KINDS
        case BlastRadius():
            return blast_radius.KINDS
        case IsExposed():
            return exposed.KINDS
        case ListFailing():
            return lists.kinds(question)
        case _:
            assert_never(question)


def _describe(question: Present, snapshot: Snapshot) -> Answer:  # noqa: C901 - one case a question
    match question:
        case WhoHas():
            return who_has.describe(question, snapshot)
        case WhoCan():
            return who_can.describe(question, snapshot)
        case CanDo():
            return can.describe(question, snapshot)
        case IsEncrypted():
            return encrypted.describe(question, snapshot)
        case CanReach():
            return reach.describe(question, snapshot)
        case ShowMatrix():
            return matrix.describe(question, snapshot)
        case WhatIf():
            return what_if.describe(question, snapshot)
        case Escalate():
            return escalate.describe(question, snapshot)
        case BlastRadius():
            return blast_radius.describe(question, snapshot)
        case IsExposed():
            return exposed.describe(question, snapshot)
        case ListFailing():
            return lists.describe(question, snapshot)
        case _:
            assert_never(question)

"""An answer about rights with the API server's own decisions on a sample of it: agreement, or what differs.

A difference is never hidden: it may be a change since the cluster was read, another authorizer that allows
more, or a mistake here.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from bot import logs
from bot.answer import Answer, Table, Tone
from bot.commands import rights
from bot.commands.can import CanDo
from bot.commands.who_can import WhoCan
from bot.errors import CommandError
from checks.access.asking import ask
from checks.access.verify import MOST, Sample, samples, samples_of
from checks.access.who import meant
from checks.cluster.connect import Review
from checks.cluster.errors import ClusterError, Forbidden
from checks.cluster.reviews import decisions, quick_decisions
from checks.cluster.snapshot import Snapshot
from checks.cluster.targets import InCluster, LiveCluster, Target

log = logs.get("verify")

_FEW, _SECONDS = 20, 1.0
"""How many questions, and for how long, where nobody asked to verify."""


class Difference(Struct, frozen=True):
    """A question that the API server decides otherwise, and why in its own words."""

    subject: str
    request: str
    expected: bool
    decided: bool
    reason: str


class Verification(Struct, frozen=True):
    """How many questions were put to the API server, and where it differs."""

    asked: int
    differences: tuple[Difference, ...]


def verified(answer: Answer, question: WhoCan | CanDo, target: Target, snapshot: Snapshot) -> Answer:
    """The answer with the outcome of asking the API server. Raises CommandError for what cannot be asked."""
    if not isinstance(target, LiveCluster | InCluster):
        raise CommandError("Only a running cluster can be asked to verify.", "Leave --verify out.")
    chosen = _chosen(question, snapshot, MOST)
    try:
        said = decisions(target, [each.asked for each in chosen])
    except Forbidden:
        note = "Not verified: it takes the right to create subjectaccessreviews.authorization.k8s.io."
        return replace(answer, notes=(*answer.notes, note))
    return _with(answer, [(each, review) for each, review in zip(chosen, said, strict=True) if review])


def sampled(answer: Answer, question: WhoCan | CanDo, target: Target, snapshot: Snapshot) -> Answer:
    """The answer with the outcome of asking the API server a little, where it may be asked and is in time to
    say something; as it is where not."""
    if not isinstance(target, LiveCluster | InCluster) or not target.verify or not question.verbs:
        return answer
    chosen = _chosen(question, snapshot, _FEW)
    try:
        said = quick_decisions(target, [each.asked for each in chosen], _SECONDS)
    except ClusterError as error:
        log.info("answer not verified", command=question.canonical, error=error.message)
        return answer
    decided = [(each, review) for each, review in zip(chosen, said, strict=True) if review]
    return _with(answer, decided) if decided else answer


def _chosen(question: WhoCan | CanDo, snapshot: Snapshot, most: int) -> tuple[Sample, ...]:
    if not question.verbs:
        raise CommandError("Only a question about a verb can be verified.", "Name a verb and a resource.")
    asked = ask(snapshot, question.verbs, question.what, question.name, question.namespace)
    if isinstance(question, WhoCan):
        return samples(snapshot, asked.requests, most)
    requests = asked.requests[:most]
    return samples_of(snapshot, meant(snapshot, question.subject).subject, requests, question.groups)


def _with(answer: Answer, said: list[tuple[Sample, Review]]) -> Answer:
    found = tuple(
        Difference(
            str(each.subject), rights.question([each.request]), each.expected, review.allowed, review.reason
        )
        for each, review in said
        if each.expected is not review.allowed
    )
    extra = {**answer.extra, "verification": Verification(len(said), found)}
    if not found:
        note = f"Verified: the API server decides the same in all {len(said)} questions put to it."
        return replace(answer, notes=(*answer.notes, note), extra=extra)
    rows = tuple(_row(each) for each in found)
    columns = ("Who", "Request", "Here", "API server", "Its reason")
    otherwise = f"But the API server decides {len(found)} of {len(said)} questions otherwise."
    return replace(
        answer,
        verdict=f"{answer.verdict} {otherwise}",
        tone=Tone.BAD,
        tables=(Table("Decided otherwise", columns, rows, code=("Who", "Request")), *answer.tables),
        notes=(
            *answer.notes,
            "It may have changed since it was read, or another authorizer allows it; if neither, report it.",
        ),
        extra=extra,
    )


def _row(found: Difference) -> tuple[str, ...]:
    here, there = ("yes" if allowed else "no" for allowed in (found.expected, found.decided))
    return (found.subject, found.request, here, there, found.reason)

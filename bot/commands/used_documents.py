"""What audit logs say was used, as data: what `review --audit-log … --format json` publishes."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from bot.commands import rights
from bot.commands.used import doubts, inside, last_of
from checks.access.usage.agreement import Why, disagreements
from checks.access.usage.documents import bindings, commands, text
from checks.access.usage.merging import merged
from checks.access.usage.proposal import Proposal
from checks.access.usage.reviewed import GivenAndUsed, Reviewed
from checks.access.usage.rights import Right
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Subject


class LogDocument(Struct, frozen=True):
    """The audit log. `hours`: how many have events. `policy`: whether the audit policy was given too.

    refused, unsettled, other, broken, strangers: requests that were not allowed; that have no decision; lines
    that are something else; that cannot be read; requests by users beyond those that are kept.
    """

    begins: datetime | None
    ends: datetime | None
    hours: int
    events: int
    refused: int
    unsettled: int
    other: int
    broken: int
    strangers: int
    policy: bool


class UsedDocument(Struct, frozen=True):
    """What was used of what a binding gives a subject, in rules.

    unknown: what the log cannot show, by why. too_much: in words. young: it was there for too little of it.
    """

    subject: Subject
    binding: rights.Ref
    role: rights.Ref
    requests: int
    last: str | None
    used: tuple[dict[str, list[str]], ...]
    unused: tuple[dict[str, list[str]], ...]
    unknown: dict[str, tuple[dict[str, list[str]], ...]]
    too_much: tuple[str, ...]
    young: bool


class EnoughDocument(Struct, frozen=True):
    """What would have been enough for a subject: `yaml` to apply, then `commands` to run, which take it out
    of the old bindings; or why there is no proposal."""

    subject: Subject
    withheld: str
    drops: tuple[rights.Ref, ...]
    yaml: str
    commands: tuple[str, ...]


class DisagreementDocument(Struct, frozen=True):
    """A request that the log has as allowed and that the roles and bindings of now would refuse, and why."""

    user: str
    groups: tuple[str, ...]
    request: rights.Asking
    why: Why
    binding: str


def documents(snapshot: Snapshot, found: Reviewed, namespace: str) -> dict[str, object]:
    """What the log says of what is in a namespace, or of everything, as the JSON form has it."""
    given, proposals = inside(found, namespace)
    return {
        "audit_log": _log(snapshot, found),
        "used": tuple(_used_document(each) for each in given),
        "enough": tuple(_enough_document(each, found) for each in proposals),
        "bindings_after": bindings(
            [each for each in proposals if not each.withheld],
            "The old bindings as all proposals together leave them: to be applied after theirs.",
        ),
        "disagreements": tuple(
            DisagreementDocument(
                each.done.actor.user,
                each.done.actor.groups,
                rights.asking(each.done.request),
                each.why,
                each.binding,
            )
            for each in disagreements(snapshot)[: rights.MOST_ROWS]
        ),
    }


def _log(snapshot: Snapshot, found: Reviewed) -> LogDocument:
    logs = snapshot.all(o.AuditUsage)
    return LogDocument(
        found.record.begins,
        found.record.ends,
        sum(log.hours for log in logs),
        sum(log.events for log in logs),
        sum(log.refused for log in logs),
        sum(log.unsettled for log in logs),
        sum(log.other for log in logs),
        sum(log.broken for log in logs),
        found.record.strangers,
        found.policy,
    )


def _used_document(each: GivenAndUsed) -> UsedDocument:
    use = each.use
    unknown: dict[str, list[o.PolicyRule]] = {}
    for one in use.unknown:
        unknown.setdefault(one.why, []).append(one.what.part)
    return UsedDocument(
        each.subject,
        rights.ref(use.bound.ref),
        rights.ref(use.bound.role_ref),
        sum(one.use.count for one in use.done),
        last_of(use) or None,
        _rules(use.used),
        _rules(use.unused),
        {why: tuple(rights.plain(rule) for rule in merged(parts)) for why, parts in unknown.items()},
        tuple(one.what for one in each.excess),
        use.young,
    )


def _rules(found: tuple[Right, ...]) -> tuple[dict[str, list[str]], ...]:
    return tuple(rights.plain(rule) for rule in merged(each.part for each in found))


def _enough_document(made: Proposal, found: Reviewed) -> EnoughDocument:
    said = [f"Enough for {made.subject}, by {found.record.period}.", *doubts(found)]
    return EnoughDocument(
        made.subject,
        made.withheld,
        tuple(rights.ref(each.ref) for each in made.drop),
        "" if made.withheld else text(made, *said),
        tuple(commands(made)),
    )

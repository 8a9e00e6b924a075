"""Everybody's rights beside what they did, with the proposals that were found to be as they should be."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from checks.access.index import index
from checks.access.subjects import GROUP, SERVICE_ACCOUNT, USER
from checks.access.usage.applying import checked
from checks.access.usage.excess import Excess, excess
from checks.access.usage.proposal import Proposal, proposal
from checks.access.usage.record import Record, record
from checks.access.usage.rights import BoundUse, Usage, usage
from checks.cluster.snapshot import Snapshot, derived
from checks.model import Subject

_ORDER = {SERVICE_ACCOUNT: 0, USER: 1, GROUP: 2}
_UNCONFIRMED = "With it something that was used would be refused, or something new allowed."


class GivenAndUsed(Struct, frozen=True):
    """One binding of one subject: what was used of it, and what is too much."""

    subject: Subject
    use: BoundUse
    excess: tuple[Excess, ...]


class Reviewed(Struct, frozen=True):
    """Service accounts first, then users and groups; what Kubernetes itself grants is left out.

    policy: whether the audit policy is known.
    """

    record: Record
    policy: bool
    given: tuple[GivenAndUsed, ...]
    proposals: tuple[Proposal, ...]


@derived
def reviewed(snapshot: Snapshot) -> Reviewed | None:
    """The whole review of an audit log; None where there is none."""
    known = record(snapshot)
    if known is None:
        return None
    subjects = sorted(index(snapshot).by_subject, key=lambda each: (_ORDER[each.kind], str(each)))
    usages = [found for each in subjects if (found := usage(snapshot, each)) and found.bounds]
    proposals = [made for each in usages if (made := proposal(snapshot, each.subject))]
    return Reviewed(
        known,
        any(each.policy for each in usages),
        tuple(each for one in usages for each in _given(one)),
        tuple(_confirmed(snapshot, proposals)),
    )


def _given(found: Usage) -> Iterator[GivenAndUsed]:
    return (GivenAndUsed(found.subject, each, excess(each)) for each in found.bounds)


def _confirmed(snapshot: Snapshot, proposals: list[Proposal]) -> Iterator[Proposal]:
    """The proposals, without one that would not keep what was used or give something new: none is known."""
    good = checked(snapshot, [each for each in proposals if not each.withheld]).good
    for each in proposals:
        wrong = not good and not each.withheld and not checked(snapshot, [each]).good
        yield Proposal(each.subject, withheld=_UNCONFIRMED) if wrong else each

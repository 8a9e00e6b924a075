"""Roles that are wider than they need be, each with the narrower rule that would do.

Proposed is only what follows from the snapshot itself: what the API server serves, which Secrets there are,
where an account's pods run. What is really used is not in it. Each proposal says what it keeps and what it
takes away; what it keeps is allowed by the narrower rule as it was before.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.access.admins import EVERY_RESOURCE
from checks.access.index import index
from checks.access.matching import covers
from checks.access.review.narrower import names, places, wildcards
from checks.access.review.narrower.proposal import Proposal
from checks.access.review.narrower.wide import WideRule, wide_rules
from checks.cluster.snapshot import Snapshot, derived


@derived
def narrower(snapshot: Snapshot) -> tuple[Proposal, ...]:
    """Every proposal: first what concerns the most dangerous rights in the whole cluster."""
    return tuple(sorted(_proposals(snapshot), key=lambda each: each.place))


def without_proposal(snapshot: Snapshot) -> tuple[WideRule, ...]:
    """The rules that give everything: nothing narrower follows from what there is."""
    return tuple(each for each in wide_rules(snapshot) if covers((each.rule,), (EVERY_RESOURCE,)))


def _proposals(snapshot: Snapshot) -> Iterator[Proposal]:
    for each in wide_rules(snapshot):
        explicit = wildcards.proposal(snapshot, each)
        by_name = names.proposal(snapshot, each, explicit.rules if explicit else (each.rule,))
        if explicit and by_name:
            yield by_name.after(explicit)
        elif found := explicit or by_name:
            yield found
    for bound in index(snapshot).bounds():
        yield from places.proposals(snapshot, bound)

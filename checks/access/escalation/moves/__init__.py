"""From what an identity holds to what it can get hold of: one function for each family of techniques.

Each yields moves; a move names every permission that the act takes, so that it can be asked of the API server
word by word. Rights that only together make a way (`bind` and creating a binding) may come from different
bindings of the same identity; every such pair is a move of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from checks.access.escalation.estate import estate
from checks.access.escalation.held import Held
from checks.access.escalation.moves import bootstrap, cluster, credentials, impersonation, pods, roles
from checks.access.escalation.needs import EVERYTHING
from checks.access.escalation.places import Goal
from checks.access.escalation.steps import Move
from checks.cluster.snapshot import Snapshot


def moves_of(snapshot: Snapshot, held: Held) -> Iterator[Move]:
    """Every move of somebody who holds this. What rests on a binding that gives everything is left out; what
    others allow is not, because it remains when that one is gone."""
    complete = [Move(Goal.ADMIN, "E1", (hold.permission(),)) for hold in held.clusterwide(EVERYTHING)]
    yield from complete
    for move in acts_of(snapshot, held):
        if not any(other.cuts <= move.cuts for other in complete):
            yield move


def acts_of(snapshot: Snapshot, held: Held, *, every: bool = False) -> Iterator[Move]:
    """Every act that the single rights allow, of somebody who holds everything too.

    `every`: of rights that gain the same by the same binding, each one and not only the first.
    """
    if not held.holds:
        return
    there = estate(snapshot)
    every_move = chain(
        roles.moves(snapshot, held),
        impersonation.moves(there, held),
        credentials.moves(there, held),
        bootstrap.moves(snapshot, there, held),
        pods.moves(there, held, every=every),
        cluster.moves(snapshot, there, held),
    )
    yield from (move.spread() for move in every_move)

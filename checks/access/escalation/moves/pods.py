"""Starting pods, and getting into those that run (E5-E8, E15, E17).

A new pod may name any service account of its namespace, and where the namespace's labels refuse no pod, take
its node as well. Whoever may change the labels decides that themselves. What only exists in running pods (E6
to E8) reaches no account that no pod runs as.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.access.escalation.estate import Estate
from checks.access.escalation.held import Held, Hold, common
from checks.access.escalation.needs import (
    ATTACH,
    CHANGE_NAMESPACES,
    CHANGE_PODS,
    CREATE_CLAIMS,
    CREATE_VOLUMES,
    DEBUG,
    EXEC,
    START_PODS,
)
from checks.access.escalation.places import Accounts, NodeRoot, OnePod, Pods
from checks.access.escalation.steps import Move

_INTO = (("E6", EXEC), ("E6", ATTACH), ("E7", DEBUG), ("E8", CHANGE_PODS))


def moves(there: Estate, held: Held, *, every: bool = False) -> Iterator[Move]:
    """Every move by pods; of the many kinds that start pods the first that a binding allows, or `every`."""
    seen: set[tuple[int, str | None]] = set()
    for start in held.of(*START_PODS):
        key = (id(start.bound), start.where)
        if every or key not in seen:
            seen.add(key)
            yield Move(Accounts(start.where), "E5", (start.permission(),))
            yield from _node(there, held, start)
    for technique, need in _INTO:
        for hold in held.of(need):
            yield from _into(there, technique, hold)


def _node(there: Estate, held: Held, start: Hold) -> Iterator[Move]:
    """A pod that takes its node: where that is allowed, where one allows it oneself, or by a volume."""
    if where := there.where_open(start.where):
        uses = f"namespace {where}, where Pod Security refuses no pod"
        yield Move(NodeRoot(None), "E5", (start.permission(None, where),), uses)
    else:
        for change in held.of(CHANGE_NAMESPACES):
            target = start.where or change.where or (change.names or ("default",))[0]
            if change.reaches(target) and start.reaches(target) and change.allows(target):
                asked = (change.permission(target), start.permission(None, target))
                yield Move(NodeRoot(None), "E17", asked, f"namespace {target}")
    for volume in held.clusterwide(CREATE_VOLUMES):
        for claim in held.of(CREATE_CLAIMS):
            together, at = common(start, claim)
            if together:
                whole = (volume.permission(), claim.permission(None, at), start.permission(None, at))
                yield Move(NodeRoot(None), "E15", whole, "a PersistentVolume with a hostPath")


def _into(there: Estate, technique: str, hold: Hold) -> Iterator[Move]:
    if hold.names is None:
        yield Move(Pods(hold.where), technique, (hold.permission(),))
        return
    for namespace in there.seats if hold.where is None else (hold.where,):
        for seat in there.seats.get(namespace, ()):
            if hold.allows(seat.name):
                asked = hold.permission(seat.name, namespace)
                yield Move(OnePod(namespace, seat.name), technique, (asked,))

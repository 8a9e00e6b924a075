"""The answers: how one identity becomes cluster-admin or somebody else, who else can, and what ends it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct
from msgspec.structs import replace

from checks.access.escalation.cut import Cheapest, cheapest
from checks.access.escalation.graph import Graph, graph
from checks.access.escalation.places import (
    Bootstrapper,
    Goal,
    Granted,
    NodeIdentity,
    NodeRoot,
    Place,
    in_words,
)
from checks.access.escalation.steps import Chain, Cut
from checks.access.stock import key_of
from checks.access.subjects import MASTERS, named
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.model import Subject


class Escalation(Struct, frozen=True):
    """What one identity can become. `cut`: how to keep it from the goal. `becomes`: everybody else that it
    can become, by the acts it takes. `verified`: with what is to be removed gone, all was computed anew and
    no way to the goal was left."""

    subject: Subject
    goal: Chain | None
    cut: Cheapest
    becomes: tuple[tuple[Place, int], ...]
    verified: bool


class Reaching(Struct, frozen=True, gc=False):
    """Somebody who reaches cluster-admin, by how many acts (0: holds it). `own`: by what Kubernetes itself
    grants, so that nothing that people made is to blame."""

    subject: Subject
    acts: int
    own: bool


def escalation(snapshot: Snapshot, subject: Subject) -> Escalation:
    """How far a subject gets."""
    whole = graph(snapshot)
    whole.add(subject)
    goal = whole.shortest(subject, Goal.ADMIN)
    cut = cheapest(whole, [subject]) if goal else Cheapest((), ())
    return Escalation(
        subject,
        goal,
        cut,
        others(whole, [subject]),
        bool(cut.remove) and not cut.stuck and holds(snapshot, cut.remove, [subject]),
    )


def others(whole: Graph, starts: Collection[Place]) -> tuple[tuple[Place, int], ...]:
    """Whom one becomes from these places, by the acts it takes, nearest first."""
    costs: dict[Place, int] = {}
    for start in starts:
        for place, cost in whole.reached(start).items():
            costs[place] = min(cost, costs.get(place, cost))
    found = ((place, cost) for place, cost in costs.items() if _worth_naming(place, starts, costs))
    return tuple(sorted(found, key=lambda pair: (pair[1], *_rank(pair[0]))))


@derived
def reaching(snapshot: Snapshot) -> tuple[Reaching, ...]:
    """Everybody who reaches cluster-admin, nearest first; what Kubernetes itself grants comes last."""
    whole = graph(snapshot)
    own = whole.toward(Goal.ADMIN, fixed=True)
    found = [
        Reaching(subject, whole.distance[subject], subject in own)
        for subject in whole.subjects
        if subject in whole.distance
    ]
    return tuple(sorted(found, key=lambda each: (each.own, each.acts)))


def cheapest_for_all(snapshot: Snapshot) -> Cheapest:
    """What to remove so that nobody reaches cluster-admin by what people granted, holders included."""
    return cheapest(graph(snapshot), [each.subject for each in reaching(snapshot) if not each.own])


def holds(snapshot: Snapshot, remove: Collection[Cut], subjects: Collection[Subject]) -> bool:
    """Whether, all computed anew with these gone, none of the subjects reaches cluster-admin."""
    again = Graph(without(snapshot, remove))
    again.add(*subjects)
    left = again.toward(Goal.ADMIN)
    return not any(subject in left for subject in subjects)


def without(snapshot: Snapshot, remove: Collection[Cut]) -> Snapshot:
    """The snapshot as it would be with these taken away."""
    whole = {cut.binding for cut in remove if cut.subject is None}
    subjects = {(cut.binding, cut.subject) for cut in remove if cut.subject is not None}
    objects = dict(snapshot.objects)
    for kind in ("ClusterRoleBinding", "RoleBinding"):
        kept = (each for each in objects.get(kind, ()) if key_of(each) not in whole)
        objects[kind] = tuple(_less(each, subjects) for each in kept)
    return replace(snapshot, objects=objects)


def _less(
    binding: o.RoleBinding | o.ClusterRoleBinding, gone: Collection[tuple[object, Subject]]
) -> o.RoleBinding | o.ClusterRoleBinding:
    key, where = key_of(binding), binding.metadata.namespace
    kept = tuple(each for each in binding.subjects or () if (key, named(each, where)) not in gone)
    return binding if len(kept) == len(binding.subjects or ()) else replace(binding, subjects=kept)


def _worth_naming(place: Place, starts: Collection[Place], costs: Mapping[Place, int]) -> bool:
    """Somebody else, or a node; not one node beside any node, nor a node's identity beside root there."""
    match place:
        case Subject():
            return place != MASTERS and place not in starts
        case NodeRoot(node):
            return place not in starts and (node is None or NodeRoot(None) not in costs)
        case NodeIdentity(node):
            named = node is None or NodeIdentity(None) not in costs
            return named and NodeRoot(None) not in costs and NodeRoot(node) not in costs
        case _:
            return isinstance(place, Granted | Bootstrapper)


def _rank(place: Place) -> tuple[int, str]:
    kinds: tuple[type, ...] = (NodeRoot, NodeIdentity, Granted, Bootstrapper, Subject)
    return kinds.index(type(place)), in_words(place)

"""Whom each policy is for, by now: some pod, pods to come, or nobody."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.network.chain import Action, Match
from checks.network.compiled import Compiled
from checks.network.groups import groups
from checks.network.isolation import namespaces
from checks.network.peers import Peer, finished
from checks.network.policies import Direction, every_policy
from checks.network.world import World, world


class Aimed(StrEnum):
    """Whom a policy is for.

    WAITING: every pod of a namespace, where there is none now. UNSEEN: it is in files, which hold no pod
    that it could be for.
    """

    PODS = "pods"
    WAITING = "waiting"
    ON_NODE = "on_node"
    NOBODY = "nobody"
    UNKNOWN = "unknown"
    UNSEEN = "unseen"
    NO_RULES = "no_rules"


class Aim(Struct, frozen=True):
    """A policy, what it was compiled to by direction, and whom it is for. `doubt`: why that is not known."""

    policy: o.Object
    parts: tuple[Compiled, ...]
    aimed: Aimed
    doubt: str = ""

    @property
    def opening(self) -> tuple[Compiled, ...]:
        """The parts that allow everything, and deny nothing before."""
        return tuple(part for part in self.parts if _opens(part))


def _opens(part: Compiled) -> bool:
    for rule in part.rules:
        if rule.path == part.opens:
            return True
        if rule.action is not Action.ALLOW:
            return False
    return False


@derived
def aims(snapshot: Snapshot) -> tuple[Aim, ...]:
    """Every policy of every kind, in the order they were read."""
    around = world(snapshot)
    parts: dict[int, list[Compiled]] = {}
    for part in around.policies:
        parts.setdefault(id(part.policy), []).append(part)
    everybody = [group.peer for group in groups(snapshot)]
    on_node = [replace(peer, on_node_network=False) for peer in everybody if peer.on_node_network]
    in_files = snapshot.cluster.source == "manifests"
    asked = _Asked(
        of_pods=_matches(around, (*everybody, *finished(snapshot))),
        on_node=_matches(around, on_node),
        spaces=tuple(each.metadata.name for each in namespaces(snapshot)),
        held=frozenset(peer.namespace for peer in everybody) if in_files else None,
    )
    return tuple(_aim(policy, tuple(parts.get(id(policy), ())), asked) for policy in every_policy(snapshot))


class _Asked(Struct, frozen=True):
    """How surely each compiled policy is for some pod, by its id; which namespaces there are, and in which of
    them files hold pods (None: it is a cluster)."""

    of_pods: dict[int, Match]
    on_node: dict[int, Match]
    spaces: tuple[str, ...]
    held: frozenset[str] | None


def _aim(policy: o.Object, parts: tuple[Compiled, ...], asked: _Asked) -> Aim:
    best = max((asked.of_pods.get(id(part), Match.NO) for part in parts), default=Match.NO)
    doubt = next((part.doubt for part in parts if part.doubt), "")
    if not parts:
        return Aim(policy, parts, Aimed.NO_RULES)
    if best is Match.YES:
        return Aim(policy, parts, Aimed.PODS)
    if best is Match.MAYBE or doubt:
        return Aim(policy, parts, Aimed.UNKNOWN, doubt or "a namespace's labels could not be read")
    if any(_waits(part, asked.spaces) for part in parts):
        return Aim(policy, parts, Aimed.WAITING)
    if any(id(part) in asked.on_node for part in parts):
        return Aim(policy, parts, Aimed.ON_NODE)
    return Aim(policy, parts, Aimed.NOBODY if _seen(parts[0].namespace, asked.held) else Aimed.UNSEEN)


def _seen(namespace: str | None, held: frozenset[str] | None) -> bool:
    """Whether pods that a policy of this namespace could be for would be known."""
    return held is None or (namespace in held if namespace is not None else bool(held))


def _waits(part: Compiled, spaces: tuple[str, ...]) -> bool:
    if part.namespace is not None:
        return part.whole(part.namespace)
    return any(part.whole(each) for each in spaces)


def _matches(around: World, asked: Iterable[Peer]) -> dict[int, Match]:
    """How surely each policy is for one of these. What many pods share is looked at once."""
    best: dict[int, Match] = {}
    looked: set[int] = set()
    for peer in asked:
        for picked in (each for direction in Direction for each in around.picked(peer, direction)):
            if id(picked) not in looked:
                looked.add(id(picked))
                for policy, match in picked.selected:
                    best[id(policy)] = max(match, best.get(id(policy), Match.NO))
    return best

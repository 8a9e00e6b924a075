"""How well a namespace is closed, by direction: what its policies say for every pod, and what they come to.

A pod is isolated in a direction if any policy of its own namespace selects it and has that direction; the
rules of all of them add up, and nothing denies. So one policy that allows everything undoes every other.
Source: Kubernetes v1.37, k8s.io/api networking/v1 types.go, read as the specification.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.network.chain import Action, Rule, nobody
from checks.network.compiled import Compiled, Layer
from checks.network.groups import Group, by_namespace
from checks.network.peers import Peer, peers
from checks.network.policies import Direction, policies
from checks.network.stages import CILIUM
from checks.network.standard import ORDER
from checks.network.world import World, world


class PodState(StrEnum):
    """What holds for one pod in one direction."""

    ISOLATED = "isolated"
    ALLOW_ALL = "allow-all"
    OPEN = "open"


class Isolation(StrEnum):
    """What holds for a namespace in one direction.

    CANONICAL: a policy for every pod, without a rule: nothing passes unless another policy lets it.
    ISOLATING: a policy for every pod with rules: what they do not name is denied.
    OBSERVED: every pod of now is isolated, but by selectors that a new pod may not match.
    NULLIFIED: isolated in name, and a policy allows everything to every pod.
    NONE: some pod is open, or there is none and no policy that waits for one.
    """

    CANONICAL = "canonical"
    ISOLATING = "isolating"
    OBSERVED = "observed"
    NULLIFIED = "nullified"
    NONE = "none"


class PodIsolation(Struct, frozen=True, gc=False):
    """One pod in one direction: its state, a policy that isolates it, and one that allows it everything."""

    peer: Peer
    state: PodState
    opened_by: Compiled | None = None
    isolated_by: Compiled | None = None


class NamespaceIsolation(Struct, frozen=True):
    """One namespace in one direction. `deciding`: the policies that make it what it is.

    `pods` are those that policies can reach; `on_node_network` are outside of their reach. `unclear` are
    policies that may or may not be for its pods, because their selector is not modelled.
    """

    namespace: str
    direction: Direction
    isolation: Isolation
    deciding: tuple[Compiled, ...]
    pods: tuple[PodIsolation, ...]
    on_node_network: tuple[Peer, ...]
    unclear: tuple[Compiled, ...] = ()

    def in_state(self, state: PodState) -> tuple[PodIsolation, ...]:
        """The pods in this state."""
        return tuple(pod for pod in self.pods if pod.state is state)


def isolation(snapshot: Snapshot, namespace: str, direction: Direction) -> NamespaceIsolation:
    """What the policies of every kind come to for a namespace in one direction."""
    known = _known(snapshot)
    if namespace not in known:
        known[namespace] = _both(snapshot, namespace)
    return known[namespace][direction]


@derived
def _known(_: Snapshot) -> dict[str, dict[Direction, NamespaceIsolation]]:
    """What was answered already about this snapshot: several checks ask the same."""
    return {}


def _both(snapshot: Snapshot, namespace: str) -> dict[Direction, NamespaceIsolation]:
    around, found = world(snapshot), by_namespace(snapshot).get(namespace, ())
    on_node = tuple(peer for group in found if group.peer.on_node_network for peer in group.members)
    reachable = [group for group in found if not group.peer.on_node_network]
    return {way: _isolation(around, namespace, way, reachable, on_node) for way in Direction}


def _isolation(
    around: World, namespace: str, direction: Direction, found: list[Group], on_node: tuple[Peer, ...]
) -> NamespaceIsolation:
    pods = tuple(
        PodIsolation(peer, *judged)
        for group in found
        for judged in (_pod(around, group.peer, direction),)
        for peer in group.members
    )
    whole = [each for each in around.whole(namespace, direction) if each.decides]
    isolated, deciding = _judge(around, whole, pods)
    unclear = around.doubtful(namespace, direction)
    return NamespaceIsolation(namespace, direction, isolated, deciding, pods, on_node, unclear)


_State = tuple[PodState, Compiled | None, Compiled | None]


def _pod(around: World, peer: Peer, direction: Direction) -> _State:
    """What holds for a pod, a policy that allows it everything, and one that isolates it."""
    sure = around.deciding(peer, direction)
    final = next((p for p in sure if p.layer is Layer.ADMIN and (p.denies or p.opens)), None)
    if final is not None:
        return _by(final)
    common = [policy for policy in sure if policy.layer in (Layer.STANDARD, Layer.TIER)]
    closing = next((p for p in common if p.denies and _denies_first(p)), None)
    if closing is not None:
        return PodState.ISOLATED, None, closing
    opening = next((policy for policy in common if policy.opens), None)
    isolating = next((policy for policy in common if around.closes(policy)), None)
    if isolating is not None:
        state = PodState.ALLOW_ALL if opening else PodState.ISOLATED
        return state, opening, isolating
    base = next((p for p in sure if p.layer is Layer.BASELINE and (p.denies or p.opens)), None)
    return (PodState.OPEN, None, None) if base is None else _by(base)


def _denies_first(policy: Compiled) -> bool:
    """Whether its denial stands whatever another allows: Cilium's do, and Calico's ordered before."""
    return policy.layer is Layer.TIER or isinstance(policy.policy, CILIUM) or policy.position[0] < ORDER


def _by(policy: Compiled) -> _State:
    if policy.denies:
        return PodState.ISOLATED, None, policy
    return PodState.ALLOW_ALL, policy, policy


Judged = tuple[Isolation, tuple[Compiled, ...]]


def _judge(around: World, whole: list[Compiled], pods: tuple[PodIsolation, ...]) -> Judged:
    final = next((p for p in whole if p.layer is Layer.ADMIN and (p.denies or p.opens)), None)
    if final is not None:
        return _final(final)
    common = tuple(policy for policy in whole if policy.layer in (Layer.STANDARD, Layer.TIER))
    closing = tuple(policy for policy in common if policy.denies and _denies_first(policy))
    if closing:
        return Isolation.CANONICAL, closing
    opening = tuple(policy for policy in common if policy.opens)
    if opening:
        return Isolation.NULLIFIED, opening
    if pods and all(pod.state is PodState.ALLOW_ALL for pod in pods):
        return Isolation.NULLIFIED, _distinct(pod.opened_by for pod in pods)
    isolating = tuple(policy for policy in common if around.closes(policy))
    strict = tuple(policy for policy in isolating if not any(map(_allows, policy.rules)))
    if strict:
        return Isolation.CANONICAL, strict
    if isolating:
        return Isolation.ISOLATING, isolating
    base = next((p for p in whole if p.layer is Layer.BASELINE and (p.denies or p.opens)), None)
    if base is not None and base.denies:
        return _final(base)
    if pods and all(pod.state is not PodState.OPEN for pod in pods):
        return Isolation.OBSERVED, _distinct(pod.isolated_by for pod in pods)
    return Isolation.NONE, ()


def _allows(rule: Rule) -> bool:
    """Whether it can let something in. Cilium's empty rule cannot, and is how it denies everything."""
    return rule.action is Action.ALLOW and rule.peer is not nobody


def _final(policy: Compiled) -> Judged:
    if policy.opens:
        return Isolation.NULLIFIED, (policy,)
    alone = len(policy.rules) == 1
    return (Isolation.CANONICAL if alone else Isolation.ISOLATING), (policy,)


def _distinct(found: Iterable[Compiled | None]) -> tuple[Compiled, ...]:
    by_name = {(p.policy.kind, p.name): p for p in found if p is not None}
    return tuple(by_name[name] for name in sorted(by_name))


def namespaces(snapshot: Snapshot) -> tuple[o.Namespace, ...]:
    """The namespaces to judge, by name. In files, also those that only objects name."""
    known = {each.metadata.name: each for each in snapshot.all(o.Namespace)}
    if snapshot.cluster.source == "manifests":
        for name in (*policies(snapshot), *peers(snapshot)):
            known.setdefault(name, o.Namespace(o.AnnotatedMetadata(name=name)))
    return tuple(known[name] for name in sorted(known))

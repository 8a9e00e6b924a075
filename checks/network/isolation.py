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
from checks.cluster.snapshot import Snapshot
from checks.network.peers import Peer, peers
from checks.network.policies import Direction, Policy, in_effect, policies
from checks.network.selectors import selects


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
    """One pod in one direction: its state, and the policy that allows it everything if one does."""

    peer: Peer
    state: PodState
    opened_by: Policy | None = None


class NamespaceIsolation(Struct, frozen=True):
    """One namespace in one direction. `deciding`: the policies that make it what it is.

    `pods` are those that policies can reach; `on_node_network` are outside of their reach.
    """

    namespace: str
    direction: Direction
    isolation: Isolation
    deciding: tuple[Policy, ...]
    pods: tuple[PodIsolation, ...]
    on_node_network: tuple[Peer, ...]

    def in_state(self, state: PodState) -> tuple[PodIsolation, ...]:
        """The pods in this state."""
        return tuple(pod for pod in self.pods if pod.state is state)


def isolation(snapshot: Snapshot, namespace: str, direction: Direction) -> NamespaceIsolation:
    """What the NetworkPolicies of a namespace come to in one direction."""
    found = (in_effect(policy, direction) for policy in policies(snapshot).get(namespace, ()))
    active = tuple(policy for policy in found if policy is not None)
    everyone = peers(snapshot).get(namespace, ())
    reached = tuple(peer for peer in everyone if not peer.on_node_network)
    pods = tuple(_pod(peer, active) for peer in reached)
    isolated, deciding = _judge(active, pods)
    return NamespaceIsolation(
        namespace,
        direction,
        isolated,
        deciding,
        pods,
        tuple(peer for peer in everyone if peer.on_node_network),
    )


def _pod(peer: Peer, active: tuple[Policy, ...]) -> PodIsolation:
    selecting = [each for each in active if selects(each.policy.spec.pod_selector, peer.labels)]
    if not selecting:
        return PodIsolation(peer, PodState.OPEN)
    opening = next((each for each in selecting if each.opens is not None), None)
    return PodIsolation(peer, PodState.ALLOW_ALL if opening else PodState.ISOLATED, opening)


def _judge(
    active: tuple[Policy, ...], pods: tuple[PodIsolation, ...]
) -> tuple[Isolation, tuple[Policy, ...]]:
    opening = tuple(each for each in active if each.whole and each.opens is not None)
    if opening:
        return Isolation.NULLIFIED, opening
    if pods and all(pod.state is PodState.ALLOW_ALL for pod in pods):
        return Isolation.NULLIFIED, _distinct(pod.opened_by for pod in pods)
    strict = tuple(each for each in active if each.whole and not each.rules)
    if strict:
        return Isolation.CANONICAL, strict
    whole = tuple(each for each in active if each.whole)
    if whole:
        return Isolation.ISOLATING, whole
    if pods and all(pod.state is not PodState.OPEN for pod in pods):
        return Isolation.OBSERVED, active
    return Isolation.NONE, ()


def _distinct(found: Iterable[Policy | None]) -> tuple[Policy, ...]:
    by_name = {policy.name: policy for policy in found if policy is not None}
    return tuple(by_name[name] for name in sorted(by_name))


def namespaces(snapshot: Snapshot) -> tuple[o.Namespace, ...]:
    """The namespaces to judge, by name. In files, also those that only objects name."""
    known = {each.metadata.name: each for each in snapshot.all(o.Namespace)}
    if snapshot.cluster.source == "manifests":
        for name in (*policies(snapshot), *peers(snapshot)):
            known.setdefault(name, o.Namespace(o.AnnotatedMetadata(name=name)))
    return tuple(known[name] for name in sorted(known))

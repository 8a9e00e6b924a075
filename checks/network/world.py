"""All policies of a cluster, of every kind, found by the pod they are for, in the order they are asked."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.network import antrea, calico, cilium, cluster_wide, standard
from checks.network.chain import Match, Stage
from checks.network.compiled import Compiled, Layer, Spaces
from checks.network.peers import Peer, namespace_labels
from checks.network.plugin import CILIUM_CONFIG, plugin
from checks.network.policies import POLICIES, Direction
from checks.network.selection import NOTHING, Picked, Scope, Selected, distinct
from checks.network.stages import Slot, Tiers, action_of, slot, stage

OTHER_KINDS = (
    *(kind.__name__ for kind in POLICIES[1:]),
    "CalicoTier",
    "AntreaNetworkPolicy",
    "AntreaClusterNetworkPolicy",
)
"""Kinds of policy that only some clusters have."""

_UNREAD = "it could not be read, and may tell Cilium to deny all that nothing allows"


class World:
    """Answers which policies are for a pod, and the stages they make. One per snapshot; see `world`."""

    def __init__(self, policies: Iterable[Compiled], tiers: Tiers, spaces: Spaces) -> None:
        by_namespace: dict[str | None, list[Compiled]] = {}
        for each in policies:
            by_namespace.setdefault(each.namespace, []).append(each)
        self._wide = Scope(by_namespace.pop(None, ()), spaces)
        self._own = {name: Scope(found, spaces) for name, found in by_namespace.items() if name is not None}
        self._none = Scope((), spaces)
        self.policies = tuple(each for scope in (*self._own.values(), self._wide) for each in scope.policies)
        self._tiers = tiers
        self._pairs: dict[Hashable, tuple[Picked, Picked]] = {}
        self._stages: dict[tuple[int, int], tuple[Stage, ...]] = {}
        self._slots: dict[int, dict[Slot, tuple[Selected, ...]]] = {}
        self._made: dict[tuple[int, int], Stage] = {}

    def closes(self, policy: Compiled) -> bool:
        """Whether what this policy does not allow is denied to the pods it is for."""
        if policy.layer is Layer.TIER and action_of(policy.tier, self._tiers) == "Pass":
            return False
        return policy.isolates

    def picked(self, peer: Peer, direction: Direction) -> tuple[Picked, Picked]:
        """What its namespace's policies come to for a pod, and what those for the whole cluster do. None is
        for a pod on its node's network."""
        if peer.on_node_network:
            return (NOTHING, NOTHING)
        own = self._scope(peer.namespace)
        looks, widely = own.seen(peer), self._wide.seen(peer)
        key = (id(own), looks, widely, direction)
        if key not in self._pairs:
            self._pairs[key] = (own.pick(peer, looks, direction), self._wide.pick(peer, widely, direction))
        return self._pairs[key]

    def deciding(self, peer: Peer, direction: Direction) -> tuple[Compiled, ...]:
        """The policies that surely are for this pod, and isolate, open or deny as a whole, in order."""
        own, wide = self.picked(peer, direction)
        return _in_order(own.deciding, wide.deciding)

    def same(self, peer: Peer, direction: Direction) -> tuple[int, int]:
        """What two pods share if the same policies are asked about them."""
        own, wide = self.picked(peer, direction)
        return (id(own), id(wide))

    def stages(self, peer: Peer, direction: Direction) -> tuple[Stage, ...]:
        """What is asked about this pod's traffic, in order."""
        pair = self.picked(peer, direction)
        key = (id(pair[0]), id(pair[1]))
        if key not in self._stages:
            own, wide = map(self._by_slot, pair)
            self._stages[key] = tuple(
                self._stage(own.get(each, ()), wide.get(each, ())) for each in sorted({*own, *wide})
            )
        return self._stages[key]

    def count(self, namespace: str) -> int:
        """How many policies a namespace has: its own, and cluster-wide ones that are for every pod of it."""
        return len(distinct(self._scope(namespace).policies)) + self._wide.count(namespace)

    def whole(self, namespace: str, direction: Direction) -> tuple[Compiled, ...]:
        """The policies that are for every pod of a namespace, future ones too, in order."""
        own = self._scope(namespace).whole(namespace, direction)
        return _in_order(own, self._wide.whole(namespace, direction))

    def doubtful(self, namespace: str, direction: Direction) -> tuple[Compiled, ...]:
        """The policies that may or may not be for pods of a namespace."""
        return (*self._scope(namespace).doubtful(direction), *self._wide.doubtful(direction))

    def _scope(self, namespace: str) -> Scope:
        return self._own.get(namespace, self._none)

    def _by_slot(self, picked: Picked) -> dict[Slot, tuple[Selected, ...]]:
        if id(picked) not in self._slots:
            found: dict[Slot, list[Selected]] = {}
            for each in picked.selected:
                found.setdefault(slot(each[0], self._tiers), []).append(each)
            self._slots[id(picked)] = {place: tuple(those) for place, those in found.items()}
        return self._slots[id(picked)]

    def _stage(self, own: tuple[Selected, ...], wide: tuple[Selected, ...]) -> Stage:
        key = (id(own), id(wide))
        if key not in self._made:
            both = sorted((*own, *wide), key=lambda each: each[0].position) if own and wide else own or wide
            self._made[key] = stage(tuple(both), self._tiers)
        return self._made[key]


def _in_order(own: tuple[Compiled, ...], wide: tuple[Compiled, ...]) -> tuple[Compiled, ...]:
    if own and wide:
        return tuple(sorted((*own, *wide), key=lambda each: each.position))
    return own or wide


@derived
def spaces(snapshot: Snapshot) -> Spaces:
    """The namespaces' labels as far as they are known."""
    known = frozenset(each.metadata.name for each in snapshot.all(o.Namespace))
    return Spaces(namespace_labels(snapshot), known)


@derived
def world(snapshot: Snapshot) -> World:
    """The policies of a snapshot."""
    tiers = {
        tier.metadata.name: (
            tier.spec.order if tier.spec.order is not None else float("inf"),
            tier.spec.default_action or "Deny",
        )
        for tier in snapshot.all(o.CalicoTier)
    }
    return World(compiled(snapshot), tiers, spaces(snapshot))


def compiled(snapshot: Snapshot) -> Iterator[Compiled]:
    """Every policy of a snapshot, once for each direction it has."""
    around = spaces(snapshot)
    of_pods = "Cilium" not in plugin(snapshot).names
    for policy in snapshot.all(o.NetworkPolicy):
        yield from standard.compiled(policy, around, blocks_match_pods=of_pods)
    wides: tuple[tuple[cluster_wide.Policy, ...], ...] = (
        snapshot.all(o.AdminNetworkPolicy),
        snapshot.all(o.BaselineAdminNetworkPolicy),
        snapshot.all(o.ClusterNetworkPolicy),
    )
    for kind in wides:
        for wide in kind:
            yield from cluster_wide.compiled(wide, around)
    for ciliums in (snapshot.all(o.CiliumNetworkPolicy), snapshot.all(o.CiliumClusterwideNetworkPolicy)):
        for each in ciliums:
            yield from cilium.compiled(each, around)
    for calicos in (snapshot.all(o.CalicoNetworkPolicy), snapshot.all(o.CalicoGlobalNetworkPolicy)):
        for one in calicos:
            yield from calico.compiled(one, around)
    yield from antrea.all_of(snapshot)
    found = plugin(snapshot)
    if found.always is not None:
        yield from (_always(found.always, direction) for direction in Direction)
    elif found.may_be_always:
        unread = o.NetworkPluginConfigMap(o.Metadata(name=CILIUM_CONFIG, namespace="kube-system"))
        yield from (_always(unread, direction, _UNREAD) for direction in Direction)


def _always(told: o.NetworkPluginConfigMap, direction: Direction, doubt: str = "") -> Compiled:
    return Compiled(
        policy=told,
        direction=direction,
        layer=Layer.STANDARD,
        selects=lambda _: Match.MAYBE if doubt else Match.YES,
        whole=lambda _: not doubt,
        isolates=True,
        doubt=doubt,
        position=(float("inf"), told.metadata.name),
    )

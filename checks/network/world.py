"""All policies of a cluster, of every kind, found by the pod they are for, in the order they are asked.

Order: the admin tier, Calico's own tiers around it, then NetworkPolicies together with Cilium's and Calico's
default tier, then the baseline. Source: kubernetes-sigs/network-policy-api apis/v1alpha2, docs.cilium.io
security/policy, projectcalico/calico api/pkg/apis/projectcalico/v3/tier.go.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.network import calico, cilium, cluster_wide, standard
from checks.network.chain import Action, Match, Rule, Stage, any_port, anyone
from checks.network.compiled import Compiled, Label, Layer, Spaces
from checks.network.peers import Peer, namespace_labels
from checks.network.plugin import CILIUM_CONFIG, plugin
from checks.network.policies import Direction

OTHER_KINDS = (
    "AdminNetworkPolicy",
    "BaselineAdminNetworkPolicy",
    "ClusterNetworkPolicy",
    "CiliumNetworkPolicy",
    "CiliumClusterwideNetworkPolicy",
    "CalicoNetworkPolicy",
    "CalicoGlobalNetworkPolicy",
    "CalicoTier",
)
"""Kinds of policy that only some clusters have."""

CILIUM = (o.CiliumNetworkPolicy, o.CiliumClusterwideNetworkPolicy)
ALWAYS = "data.enable-policy"
"""Where Cilium is told to deny all that nothing allows, to pods that no policy selects too."""

_UNREAD = "it could not be read, and may tell Cilium to deny all that nothing allows"
_TIED = "another policy has the same priority, and which of them wins is not defined"
Selected = tuple[Compiled, Match]


class World:
    """Answers which policies are for a pod, and the stages they make. One per snapshot; see `world`."""

    def __init__(self, policies: Iterable[Compiled], tiers: dict[str, tuple[float, str]]) -> None:
        self.policies = tuple(policies)
        self._tiers = tiers
        self._index: dict[tuple[Direction, str | None, Label | None], list[Compiled]] = {}
        self._spaced: dict[tuple[Direction, str | None], list[Compiled]] = {}
        for each in self.policies:
            self._index.setdefault((each.direction, each.namespace, each.label), []).append(each)
            self._spaced.setdefault((each.direction, each.namespace), []).append(each)
        self._numbers: dict[tuple[tuple[int, Match], ...], int] = {}
        self._stages: dict[tuple[object, ...], tuple[Stage, ...]] = {}
        self._selected: dict[tuple[object, ...], tuple[Selected, ...]] = {}

    def closes(self, policy: Compiled) -> bool:
        """Whether what this policy does not allow is denied to the pods it is for."""
        if policy.layer is Layer.TIER and self._tiers.get(policy.tier, (0.0, "Deny"))[1] == "Pass":
            return False
        return policy.isolates

    def selecting(self, peer: Peer, direction: Direction) -> tuple[Selected, ...]:
        """The policies for this pod, and how surely each is. None for one on its node's network."""
        key = _key(peer, direction)
        if key not in self._selected:
            found = [] if peer.on_node_network else list(self._asked(peer, direction))
            self._selected[key] = tuple(sorted(found, key=lambda each: each[0].position))
        return self._selected[key]

    def of(self, namespace: str, direction: Direction) -> tuple[Compiled, ...]:
        """The policies of a namespace and of the whole cluster that have this direction, in order."""
        return tuple(
            sorted(
                (*self._spaced.get((direction, namespace), ()), *self._spaced.get((direction, None), ())),
                key=lambda each: each.position,
            )
        )

    def stages(self, peer: Peer, direction: Direction) -> tuple[Stage, ...]:
        """What is asked about this pod's traffic, in order."""
        key = _key(peer, direction)
        if key not in self._stages:
            self._stages[key] = tuple(self._ordered(self.selecting(peer, direction)))
        return self._stages[key]

    def same(self, peer: Peer, direction: Direction) -> int:
        """A number that two pods share if the same policies are asked about them."""
        chosen = tuple((id(policy), match) for policy, match in self.selecting(peer, direction))
        return self._numbers.setdefault(chosen, len(self._numbers))

    def _asked(self, peer: Peer, direction: Direction) -> Iterator[Selected]:
        labels: tuple[Label | None, ...] = (None, *peer.labels.items())
        for namespace in (peer.namespace, None):
            for label in labels:
                for each in self._index.get((direction, namespace, label), ()):
                    match = each.selects(peer)
                    if match:
                        yield each, match

    def _ordered(self, selected: tuple[Selected, ...]) -> Iterator[Stage]:
        placed: list[tuple[tuple[float, str], Stage]] = []
        admin = [each for each in selected if each[0].layer is Layer.ADMIN]
        if admin:
            placed.append(((calico.ADMIN_TIER_ORDER, ""), tuple(_by_priority(admin))))
        common = [each for each in selected if each[0].layer is Layer.STANDARD]
        if common:
            placed.append(((calico.DEFAULT_TIER_ORDER, ""), tuple(_standard(common))))
        for name in sorted({each.tier for each, _ in selected if each.layer is Layer.TIER}):
            own = [each for each in selected if each[0].layer is Layer.TIER and each[0].tier == name]
            order, action = self._tiers.get(name, (float("inf"), "Deny"))
            placed.append(((order, name), tuple(_tier(own, action))))
        baseline = [each for each in selected if each[0].layer is Layer.BASELINE]
        if baseline:
            placed.append(((float("inf"), "~"), tuple(_by_priority(baseline))))
        yield from (stage for _, stage in sorted(placed, key=lambda each: each[0]))


def _key(peer: Peer, direction: Direction) -> tuple[object, ...]:
    return (direction, peer.namespace, peer.on_node_network, peer.account, *sorted(peer.labels.items()))


def _unsure(rule: Rule, selected: Selected, doubt: str = "") -> Rule:
    policy, match = selected
    why = doubt or (policy.doubt or "whom it is for is not known" if match is not Match.YES else "")
    return replace(rule, doubt=rule.doubt or why) if why else rule


def _by_priority(selected: list[Selected]) -> Iterator[Rule]:
    rivals: defaultdict[object, int] = defaultdict(int)
    actions: defaultdict[object, set[Action]] = defaultdict(set)
    for policy, _ in selected:
        rivals[policy.position[0]] += 1
        actions[policy.position[0]].update(rule.action for rule in policy.rules)
    for each in selected:
        priority = each[0].position[0]
        tied = _TIED if rivals[priority] > 1 and len(actions[priority]) > 1 else ""
        yield from (_unsure(rule, each, tied) for rule in each[0].rules)


def _standard(selected: list[Selected]) -> Iterator[Rule]:
    """Cilium's denials first, then what is allowed in Calico's order, and last the isolation they make."""
    for each in selected:
        if _adds_up(each[0]):
            yield from (_unsure(rule, each) for rule in each[0].rules if rule.action is Action.DENY)
    for each in selected:
        denied = _adds_up(each[0])
        kept = (rule for rule in each[0].rules if not (denied and rule.action is Action.DENY))
        yield from (_unsure(rule, each) for rule in kept)
    yield from _isolation(selected)


def _adds_up(policy: Compiled) -> bool:
    return isinstance(policy.policy, CILIUM)


def _isolation(selected: list[Selected]) -> Iterator[Rule]:
    for each in selected:
        if each[0].isolates:
            last = Rule(Action.DENY, each[0].policy, _isolating_path(each[0]), anyone, any_port)
            yield _unsure(last, each)


def _isolating_path(policy: Compiled) -> str:
    if isinstance(policy.policy, o.NetworkPluginConfigMap):
        return ALWAYS
    return "spec.types" if policy.tier else "spec.policyTypes"


def _tier(selected: list[Selected], action: str) -> Iterator[Rule]:
    for each in selected:
        yield from (_unsure(rule, each) for rule in each[0].rules)
    if action != "Pass":
        yield from _isolation(selected)


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
    return World(_all(snapshot), tiers)


def _all(snapshot: Snapshot) -> Iterator[Compiled]:
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

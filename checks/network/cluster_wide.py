"""Cluster-wide policies of network-policy-api as rules: ClusterNetworkPolicy and the two kinds before it.

They isolate nobody by being there: only a rule that denies does. The first rule that matches decides, by
priority and then by order in the policy; Pass leaves it to the next tier. Pods on a node's network are
neither subjects nor peers. A rule with a peer that this version does not know fails closed: Accept matches
nothing, Deny and Pass deny everything.
Source: kubernetes-sigs/network-policy-api apis/v1alpha2/clusternetworkpolicy_types.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

from checks.cluster import objects as o
from checks.network.asks import Asks, asked_by
from checks.network.chain import Action, Match, PeerTest, PortTest, Rule, any_port, anyone
from checks.network.compiled import Compiled, Layer, Spaces, addresses, any_of, labels_of, pods, port_test
from checks.network.peers import Endpoint, Peer
from checks.network.policies import Direction
from checks.network.ports import NONE, Ports, every, ports, union
from checks.network.selectors import selects_all

Policy = o.AdminNetworkPolicy | o.BaselineAdminNetworkPolicy | o.ClusterNetworkPolicy

_ACTIONS = {"Accept": Action.ALLOW, "Allow": Action.ALLOW, "Deny": Action.DENY, "Pass": Action.PASS}
_LAST_PRIORITY = 1001.0
_NAMES = "it names domains, which are not modelled"


def compiled(policy: Policy, spaces: Spaces) -> Iterator[Compiled]:
    """A policy, once for each direction in which it has rules."""
    layer, priority = _place(policy)
    for direction, written in (
        (Direction.INGRESS, policy.spec.ingress),
        (Direction.EGRESS, policy.spec.egress),
    ):
        if not written:
            continue
        action, number = _first_for_all(written) or (None, 0)
        path = f"spec.{direction.lower()}[{number}]"
        yield Compiled(
            policy=policy,
            direction=direction,
            layer=layer,
            selects=_subject(policy.spec.subject, spaces),
            whole=_whole(policy.spec.subject, spaces),
            rules=tuple(_rules(policy, direction, written, spaces)),
            denies=path if action is Action.DENY else None,
            opens=path if action is Action.ALLOW else None,
            labels=labels_of(policy.spec.subject.pods.pod_selector) if policy.spec.subject.pods else (),
            asks=_asks(policy.spec.subject),
            position=(priority, policy.metadata.name),
        )


def _place(policy: Policy) -> tuple[Layer, float]:
    match policy:
        case o.AdminNetworkPolicy():
            return Layer.ADMIN, float(policy.spec.priority)
        case o.BaselineAdminNetworkPolicy():
            return Layer.BASELINE, _LAST_PRIORITY
        case o.ClusterNetworkPolicy():
            layer = Layer.BASELINE if policy.spec.tier == "Baseline" else Layer.ADMIN
            return layer, float(policy.spec.priority)


def _subject(subject: o.ClusterSubject, spaces: Spaces) -> Callable[[Peer], Match]:
    if subject.pods is not None:
        return cast("Callable[[Peer], Match]", _in_pods(subject.pods, spaces))
    if subject.namespaces is not None:
        return cast(
            "Callable[[Peer], Match]", pods(spaces.picked_by(subject.namespaces), o.LabelSelector(), Match.NO)
        )
    return lambda _: Match.NO


def _asks(subject: o.ClusterSubject) -> Asks:
    if subject.pods is not None:
        return Asks(asked_by(subject.pods.pod_selector), asked_by(subject.pods.namespace_selector))
    return Asks(spaces=asked_by(subject.namespaces)) if subject.namespaces is not None else Asks()


def _in_pods(which: o.NamespacedPods, spaces: Spaces) -> PeerTest:
    return pods(spaces.picked_by(which.namespace_selector), which.pod_selector, Match.NO)


def _whole(subject: o.ClusterSubject, spaces: Spaces) -> Callable[[str], bool]:
    if subject.pods is not None:
        if not selects_all(subject.pods.pod_selector):
            return lambda _: False
        picked = spaces.picked_by(subject.pods.namespace_selector)
    elif subject.namespaces is not None:
        picked = spaces.picked_by(subject.namespaces)
    else:
        return lambda _: False
    return lambda namespace: picked(namespace) is Match.YES


def _rules(
    policy: Policy, direction: Direction, written: tuple[o.ClusterRule, ...], spaces: Spaces
) -> Iterator[Rule]:
    for number, rule in enumerate(written):
        action = _ACTIONS.get(rule.action)
        if action is None:
            continue
        others = (rule.from_ if direction is Direction.INGRESS else rule.to) or ()
        path = f"spec.{direction.lower()}[{number}]"
        if any(_unknown(each) for each in others):
            if action is not Action.ALLOW:
                yield Rule(Action.DENY, policy, path, anyone, any_port)
            continue
        doubt = _NAMES if any(each.domain_names for each in others) else ""
        yield Rule(
            action, policy, path, any_of([_peer(each, spaces) for each in others]), _ports(rule), doubt
        )


def _unknown(peer: o.ClusterPeer) -> bool:
    return peer == o.ClusterPeer()


def _peer(peer: o.ClusterPeer, spaces: Spaces) -> PeerTest:
    if peer.namespaces is not None:
        return pods(spaces.picked_by(peer.namespaces), o.LabelSelector(), Match.NO)
    if peer.pods is not None:
        return _in_pods(peer.pods, spaces)
    if peer.networks is not None:
        return any_of([addresses(each, (), of_pods=True) for each in peer.networks])
    if peer.nodes is not None:
        return _a_node
    return lambda other: Match.NO if isinstance(other, Peer) else Match.MAYBE


def _a_node(other: Endpoint) -> Match:
    """Nodes are matched by their addresses; that a pod uses a node's network makes it one of them, maybe."""
    return Match.MAYBE if not isinstance(other, Peer) or other.on_node_network else Match.NO


def _ports(rule: o.ClusterRule) -> PortTest:
    if not rule.ports and not rule.protocols:
        return any_port
    fixed: list[Ports] = []
    names: list[tuple[str, str]] = []
    for port in rule.ports or ():
        if port.port_number is not None:
            fixed.append(ports(port.port_number.protocol, port.port_number.port))
        elif port.port_range is not None:
            fixed.append(ports(port.port_range.protocol, port.port_range.start, port.port_range.end))
        elif port.named_port is not None:
            names.append((port.named_port, ""))
    for each in rule.protocols or ():
        for name, found in (("TCP", each.tcp), ("UDP", each.udp), ("SCTP", each.sctp)):
            if found is not None:
                fixed.append(_of_protocol(name, found))
        if each.destination_named_port is not None:
            names.append((each.destination_named_port, ""))
    return port_test(union(fixed), tuple(names))


def _of_protocol(name: str, found: o.ProtocolPorts) -> Ports:
    port = found.destination_port
    if port is None:
        return every(name)
    if port.number is not None:
        return ports(name, port.number)
    return ports(name, port.range.start, port.range.end) if port.range is not None else NONE


def _first_for_all(written: tuple[o.ClusterRule, ...]) -> tuple[Action, int] | None:
    """What the first rule for every pod on every port does, and which it is: nothing after it counts."""
    for number, rule in enumerate(written):
        action = _ACTIONS.get(rule.action)
        others = (*(rule.from_ or ()), *(rule.to or ()))
        if action is None or (action is Action.ALLOW and any(map(_unknown, others))):
            continue
        if any(map(_unknown, others)):
            return Action.DENY, number
        if _everybody(rule):
            return action, number
    return None


def _everybody(rule: o.ClusterRule) -> bool:
    if rule.ports or rule.protocols:
        return False
    return any(_all_pods(peer) for peer in (*(rule.from_ or ()), *(rule.to or ())))


def _all_pods(peer: o.ClusterPeer) -> bool:
    if peer.namespaces is not None:
        return selects_all(peer.namespaces)
    if peer.pods is not None:
        return selects_all(peer.pods.namespace_selector) and selects_all(peer.pods.pod_selector)
    return "0.0.0.0/0" in (peer.networks or ())

"""Kubernetes' own NetworkPolicies as rules.

A pod that any of them selects in a direction gets only what some of them allows; nothing denies, nothing is
ordered. Source: Kubernetes v1.37, k8s.io/api networking/v1 types.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from checks.cluster import objects as o
from checks.network.asks import Asks, asked_by
from checks.network.chain import Action, Match, PortTest, Rule, any_port, anyone
from checks.network.compiled import (
    Compiled,
    Layer,
    Spaces,
    addresses,
    any_of,
    certain,
    labels_of,
    pods,
    port_test,
)
from checks.network.peers import Endpoint
from checks.network.policies import Direction, directions, namespace_of, rules_of
from checks.network.ports import every, ports, union
from checks.network.selectors import selects, selects_all

ORDER = 1000.0
"""Where Calico puts them in its default tier."""


def compiled(policy: o.NetworkPolicy, spaces: Spaces, *, blocks_match_pods: bool) -> Iterator[Compiled]:
    """A policy, once for each direction it has."""
    selector, namespace = policy.spec.pod_selector, namespace_of(policy)
    whole, labels, asks = selects_all(selector), labels_of(selector), Asks(asked_by(selector))
    for direction in directions(policy.spec):
        rules = tuple(_rules(policy, direction, namespace, spaces, blocks_match_pods))
        yield Compiled(
            policy=policy,
            direction=direction,
            layer=Layer.STANDARD,
            selects=certain(lambda peer: whole or selects(selector, peer.labels)),
            whole=lambda name: whole and name == namespace,
            rules=rules,
            isolates=True,
            opens=next((r.path for r in rules if r.peer is anyone and r.ports is any_port), None),
            namespace=namespace,
            labels=labels,
            asks=asks,
            position=(ORDER, policy.metadata.name),
        )


def _rules(
    policy: o.NetworkPolicy, direction: Direction, namespace: str, spaces: Spaces, blocks_match_pods: bool
) -> Iterator[Rule]:
    for number, (peers, allowed) in enumerate(rules_of(policy.spec, direction)):
        tests = tuple(_peer(each, namespace, spaces, blocks_match_pods) for each in peers or ())
        yield Rule(
            action=Action.ALLOW,
            policy=policy,
            path=f"spec.{direction.lower()}[{number}]",
            peer=any_of(tests) if tests else anyone,
            ports=_ports(allowed) if allowed else any_port,
        )


def _peer(
    peer: o.NetworkPolicyPeer, namespace: str, spaces: Spaces, blocks_match_pods: bool
) -> Callable[[Endpoint], Match]:
    """`namespaceSelector` and `podSelector` in one peer must both hold; neither nor a block is nobody."""
    if peer.ip_block is not None:
        return addresses(peer.ip_block.cidr, peer.ip_block.except_ or (), of_pods=blocks_match_pods)
    if peer.namespace_selector is None and peer.pod_selector is None:
        return lambda _: Match.NO
    if peer.namespace_selector is None:
        return pods(_only(namespace), peer.pod_selector or o.LabelSelector(), Match.MAYBE)
    return pods(
        spaces.picked_by(peer.namespace_selector), peer.pod_selector or o.LabelSelector(), Match.MAYBE
    )


def _only(namespace: str) -> Callable[[str], Match]:
    return lambda name: Match.YES if name == namespace else Match.NO


def _ports(allowed: tuple[o.NetworkPolicyPort, ...]) -> PortTest:
    fixed, names = [], []
    for each in allowed:
        protocol = each.protocol or "TCP"
        match each.port:
            case None:
                fixed.append(every(protocol))
            case int(number):
                fixed.append(ports(protocol, number, each.end_port))
            case str(name):
                names.append((name, protocol))
    return port_test(union(fixed), tuple(names))

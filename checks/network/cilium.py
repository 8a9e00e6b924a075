"""Cilium's policies as rules: they add up with NetworkPolicies, and what one of them denies stays denied.

A policy with an ingress section puts the pods it selects into default deny for ingress, unless
`enableDefaultDeny` says otherwise; likewise egress. A rule without any member matches nothing, so
`ingress: [{}]` is how Cilium denies everything, where in a NetworkPolicy it allows everything.
Not modelled, and said: layer 7 rules, domain names, groups, nodes, services, ICMP, and most entities.
Sources: cilium/cilium pkg/policy/api/rule.go and pkg/k8s/apis/cilium.io/utils/utils.go, docs.cilium.io
security/policy/intro.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from checks.cluster import objects as o
from checks.network.chain import Action, Match, PeerTest, PortTest, Rule, any_port, anyone, nobody
from checks.network.cilium_selector import CiliumSelector, own_subject
from checks.network.compiled import Compiled, Layer, Spaces, addresses, any_of, port_test
from checks.network.peers import Endpoint, Outside, Peer
from checks.network.policies import Direction, namespace_of
from checks.network.ports import NONE, PROTOCOLS, Ports, ports, union

T = TypeVar("T")
Policy = o.CiliumNetworkPolicy | o.CiliumClusterwideNetworkPolicy

_STRANGERS = "it names domains, groups, nodes, services or requirements, which are not modelled"


def compiled(policy: Policy, spaces: Spaces) -> Iterator[Compiled]:
    """A policy, once for each of its specs and directions with rules. One for nodes is for no pod."""
    namespace = namespace_of(policy) if isinstance(policy, o.CiliumNetworkPolicy) else None
    given = [] if policy.spec is None else [("spec", policy.spec)]
    given += [(f"specs[{number}]", spec) for number, spec in enumerate(policy.specs or ())]
    for place, spec in given:
        if spec.endpoint_selector is None:
            continue
        for direction in Direction:
            found = _one(policy, place, spec, direction, namespace, spaces)
            if found is not None:
                yield found


def _one(
    policy: Policy,
    place: str,
    spec: o.CiliumSpec,
    direction: Direction,
    namespace: str | None,
    spaces: Spaces,
) -> Compiled | None:
    way = direction.lower()
    allows = (spec.ingress if direction is Direction.INGRESS else spec.egress) or ()
    denies = (spec.ingress_deny if direction is Direction.INGRESS else spec.egress_deny) or ()
    if not allows and not denies:
        return None
    written = [(f"{place}.{way}Deny[{n}]", Action.DENY, rule) for n, rule in enumerate(denies)]
    written += [(f"{place}.{way}[{n}]", Action.ALLOW, rule) for n, rule in enumerate(allows)]
    rules = tuple(_rule(policy, path, action, rule, namespace, spaces) for path, action, rule in written)
    subject = CiliumSelector(own_subject(spec.endpoint_selector, namespace), namespace, spaces)
    return Compiled(
        policy=policy,
        direction=direction,
        layer=Layer.STANDARD,
        selects=subject.test,
        whole=subject.whole,
        rules=rules,
        isolates=_default_deny(spec, direction),
        opens=_everybody(rules, Action.ALLOW),
        denies=_everybody(rules, Action.DENY),
        namespace=namespace,
        labels=subject.labels,
        asks=subject.asks,
        position=(0.0, policy.metadata.name),
        doubt=subject.doubt,
    )


def _everybody(rules: tuple[Rule, ...], action: Action) -> str | None:
    found = (rule for rule in rules if rule.action is action and not rule.doubt)
    return next((rule.path for rule in found if rule.peer is anyone and rule.ports is any_port), None)


def _default_deny(spec: o.CiliumSpec, direction: Direction) -> bool:
    said = spec.enable_default_deny or o.CiliumDefaultDeny()
    chosen = said.ingress if direction is Direction.INGRESS else said.egress
    return chosen is not False


def _rule(
    policy: Policy, path: str, action: Action, rule: o.CiliumRule, namespace: str | None, spaces: Spaces
) -> Rule:
    peer, doubt = _peers(rule, namespace, spaces)
    test, more = _ports(rule)
    return Rule(action, policy, path, peer, test, doubt or more)


def _peers(rule: o.CiliumRule, namespace: str | None, spaces: Spaces) -> tuple[PeerTest, str]:
    """Whom a rule is about. Without such a member everybody if it names ports, nobody if it does not."""
    endpoints = _either(rule.from_endpoints, rule.to_endpoints)
    blocks = _either(rule.from_cidr, rule.to_cidr)
    sets = _either(rule.from_cidr_set, rule.to_cidr_set)
    entities = _either(rule.from_entities, rule.to_entities)
    strange = (
        rule.from_groups, rule.from_nodes, rule.to_groups, rule.to_nodes, rule.to_services, rule.to_fqdns,
        rule.from_requires, rule.to_requires,
    )  # fmt: skip
    if any(each is not None for each in strange):
        return (
            anyone,
            _STRANGERS,
        )
    if endpoints is None and blocks is None and sets is None and entities is None:
        if rule.to_ports or rule.icmps:
            return anyone, ""
        return nobody, ""
    if "all" in (entities or ()):
        return anyone, ""
    tests: list[PeerTest] = [CiliumSelector(each, namespace, spaces).test for each in endpoints or ()]
    tests += [addresses(each, (), of_pods=False) for each in blocks or ()]
    tests += [
        addresses(each.cidr, each.except_ or (), of_pods=False) if each.cidr is not None else _an_address
        for each in sets or ()
    ]
    tests += [_entity(each) for each in entities or ()]
    return any_of(tests) if tests else nobody, ""


def _either(one: tuple[T, ...] | None, other: tuple[T, ...] | None) -> tuple[T, ...] | None:
    return one if one is not None else other


def _an_address(other: Endpoint) -> Match:
    return Match.MAYBE if isinstance(other, Outside) else Match.NO


def _entity(name: str) -> PeerTest:
    """World is what is outside of the cluster, cluster what is inside; the others are not modelled."""

    def test(other: Endpoint) -> Match:
        outside = isinstance(other, Outside)
        match name:
            case "world":
                return Match.YES if outside else Match.NO
            case "world-ipv4" | "world-ipv6":
                return Match.YES if outside and (":" in str(other)) is (name == "world-ipv6") else Match.NO
            case "cluster":
                return Match.MAYBE if outside else Match.YES
            case "none":
                return Match.NO
            case _:
                on_node = isinstance(other, Peer) and other.on_node_network
                return Match.MAYBE if outside or on_node else Match.NO

    return test


def _ports(rule: o.CiliumRule) -> tuple[PortTest, str]:
    if not rule.to_ports:
        return (any_port, "") if not rule.icmps else (port_test(NONE), "")
    fixed: list[Ports] = []
    names: list[tuple[str, str]] = []
    doubt = ""
    for group in rule.to_ports:
        if group.rules is not None:
            doubt = "it has layer 7 rules, which are not modelled"
        if not group.ports:
            return any_port, doubt
        for port in group.ports:
            given = (port.protocol or "ANY").upper()
            number = _number(port.port)
            if number is None:
                names.append((str(port.port), "" if given == "ANY" else given))
            else:
                fixed += [_range(each, number, port.end_port) for each in PROTOCOLS if given in ("ANY", each)]
    return port_test(union(fixed), tuple(names)), doubt


def _range(protocol: str, number: int, end: int | None) -> Ports:
    """Port 0 is every port."""
    return ports(protocol, 1, 65_535) if number == 0 else ports(protocol, number, end or number)


def _number(port: str | int) -> int | None:
    text = str(port)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else None

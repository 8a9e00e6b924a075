"""Calico's policies as rules: ordered in a tier, tiers in order, and deny at the end of one that applied.

A pod that no policy of a tier selects goes on to the next. In the default tier they stand beside the
NetworkPolicies, which have order 1000. A Staged policy is of another kind, is not enforced and is not read.
Not modelled, and said: service accounts, services, domains, layer 7, ICMP and protocols by number.
Sources: projectcalico/calico api/pkg/apis/projectcalico/v3 networkpolicy.go, globalnetworkpolicy.go, tier.go.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import cast

from msgspec import Struct

from checks.cluster import objects as o
from checks.network.asks import Asks, together
from checks.network.calico_selector import EVERYTHING, Selector, Test, Unreadable, parse
from checks.network.chain import Action, Match, PeerTest, PortTest, Rule, any_port, anyone
from checks.network.compiled import Compiled, Label, Layer, Spaces, addresses, any_of, named
from checks.network.peers import NAME_LABEL, Endpoint, Outside, Peer
from checks.network.policies import Direction, namespace_of
from checks.network.ports import ALL, NONE, PROTOCOLS, Ports, every, ports, union

Policy = o.CalicoNetworkPolicy | o.CalicoGlobalNetworkPolicy

DEFAULT_TIER = "default"
DEFAULT_TIER_ORDER = 1_000_000.0
ADMIN_TIER_ORDER = 1_000.0
_NAMESPACE = "projectcalico.org/namespace"
_NAME = "projectcalico.org/name"
_ACTIONS = {"Allow": Action.ALLOW, "Deny": Action.DENY, "Pass": Action.PASS}
_PARTS = "its rule has parts that are not modelled"
_SUBJECT = "its selector is not modelled"


def compiled(policy: Policy, spaces: Spaces) -> Iterator[Compiled]:
    """A policy, once for each direction it has."""
    spec = policy.spec
    namespace = namespace_of(policy) if isinstance(policy, o.CalicoNetworkPolicy) else None
    subject = _subject(spec, namespace, spaces)
    order = spec.order if spec.order is not None and not math.isnan(spec.order) else math.inf
    tier = spec.tier or DEFAULT_TIER
    for direction in _directions(spec):
        written = (spec.ingress if direction is Direction.INGRESS else spec.egress) or ()
        rules = tuple(_rules(policy, direction, written, namespace, spaces))
        first = next((r for r in rules if r.peer is anyone and r.ports is any_port), None)
        yield Compiled(
            policy=policy,
            direction=direction,
            layer=Layer.STANDARD if tier == DEFAULT_TIER else Layer.TIER,
            selects=subject.selects,
            whole=subject.whole,
            rules=rules,
            isolates=True,
            opens=_path(first, Action.ALLOW),
            denies=_path(first, Action.DENY),
            namespace=namespace,
            labels=subject.labels,
            asks=subject.asks,
            position=(order, policy.metadata.name),
            tier=tier,
            doubt=subject.doubt,
        )


def _path(first: Rule | None, action: Action) -> str | None:
    return first.path if first is not None and first.action is action and not first.doubt else None


def _directions(spec: o.CalicoSpec) -> tuple[Direction, ...]:
    if spec.types:
        return tuple(direction for direction in Direction if direction in spec.types)
    if spec.egress:
        return (Direction.INGRESS, Direction.EGRESS) if spec.ingress else (Direction.EGRESS,)
    return (Direction.INGRESS,)


class _Subject(Struct, frozen=True):
    """Whom a policy is for, in the terms of Compiled."""

    selects: Callable[[Peer], Match]
    whole: Callable[[str], bool]
    labels: tuple[Label, ...] = ()
    asks: Asks = Asks()
    doubt: str = ""


def _subject(spec: o.CalicoSpec, namespace: str | None, spaces: Spaces) -> _Subject:
    unknown = _Subject(_own(namespace), lambda _: False, doubt=_SUBJECT)
    if spec.service_account_selector or spec.do_not_track or spec.pre_dnat:
        return unknown
    try:
        pod, space = parse(spec.selector or ""), parse(spec.namespace_selector or "")
    except Unreadable:
        return unknown
    everything = (spec.selector or "all()").replace(" ", "") in ("", "all()")
    test = _selected(pod.test, space.test, namespace, spaces)

    def whole(name: str) -> bool:
        return everything and namespace in (None, name) and space.test(_space(name, spaces))

    own = (pod.label,) if pod.label is not None and pod.label[0] != _NAMESPACE else ()
    return _Subject(cast("Callable[[Peer], Match]", test), whole, own, _asks(pod, space))


def _asks(pod: Selector, space: Selector) -> Asks:
    """What it asks. Calico gives pods a label with their namespace, and namespaces one with their name."""
    named = [{NAME_LABEL: values} for key, values in pod.asked.items() if key == _NAMESPACE]
    named += [{NAME_LABEL: values} for key, values in space.asked.items() if key == _NAME]
    return Asks(pod.asked, together((space.asked, *named)))


def _own(namespace: str | None) -> Callable[[Peer], Match]:
    return lambda peer: Match.MAYBE if namespace in (None, peer.namespace) else Match.NO


def _space(namespace: str, spaces: Spaces) -> Mapping[str, str]:
    return {**spaces.labels.get(namespace, {}), _NAME: namespace}


def _selected(pod: Test, space: Test, namespace: str | None, spaces: Spaces) -> PeerTest:
    picked: dict[str, bool] = {}

    def test(other: Endpoint) -> Match:
        if isinstance(other, Outside):
            return Match.MAYBE  # a NetworkSet, which is not read, may give it labels
        if namespace not in (None, other.namespace):
            return Match.NO
        if other.namespace not in picked:
            picked[other.namespace] = space(_space(other.namespace, spaces))
        if not picked[other.namespace] or not pod({**other.labels, _NAMESPACE: other.namespace}):
            return Match.NO
        return Match.MAYBE if other.on_node_network else Match.YES

    return test


def _rules(
    policy: Policy,
    direction: Direction,
    written: tuple[o.CalicoRule, ...],
    namespace: str | None,
    spaces: Spaces,
) -> Iterator[Rule]:
    for number, rule in enumerate(written):
        action = _ACTIONS.get(rule.action)
        if action is None:  # Log only writes down
            continue
        incoming = direction is Direction.INGRESS
        other = (rule.source if incoming else rule.destination) or o.CalicoEntity()
        own = (rule.destination if incoming else rule.source) or o.CalicoEntity()
        peer, doubt = _peer(other, namespace, spaces)
        test, odd = _ports(rule)
        strange = rule.http is not None or rule.icmp is not None or rule.not_icmp is not None
        own_side = any((own.nets, own.not_nets, own.selector, own.not_selector, own.namespace_selector))
        source_ports = rule.source is not None and (rule.source.ports or rule.source.not_ports)
        own_odd = own.service_accounts is not None or own.services is not None
        if rule.icmp is not None and rule.protocol in ("ICMP", "ICMPv6", 1, 58):
            continue
        said = _PARTS if doubt or odd or strange or own_side or own_odd or source_ports else ""
        yield Rule(action, policy, f"spec.{direction.lower()}[{number}]", peer, test, said)


def _peer(entity: o.CalicoEntity, namespace: str | None, spaces: Spaces) -> tuple[PeerTest, bool]:
    """Whom a rule is about, and whether something of it is not modelled."""
    strange = entity.service_accounts is not None or entity.services is not None or bool(entity.domains)
    tests: list[PeerTest] = []
    try:
        if entity.selector or entity.namespace_selector:
            within = namespace if not entity.namespace_selector else None
            space = entity.namespace_selector or ""
            tests.append(_selected(parse(entity.selector or "").test, parse(space).test, within, spaces))
        if entity.not_selector:
            refused = parse(entity.not_selector).test
            tests.append(_selected(lambda labels: not refused(labels), EVERYTHING.test, None, spaces))
    except Unreadable:
        strange = True
    if entity.nets:
        tests.append(any_of([addresses(each, (), of_pods=True) for each in entity.nets]))
    if entity.not_nets:
        tests.append(_not(any_of([addresses(each, (), of_pods=True) for each in entity.not_nets])))
    return (_all_of(tests) if tests else anyone), strange


def _not(test: PeerTest) -> PeerTest:
    return lambda other: Match(Match.YES - test(other))


def _all_of(tests: list[PeerTest]) -> PeerTest:
    if len(tests) == 1:
        return tests[0]
    return lambda other: min(test(other) for test in tests)


def _ports(rule: o.CalicoRule) -> tuple[PortTest, bool]:
    """Which ports a rule is about, and whether something of it is not modelled."""
    destination = rule.destination or o.CalicoEntity()
    protocol, strange = _protocol(rule)
    fixed, names, odd = _parsed(destination.ports or (), protocol)
    refused, refused_names, odd_refused = _parsed(destination.not_ports or (), protocol)
    base = union(every(each) for each in protocol) if protocol != PROTOCOLS else ALL
    if not destination.ports and not destination.not_ports:
        return (any_port if base == ALL else lambda _: base), strange

    def test(at: Endpoint) -> Ports:
        chosen = fixed | named(at, names) if destination.ports else base
        return chosen - (refused | named(at, refused_names))

    return test, strange or odd or odd_refused


def _protocol(rule: o.CalicoRule) -> tuple[tuple[str, ...], bool]:
    if rule.not_protocol is not None or rule.ip_version is not None:
        return PROTOCOLS, True
    if rule.protocol is None:
        return PROTOCOLS, False
    numbers = {6: "TCP", 17: "UDP", 132: "SCTP"}
    given = numbers.get(rule.protocol) if isinstance(rule.protocol, int) else rule.protocol.upper()
    return ((given,), False) if given in PROTOCOLS else ((), False)


def _parsed(
    written: Iterable[int | str], protocols: tuple[str, ...]
) -> tuple[Ports, tuple[tuple[str, str], ...], bool]:
    """Ports by number or range (`8000:8100`), and those by name."""
    found: list[Ports] = []
    names: list[tuple[str, str]] = []
    odd = False
    for each in written:
        first, _, last = str(each).partition(":")
        if first.isdigit() and (not last or last.isdigit()) and len(first) <= 5 and len(last) <= 5:
            found += [ports(name, int(first), int(last or first)) for name in protocols]
        elif last:
            odd = True
        else:
            names += [(first, name) for name in protocols]
    return union(found) if found else NONE, tuple(names), odd

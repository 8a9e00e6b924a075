"""What every kind of policy is turned into: whom it is for, its rules, and what becomes of the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum

from msgspec import Struct

from checks.cluster import objects as o
from checks.network.addresses import within
from checks.network.asks import Asked, Asks, Seen, seen
from checks.network.chain import Match, PortTest, Rule
from checks.network.peers import NAME_LABEL, Endpoint, Outside, Peer
from checks.network.policies import Direction
from checks.network.ports import NONE, Ports, ports, union
from checks.network.selectors import selects, selects_all

Selects = Callable[[Peer], Match]
Label = tuple[str, str]


class Layer(StrEnum):
    """Where a policy stands. What ADMIN decides is final, BASELINE is asked where nothing else decided.

    TIER is a tier of Calico's; STANDARD holds NetworkPolicies, Cilium's and Calico's default tier.
    """

    ADMIN = "admin"
    TIER = "tier"
    STANDARD = "standard"
    BASELINE = "baseline"


class Compiled(Struct, frozen=True):
    """One policy in one direction.

    namespace: the only one whose pods it can be for; None for a cluster-wide one.
    labels: every pod it selects has one of them; empty where it is for pods without any of its choice too.
    asks: what its selector asks about a pod.
    whole: whether it is for every pod of a namespace, future ones too.
    isolates: whether what it does not allow is denied. opens: the path of a rule that allows everything.
    denies: the path of a rule that denies everything from inside of the cluster.
    position: within its layer, lower first. doubt: what of its selector is not modelled.
    """

    policy: o.Object
    direction: Direction
    layer: Layer
    selects: Selects
    whole: Callable[[str], bool]
    rules: tuple[Rule, ...] = ()
    isolates: bool = False
    opens: str | None = None
    denies: str | None = None
    namespace: str | None = None
    labels: tuple[Label, ...] = ()
    asks: Asks = Asks()
    position: tuple[float, str] = (0.0, "")
    tier: str = ""
    doubt: str = ""

    @property
    def name(self) -> str:
        return self.policy.metadata.name

    @property
    def decides(self) -> bool:
        """Whether it says something about all traffic of the pods it is for."""
        return self.isolates or self.opens is not None or self.denies is not None


class Spaces:
    """The namespaces' labels, and which selectors pick which: asked often, answered once.

    A namespace that was not read has only its name; whether other labels are there is not known.
    """

    def __init__(self, labels: dict[str, dict[str, str]], known: frozenset[str]) -> None:
        self.labels = labels
        self._known = known

    def seen(self, namespace: str, asked: Asked) -> Seen:
        """A namespace's labels as far as they are asked about, and whether they are known."""
        found = seen(self.labels.get(namespace, {NAME_LABEL: namespace}), asked)
        return found if not asked or namespace in self._known else found | {("", None)}

    def picked_by(self, selector: o.LabelSelector) -> Callable[[str], Match]:
        """A test whether a namespace is picked, which remembers its answers."""
        answers: dict[str, Match] = {}
        everything = selects_all(selector)

        def picked(namespace: str) -> Match:
            if everything:
                return Match.YES
            if namespace not in answers:
                answers[namespace] = self._pick(selector, namespace)
            return answers[namespace]

        return picked

    def _pick(self, selector: o.LabelSelector, namespace: str) -> Match:
        if namespace in self._known or _keys(selector) <= {NAME_LABEL}:
            found = self.labels.get(namespace, {NAME_LABEL: namespace})
            return Match.YES if selects(selector, found) else Match.NO
        named = o.LabelSelector(
            {k: v for k, v in (selector.match_labels or {}).items() if k == NAME_LABEL},
            tuple(each for each in selector.match_expressions or () if each.key == NAME_LABEL),
        )
        return Match.MAYBE if selects(named, {NAME_LABEL: namespace}) else Match.NO


def _keys(selector: o.LabelSelector) -> set[str]:
    return {*(selector.match_labels or {}), *(each.key for each in selector.match_expressions or ())}


def labels_of(selector: o.LabelSelector) -> tuple[Label, ...]:
    """Labels one of which every object has that this selector picks; empty where there are no such."""
    for label in (selector.match_labels or {}).items():
        return (label,)
    for each in selector.match_expressions or ():
        if each.operator == "In":
            return tuple((each.key, value) for value in dict.fromkeys(each.values or ()))
    return ()


def certain(test: Callable[[Peer], bool]) -> Selects:
    """A yes-or-no test as one of three answers."""
    return lambda peer: Match.YES if test(peer) else Match.NO


def pods(
    namespaces: Callable[[str], Match], selector: o.LabelSelector, on_node: Match
) -> Callable[[Endpoint], Match]:
    """A test for the pods with these labels in these namespaces; `on_node` for those on a node's network."""
    everything = selects_all(selector)

    def test(other: Endpoint) -> Match:
        if isinstance(other, Outside):
            return Match.NO
        found = namespaces(other.namespace)
        if not found or not (everything or selects(selector, other.labels)):
            return Match.NO
        return min(found, on_node) if other.on_node_network else found

    return test


def addresses(cidr: str, exceptions: Iterable[str], *, of_pods: bool) -> Callable[[Endpoint], Match]:
    """A test for the addresses of a block. `of_pods`: whether the plugin matches pods by their address."""
    holes = tuple(exceptions)

    def test(other: Endpoint) -> Match:
        if isinstance(other, Outside):
            return Match.YES if within(other.address, cidr, holes) else Match.NO
        if not of_pods and not other.on_node_network:
            return Match.NO
        if not other.addresses:
            return Match.MAYBE
        inside = [within(each, cidr, holes) for each in other.addresses]
        return Match.YES if all(inside) else Match.MAYBE if any(inside) else Match.NO

    return test


def any_of(tests: Iterable[Callable[[Endpoint], Match]]) -> Callable[[Endpoint], Match]:
    """The surest answer of several tests."""
    asked = tuple(tests)
    if len(asked) == 1:
        return asked[0]

    def test(other: Endpoint) -> Match:
        best = Match.NO
        for each in asked:
            best = max(best, each(other))
            if best is Match.YES:
                break
        return best

    return test


def port_test(fixed: Ports, names: tuple[tuple[str, str], ...] = ()) -> PortTest:
    """Ports by number, and by name and protocol (empty: any) as the destination's containers name them."""
    if not names:
        return lambda _: fixed

    def test(destination: Endpoint) -> Ports:
        return fixed | named(destination, names)

    return test


def named(destination: Endpoint, names: Iterable[tuple[str, str]]) -> Ports:
    """What these names stand for there. An address outside has no named ports."""
    if isinstance(destination, Outside):
        return NONE
    wanted = set(names)
    return union(
        ports(protocol, number)
        for name, protocol, number in destination.ports
        if (name, protocol) in wanted or (name, "") in wanted
    )

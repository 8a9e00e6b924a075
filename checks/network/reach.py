"""Whether traffic gets from here to there: egress must be allowed at the source, ingress at the destination.

Answers come for all ports at once, with the rules that decided on both sides. Beyond the policies: a pod
always reaches itself, a node always reaches its own pods, and a pod on its node's network is no pod to a
policy. Source: Kubernetes v1.37, k8s.io/api networking/v1 types.go and the documentation of network policies.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from checks.cluster.snapshot import Snapshot
from checks.network.chain import Decision, Step, decide
from checks.network.compiled import named
from checks.network.peers import Endpoint, Outside, Peer
from checks.network.policies import Direction
from checks.network.ports import ALL, NONE, Ports, every, ports
from checks.network.world import world


class Outcome(StrEnum):
    """What becomes of the ports that were asked for. SOME: it is not the same for all of them."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"
    SOME = "some"


class Side(Struct, frozen=True):
    """What one end's policies decide. `decision` is None where no policy can be for that end."""

    direction: Direction
    decision: Decision | None

    @property
    def allowed(self) -> Ports | None:
        return self.decision.allowed if self.decision else None


class Reach(Struct, frozen=True):
    """Whether a source reaches a destination, by port, and why."""

    source: Endpoint
    destination: Endpoint
    wanted: Ports
    allowed: Ports
    denied: Ports
    unknown: Ports
    sides: tuple[Side, ...]
    notes: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        kinds = (
            (self.allowed, Outcome.ALLOWED),
            (self.denied, Outcome.DENIED),
            (self.unknown, Outcome.UNKNOWN),
        )
        found = [outcome for each, outcome in kinds if each]
        return found[0] if len(found) == 1 else Outcome.SOME if found else Outcome.DENIED


def reach(snapshot: Snapshot, source: Endpoint, destination: Endpoint, wanted: Ports = ALL) -> Reach:
    """Whether the source reaches these ports of the destination."""
    if source == destination:
        note = "A pod always reaches itself."
        return Reach(source, destination, wanted, wanted, NONE, NONE, (), (note,))
    sides = (_out(snapshot, source, destination, wanted), _into(snapshot, source, destination, wanted))
    notes = _notes(source, destination, sides)
    if _own_node(source, destination):
        notes = (*notes, "A pod's own node always reaches it.")
    allowed, denied = _both(sides, wanted)
    return Reach(source, destination, wanted, allowed, denied, wanted - allowed - denied, sides, notes)


def reached(snapshot: Snapshot, source: Endpoint, destination: Endpoint) -> tuple[Ports, Ports, list[Step]]:
    """In short, for many pairs: the ports that are allowed, those that are not known, and by which rules."""
    into = _into(snapshot, source, destination, ALL)
    if into.decision is not None and not (into.decision.allowed or into.decision.unknown):
        return NONE, NONE, []
    sides = (_out(snapshot, source, destination, ALL), into)
    allowed, denied = _both(sides, ALL)
    steps = [step for side in sides if side.decision is not None for step in side.decision.steps]
    return allowed, ALL - allowed - denied, steps


def _both(sides: tuple[Side, ...], wanted: Ports) -> tuple[Ports, Ports]:
    """What both ends allow, and what one of them denies."""
    allowed, denied = wanted, NONE
    for side in sides:
        if side.decision is not None:
            allowed &= side.decision.allowed
            denied |= side.decision.denied
    return allowed, denied


def _out(snapshot: Snapshot, source: Endpoint, destination: Endpoint, wanted: Ports) -> Side:
    return _side(snapshot, Direction.EGRESS, source, destination, destination, wanted)


def _into(snapshot: Snapshot, source: Endpoint, destination: Endpoint, wanted: Ports) -> Side:
    if _own_node(source, destination):
        return Side(Direction.INGRESS, None)
    return _side(snapshot, Direction.INGRESS, destination, source, destination, wanted)


def wanted_ports(destination: Endpoint, port: int | str | None, protocol: str | None) -> Ports:
    """The ports a question is about: a number, a name that the destination's containers give, or all.

    A number without a protocol is TCP, as it is in a policy; a name without one is of any.
    """
    match port:
        case None:
            return ALL if protocol is None else every(protocol)
        case int(number):
            return ports(protocol or "TCP", number)
        case str(name):
            return named(destination, ((name, protocol or ""),))


def _side(
    snapshot: Snapshot, direction: Direction, own: Endpoint, other: Endpoint, to: Endpoint, wanted: Ports
) -> Side:
    if isinstance(own, Outside) or own.on_node_network:
        return Side(direction, None)
    return Side(direction, decide(world(snapshot).stages(own, direction), other, to, wanted))


def _own_node(source: Endpoint, destination: Endpoint) -> bool:
    """Whether the source is a pod on the network of the very node the destination runs on."""
    if isinstance(source, Outside) or isinstance(destination, Outside):
        return False
    return source.on_node_network and bool(source.node) and source.node == destination.node


def _notes(source: Endpoint, destination: Endpoint, sides: tuple[Side, ...]) -> tuple[str, ...]:
    notes = [
        on_node_network(str(each))
        for each in (source, destination)
        if isinstance(each, Peer) and each.on_node_network
    ]
    doubts = dict.fromkeys(
        f"{step.rule.policy.resource} ({step.rule.path}): {step.rule.doubt}."
        for step in unsure(sides)
        if step.rule.doubt
    )
    return (*notes, *doubts)


def on_node_network(names: str) -> str:
    """What is to be said of pods whose traffic is their node's."""
    return f"No policy is for pods on their node's network, which plugins treat in their own ways: {names}."


def unsure(sides: tuple[Side, ...]) -> list[Step]:
    """The rules that may or may not have decided something."""
    return [step for side in sides if side.decision for step in side.decision.steps if not step.sure]

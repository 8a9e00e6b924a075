"""What a workload's policies let in from anywhere, and let out to the Internet and the cloud's metadata."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from checks.cluster.snapshot import Snapshot, derived
from checks.network.addresses import METADATA, PUBLIC, PUBLIC_V6
from checks.network.chain import Decision, Stage, decide
from checks.network.peers import Endpoint, Outside, Peer
from checks.network.policies import Direction
from checks.network.ports import ALL, NONE, Ports, ports
from checks.network.world import world

STRANGER = Peer(
    name="Pod stranger", labels={}, on_node_network=False, namespace="any-namespace-that-may-come"
)
"""A pod that nobody knows, in a namespace without labels: whom only rules for everybody let in."""
_METADATA = tuple(map(Outside, METADATA))
_INTERNET = (tuple(map(Outside, PUBLIC)), tuple(map(Outside, PUBLIC_V6)))
_LONG = 20


def from_anywhere(snapshot: Snapshot, peer: Peer) -> Decision:
    """What a pod that no rule names may reach of this one."""
    return _once(snapshot, "anywhere", Direction.INGRESS, peer, _anywhere)


def to_metadata(snapshot: Snapshot, peer: Peer) -> Decision:
    """Whether it may ask the cloud's metadata address, of either family, for its machine's credentials."""
    return _once(snapshot, "metadata", Direction.EGRESS, peer, _metadata)


def to_internet(snapshot: Snapshot, peer: Peer) -> Decision:
    """Whether it may reach most of the public addresses, of either family, on some port.

    A few chosen hosts are not the Internet: the answer is about addresses spread over the public space.
    """
    return _once(snapshot, "internet", Direction.EGRESS, peer, _internet)


_Ask = Callable[[Snapshot, Peer], Decision]


@derived
def _answers(_: Snapshot) -> dict[Hashable, Decision]:
    """What was answered already: pods with the same stages and ports are reached and reach alike."""
    return {}


def _once(snapshot: Snapshot, what: str, direction: Direction, peer: Peer, ask: _Ask) -> Decision:
    answers, named = _answers(snapshot), peer.ports if direction is Direction.INGRESS else ()
    key = (what, world(snapshot).same(peer, direction), named)
    if key not in answers:
        answers[key] = ask(snapshot, peer)
    return answers[key]


@derived
def _shortened(_: Snapshot) -> dict[tuple[int, int], Stage]:
    """Long stages, by whom they were asked about, without the rules that surely do not concern them."""
    return {}


def _about(snapshot: Snapshot, stages: tuple[Stage, ...], other: Endpoint) -> tuple[Stage, ...]:
    """The same stages for one of the few others whom all pods are asked about."""
    known = _shortened(snapshot)
    for stage in stages:
        if len(stage) > _LONG and (id(stage), id(other)) not in known:
            known[id(stage), id(other)] = tuple(rule for rule in stage if rule.peer(other))
    return tuple(known.get((id(stage), id(other)), stage) for stage in stages)


def _anywhere(snapshot: Snapshot, peer: Peer) -> Decision:
    stages = world(snapshot).stages(peer, Direction.INGRESS)
    return decide(_about(snapshot, stages, STRANGER), STRANGER, peer, ALL)


def _metadata(snapshot: Snapshot, peer: Peer) -> Decision:
    decisions = [_out(snapshot, peer, each, ports("TCP", 80)) for each in _METADATA]
    return max(decisions, key=lambda each: (bool(each.allowed), bool(each.unknown)))


def _internet(snapshot: Snapshot, peer: Peer) -> Decision:
    families = [_most(snapshot, peer, each) for each in _INTERNET]
    return max(families, key=lambda each: (bool(each.allowed), bool(each.unknown)))


def _most(snapshot: Snapshot, peer: Peer, addresses: tuple[Outside, ...]) -> Decision:
    decisions = [_out(snapshot, peer, each, ALL) for each in addresses]
    allowed = [each for each in decisions if each.allowed]
    if 2 * len(allowed) > len(decisions):
        return allowed[0]
    possible = [each for each in decisions if each.allowed or each.unknown]
    if 2 * len(possible) > len(decisions):
        return Decision(NONE, NONE, ALL, possible[0].steps)
    return next((each for each in decisions if not each.allowed), decisions[0])


def _out(snapshot: Snapshot, peer: Peer, to: Endpoint, wanted: Ports) -> Decision:
    stages = world(snapshot).stages(peer, Direction.EGRESS)
    return decide(_about(snapshot, stages, to), to, to, wanted)

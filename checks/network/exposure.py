"""What a workload's policies let in from anywhere, and let out to the Internet and the cloud's metadata."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from checks.cluster.snapshot import Snapshot, derived
from checks.network.addresses import METADATA, PUBLIC, PUBLIC_V6
from checks.network.chain import Decision, decide
from checks.network.peers import Endpoint, Outside, Peer
from checks.network.policies import Direction
from checks.network.ports import ALL, NONE, Ports, ports
from checks.network.world import world

STRANGER = Peer(
    name="Pod stranger", labels={}, on_node_network=False, namespace="any-namespace-that-may-come"
)
"""A pod that nobody knows, in a namespace without labels: whom only rules for everybody let in."""


def from_anywhere(snapshot: Snapshot, peer: Peer) -> Decision:
    """What a pod that no rule names may reach of this one."""
    return decide(world(snapshot).stages(peer, Direction.INGRESS), STRANGER, peer, ALL)


def to_metadata(snapshot: Snapshot, peer: Peer) -> Decision:
    """Whether it may ask the cloud's metadata address, of either family, for its machine's credentials."""
    return _once(snapshot, "metadata", peer, _metadata)


def to_internet(snapshot: Snapshot, peer: Peer) -> Decision:
    """Whether it may reach most of the public addresses, of either family, on some port.

    A few chosen hosts are not the Internet: the answer is about addresses spread over the public space.
    """
    return _once(snapshot, "internet", peer, _internet)


@derived
def _answers(_: Snapshot) -> dict[tuple[str, int], Decision]:
    """What was answered already: pods with the same stages reach the same addresses."""
    return {}


def _once(snapshot: Snapshot, what: str, peer: Peer, ask: Callable[[Snapshot, Peer], Decision]) -> Decision:
    answers = _answers(snapshot)
    key = (what, world(snapshot).same(peer, Direction.EGRESS))
    if key not in answers:
        answers[key] = ask(snapshot, peer)
    return answers[key]


def _metadata(snapshot: Snapshot, peer: Peer) -> Decision:
    decisions = [_out(snapshot, peer, Outside(each), ports("TCP", 80)) for each in METADATA]
    return max(decisions, key=lambda each: (bool(each.allowed), bool(each.unknown)))


def _internet(snapshot: Snapshot, peer: Peer) -> Decision:
    families = [_most(snapshot, peer, each) for each in (PUBLIC, PUBLIC_V6)]
    return max(families, key=lambda each: (bool(each.allowed), bool(each.unknown)))


def _most(snapshot: Snapshot, peer: Peer, addresses: Iterable[str]) -> Decision:
    decisions = [_out(snapshot, peer, Outside(each), ALL) for each in addresses]
    allowed = [each for each in decisions if each.allowed]
    if 2 * len(allowed) > len(decisions):
        return allowed[0]
    possible = [each for each in decisions if each.allowed or each.unknown]
    if 2 * len(possible) > len(decisions):
        return Decision(NONE, NONE, ALL, possible[0].steps)
    return next((each for each in decisions if not each.allowed), decisions[0])


def _out(snapshot: Snapshot, peer: Peer, to: Endpoint, wanted: Ports) -> Decision:
    return decide(world(snapshot).stages(peer, Direction.EGRESS), to, to, wanted)

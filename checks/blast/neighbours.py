"""Whom a workload may talk to by the network policies, the internet and the metadata address with them."""

from __future__ import annotations

from msgspec import Struct

from checks.cluster.snapshot import Snapshot
from checks.model import Resource
from checks.network.addresses import METADATA, PUBLIC
from checks.network.groups import Group, groups
from checks.network.peers import Endpoint, Outside, Peer, peers
from checks.network.ports import Ports
from checks.network.reach import reach

INTERNET, CLOUD_METADATA = "the internet", "the cloud's metadata address"


class Neighbour(Struct, frozen=True, gc=False):
    """Somebody whom the pod may talk to, by these ports; `sure` is False where a rule is not understood."""

    who: str
    ports: Ports
    sure: bool = True


def neighbours(snapshot: Snapshot, target: Resource) -> tuple[Neighbour, ...]:
    """Everybody that the pod may or may not reach, the internet and the node's metadata address with them."""
    own = _peer(snapshot, target)
    if own is None:
        return ()
    every: list[tuple[str, Endpoint]] = [
        (INTERNET, Outside(PUBLIC[0])),
        (CLOUD_METADATA, Outside(METADATA[0])),
    ]
    every += [(_called(group), group.peer) for group in groups(snapshot) if not _same(group, own)]
    found: dict[str, Neighbour] = {}
    for name, endpoint in every:
        result = reach(snapshot, own, endpoint)
        ports, sure = (result.allowed, True) if result.allowed else (result.unknown, False)
        if name not in found or (ports and not found[name].ports):
            found[name] = Neighbour(name, ports, sure)
    return tuple(found.values())


def _peer(snapshot: Snapshot, target: Resource) -> Peer | None:
    listed = peers(snapshot).get(target.namespace or "", ())
    own = (each for each in listed if each.name == f"{target.kind} {target.name}")
    of_it = (
        each
        for each in listed
        if each.workload is not None
        and (each.workload.kind, each.workload.name) == (target.kind, target.name)
    )
    return next(own, None) or next(of_it, None)


def _called(group: Group) -> str:
    return f"{group.workload.kind} {group.peer.namespace}/{group.workload.name}"


def _same(group: Group, own: Peer) -> bool:
    return (
        own.workload is not None and group.workload == own.workload and group.peer.namespace == own.namespace
    )

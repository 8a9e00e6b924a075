"""Pods that no policy can tell apart, as one: ten thousand pods are asked about as a few hundred groups.

Labels that only say which copy a pod is are left out of the comparison, unless some policy mentions them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from checks.cluster.objects import wire
from checks.cluster.snapshot import Snapshot, derived
from checks.model import Resource
from checks.network.peers import Peer, peers
from checks.network.policies import every_policy

_COPIES = (
    "pod-template-hash",
    "controller-revision-hash",
    "pod-template-generation",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/job-completion-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
    "controller-uid",
    "job-name",
)


class Group(Struct, frozen=True, gc=False):
    """Alike pods of one workload. `peer` speaks for all of them and has all of their addresses."""

    workload: Resource
    peer: Peer
    members: tuple[Peer, ...]

    @property
    def pods(self) -> int:
        return len(self.members)


@derived
def by_namespace(snapshot: Snapshot) -> dict[str, tuple[Group, ...]]:
    """The groups of each namespace, by name."""
    noise = _noise(snapshot)
    return {namespace: tuple(_grouped(listed, noise)) for namespace, listed in peers(snapshot).items()}


@derived
def groups(snapshot: Snapshot) -> tuple[Group, ...]:
    """Every group, by namespace and name."""
    return tuple(group for found in by_namespace(snapshot).values() for group in found)


def _grouped(listed: tuple[Peer, ...], noise: frozenset[str]) -> Iterator[Group]:
    found: dict[Hashable, list[Peer]] = {}
    for peer in listed:
        labels, workload = peer.labels, peer.workload
        if not noise.isdisjoint(labels):
            labels = {key: value for key, value in labels.items() if key not in noise}
        key = (
            (workload.kind, workload.name) if workload else peer.name,
            frozenset(labels.items()),
            peer.ports,
            peer.on_node_network,
            peer.account,
        )
        found.setdefault(key, []).append(peer)
    return (_group(alike) for alike in found.values())


def _group(alike: list[Peer]) -> Group:
    first = alike[0]
    kind, _, name = first.name.partition(" ")
    workload = first.workload or Resource("v1", kind, first.namespace, name)
    if len(alike) == 1:
        return Group(workload, first, (first,))
    ips = tuple(dict.fromkeys(ip for peer in alike for ip in peer.addresses))
    return Group(workload, replace(first, addresses=ips, node=""), tuple(alike))


def _noise(snapshot: Snapshot) -> frozenset[str]:
    written = wire.encode(every_policy(snapshot))
    return frozenset(label for label in _COPIES if label.encode() not in written)


@derived
def by_workload(snapshot: Snapshot) -> dict[tuple[str, str, str], tuple[Group, ...]]:
    """The groups of each workload, by its kind, namespace and name."""
    found: dict[tuple[str, str, str], list[Group]] = {}
    for group in groups(snapshot):
        key = (group.workload.kind, group.peer.namespace, group.workload.name)
        found.setdefault(key, []).append(group)
    return {key: tuple(found[key]) for key in sorted(found)}

"""Which pods there are to isolate: the running ones, and the templates of controllers that run none now.

A pod on its node's network is outside of NetworkPolicy and is kept apart. A finished pod has no traffic. A
template counts where no pod carries its labels: a Deployment at zero, a CronJob between runs, a file.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.network.policies import namespace_of

_FINISHED = ("Succeeded", "Failed")


class Peer(Struct, frozen=True, gc=False):
    """A pod, or the template of pods to come, as a policy sees it."""

    name: str
    labels: dict[str, str]
    on_node_network: bool


@derived
def peers(snapshot: Snapshot) -> dict[str, tuple[Peer, ...]]:
    """The peers of each namespace, by name."""
    found: dict[str, list[Peer]] = {}
    carried = _Carried()
    for pod in snapshot.all(o.Pod):
        namespace, labels = namespace_of(pod), pod.metadata.labels or {}
        carried.add(namespace, labels)
        if pod.status.phase not in _FINISHED:
            peer = Peer(f"Pod {pod.metadata.name}", labels, bool(pod.spec.host_network))
            found.setdefault(namespace, []).append(peer)
    for controller, template in _templates(snapshot):
        namespace, labels = namespace_of(controller), template.metadata.labels or {}
        if not carried.by_any(namespace, labels):
            name = f"{controller.kind} {controller.metadata.name}"
            found.setdefault(namespace, []).append(Peer(name, labels, bool(template.spec.host_network)))
    return {namespace: tuple(sorted(each, key=lambda peer: peer.name)) for namespace, each in found.items()}


class _Carried:
    """Which labels pods carry, finished ones too, found by any one label."""

    def __init__(self) -> None:
        self._by_label: dict[tuple[str, str, str], list[dict[str, str]]] = {}

    def add(self, namespace: str, labels: dict[str, str]) -> None:
        for key, value in labels.items():
            self._by_label.setdefault((namespace, key, value), []).append(labels)

    def by_any(self, namespace: str, labels: dict[str, str]) -> bool:
        """Whether some pod carries all of these. No labels are nobody's: the API server refuses them."""
        carriers = (self._by_label.get((namespace, *item), []) for item in labels.items())
        fewest = min(carriers, key=len, default=[])
        return any(labels.items() <= pod.items() for pod in fewest)


def _templates(snapshot: Snapshot) -> Iterator[tuple[o.Object, o.PodTemplate]]:
    """Templates of controllers that nothing else owns: a Deployment's old ReplicaSet speaks for nobody."""
    plain: tuple[tuple[o.Deployment | o.StatefulSet | o.DaemonSet | o.ReplicaSet | o.Job, ...], ...] = (
        snapshot.all(o.Deployment),
        snapshot.all(o.StatefulSet),
        snapshot.all(o.DaemonSet),
        snapshot.all(o.ReplicaSet),
        snapshot.all(o.Job),
    )
    for controllers in plain:
        for controller in controllers:
            if not any(owner.controller for owner in controller.metadata.owner_references or ()):
                yield controller, controller.spec.template
    for cron in snapshot.all(o.CronJob):
        yield cron, cron.spec.job_template.spec.template

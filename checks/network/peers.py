"""Who talks to whom: running pods, the templates of controllers that run none now, and addresses outside.

A pod on its node's network is outside of NetworkPolicy and is marked. A finished pod has no traffic. A
template counts where no pod carries its labels: a Deployment at zero, a CronJob between runs, a file.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.model import Resource
from checks.network.policies import namespace_of
from checks.owners import Owners, controller_of, owners_of, templates
from checks.pods import FINISHED, service_account

NAME_LABEL = "kubernetes.io/metadata.name"

NamedPort = tuple[str, str, int]
"""Name, protocol, number."""


class Peer(Struct, frozen=True, gc=False):
    """A pod, or the template of pods to come, as a policy sees it.

    `workload` is its top owner; `addresses` and `node` are empty where they are not known.
    """

    name: str
    labels: dict[str, str]
    on_node_network: bool
    namespace: str = ""
    workload: Resource | None = None
    account: str = ""
    ports: tuple[NamedPort, ...] = ()
    addresses: tuple[str, ...] = ()
    node: str = ""

    def __str__(self) -> str:
        kind, _, name = self.name.partition(" ")
        return f"{kind} {self.namespace}/{name}"


class Outside(Struct, frozen=True, gc=False):
    """An address that no pod has."""

    address: str

    def __str__(self) -> str:
        return self.address


Endpoint = Peer | Outside


@derived
def peers(snapshot: Snapshot) -> dict[str, tuple[Peer, ...]]:
    """The peers of each namespace, by name."""
    found: dict[str, list[Peer]] = {}
    carried, owners = _Carried(), owners_of(snapshot)
    for pod in snapshot.all(o.Pod):
        namespace, labels = namespace_of(pod), pod.metadata.labels or {}
        carried.add(namespace, labels)
        if pod.status.phase not in FINISHED:
            found.setdefault(namespace, []).append(_of_pod(pod, namespace, labels, owners))
    for controller, template in _templates(snapshot):
        namespace, labels = namespace_of(controller), template.metadata.labels or {}
        if not carried.by_any(namespace, labels):
            peer = Peer(
                name=f"{controller.kind} {controller.metadata.name}",
                labels=labels,
                on_node_network=bool(template.spec.host_network),
                namespace=namespace,
                workload=controller.resource,
                account=service_account(template.spec),
                ports=_named_ports(template.spec),
            )
            found.setdefault(namespace, []).append(peer)
    return {namespace: tuple(sorted(each, key=lambda peer: peer.name)) for namespace, each in found.items()}


def finished(snapshot: Snapshot) -> tuple[Peer, ...]:
    """Pods that have run to their end: they have no traffic, and the next of their kind will be like them."""
    owners = owners_of(snapshot)
    return tuple(
        _of_pod(pod, namespace_of(pod), pod.metadata.labels or {}, owners)
        for pod in snapshot.all(o.Pod)
        if pod.status.phase in FINISHED
    )


@derived
def namespace_labels(snapshot: Snapshot) -> dict[str, dict[str, str]]:
    """The labels of each namespace, with the one that the API server keeps equal to its name."""
    found = {
        each.metadata.name: {**(each.metadata.labels or {}), NAME_LABEL: each.metadata.name}
        for each in snapshot.all(o.Namespace)
    }
    for name in peers(snapshot):
        found.setdefault(name, {NAME_LABEL: name})
    return found


def _of_pod(pod: o.Pod, namespace: str, labels: dict[str, str], owners: Owners) -> Peer:
    return Peer(
        name=f"Pod {pod.metadata.name}",
        labels=labels,
        on_node_network=bool(pod.spec.host_network),
        namespace=namespace,
        workload=owners.top(pod),
        account=service_account(pod.spec),
        ports=_named_ports(pod.spec),
        addresses=tuple(each.ip for each in pod.status.pod_ips or () if each.ip),
        node=pod.spec.node_name or "",
    )


def _named_ports(spec: o.PodSpec) -> tuple[NamedPort, ...]:
    """The ports with a name. Of init containers only the ones that keep running count, as sidecars do."""
    running = spec.containers or ()
    if spec.init_containers:
        running = (*running, *(each for each in spec.init_containers if each.restart_policy == "Always"))
    return tuple(
        [
            (port.name, port.protocol or "TCP", port.container_port)
            for container in running
            for port in container.ports or ()
            if port.name
        ]
    )


class _Carried:
    """Which labels pods carry, finished ones too, found by any one label."""

    def __init__(self) -> None:
        self._by_label: dict[tuple[str, str, str], list[frozenset[tuple[str, str]]]] = {}
        self._known: set[tuple[str, frozenset[tuple[str, str]]]] = set()

    def add(self, namespace: str, labels: dict[str, str]) -> None:
        items = frozenset(labels.items())
        if (namespace, items) in self._known:
            return
        self._known.add((namespace, items))
        for key, value in items:
            self._by_label.setdefault((namespace, key, value), []).append(items)

    def by_any(self, namespace: str, labels: dict[str, str]) -> bool:
        """Whether some pod carries all of these. No labels are nobody's: the API server refuses them."""
        carriers = (self._by_label.get((namespace, *item), []) for item in labels.items())
        fewest = min(carriers, key=len, default=[])
        return any(labels.items() <= pod for pod in fewest)


def _templates(snapshot: Snapshot) -> Iterator[tuple[o.Object, o.PodTemplateSpec]]:
    """Templates of controllers that nothing else owns: a Deployment's old ReplicaSet speaks for nobody, and
    of a PodTemplate nothing makes pods."""
    for controller, template, _ in templates(snapshot):
        if isinstance(controller, o.PodTemplate):
            continue
        if not isinstance(controller, o.CronJob) and controller_of(controller) is not None:
            continue
        yield controller, template

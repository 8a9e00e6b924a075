"""What a pod shares with its node: namespaces, files, ports."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from checks.cluster.snapshot import Snapshot
from checks.model import Severity, Theme, Verdict
from checks.pod_security.baseline import host_namespaces, host_path_volumes, host_ports
from checks.pod_security.judge import by_rule
from checks.registry import check
from checks.workloads import POD_KINDS

THEME = Theme.WORKLOADS


@check(
    id="pod-host-pid",
    title="Pod shares the node's process namespace",
    severity=Severity.HIGH,
    because=(
        "Whoever is in the container sees every process of the node, and with it their "
        "environment and their secrets."
    ),
    population=POD_KINDS,
    rationale=(
        "With hostPID a container sees every process of the node and its environment, and with the right "
        "capability can enter or stop any of them."
    ),
    remediation="Remove hostPID; node agents that need it belong in a namespace of their own.",
    snippet="spec:\n  hostPID: false\n",
)
def host_pid(snapshot: Snapshot) -> Iterator[Verdict]:
    """Pod field only."""
    return by_rule(snapshot, partial(host_namespaces, only="hostPID"))


@check(
    id="pod-host-ipc",
    title="Pod shares the node's IPC namespace",
    severity=Severity.HIGH,
    because=("The memory that the node's processes share can be read and written from the container."),
    population=POD_KINDS,
    rationale=(
        "With hostIPC a container can read and write the shared memory of processes on the node and of every "
        "other pod that shares it."
    ),
    remediation="Remove hostIPC; containers of one pod share memory through an emptyDir of medium Memory.",
    snippet="spec:\n  hostIPC: false\n",
)
def host_ipc(snapshot: Snapshot) -> Iterator[Verdict]:
    """Pod field only."""
    return by_rule(snapshot, partial(host_namespaces, only="hostIPC"))


@check(
    id="pod-host-network",
    title="Pod shares the node's network",
    severity=Severity.HIGH,
    because=(
        "Network policies do not hold for the pod, and what listens on the node's loopback is"
        " within its reach."
    ),
    population=POD_KINDS,
    rationale=(
        "On the host network a pod has the node's addresses: it reaches what listens on loopback and the "
        "cloud's metadata service, can see traffic of others, and network policies do not hold it."
    ),
    remediation="Remove hostNetwork and publish the pod with a Service or an Ingress.",
    snippet="spec:\n  hostNetwork: false\n",
)
def host_network(snapshot: Snapshot) -> Iterator[Verdict]:
    """Pod field only."""
    return by_rule(snapshot, partial(host_namespaces, only="hostNetwork"))


@check(
    id="pod-host-path",
    title="Pod mounts a path of its node",
    severity=Severity.HIGH,
    because=(
        "Files of the node outlive the container and often hold its credentials: one mount "
        "can be the whole node."
    ),
    population=POD_KINDS,
    rationale=(
        "A hostPath volume opens files of the node to the pod: other pods' data, credentials of the kubelet, "
        "the runtime's socket. Writable, it is a way to take over the node; read-only, to read its secrets."
    ),
    remediation="Use a volume made for the purpose: emptyDir, configMap, a persistent volume claim, CSI.",
    snippet="""\
volumes:
  - name: data
    persistentVolumeClaim:
      claimName: data
""",
)
def host_path(snapshot: Snapshot) -> Iterator[Verdict]:
    """Every hostPath volume, whether anything mounts it or not."""
    return by_rule(snapshot, host_path_volumes)


@check(
    id="pod-host-port",
    title="Container takes a port of its node",
    severity=Severity.MEDIUM,
    because=(
        "It opens a door on the node past Services and many firewalls, but gives no right on the node itself."
    ),
    population=POD_KINDS,
    rationale=(
        "A host port makes the container reachable on every address of the node, past Services and often "
        "past network policies, and ties the pod to nodes where the port is free."
    ),
    remediation="Remove hostPort and publish the pod with a Service.",
    snippet="""\
containers:
  - name: app
    ports:
      - containerPort: 8080
""",
)
def host_port(snapshot: Snapshot) -> Iterator[Verdict]:
    """Any hostPort but 0. On the host network the API server itself fills them in."""
    return by_rule(snapshot, host_ports)

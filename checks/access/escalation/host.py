"""Whether whoever controls a container controls the node it runs on.

Reasons, not suspicions: what is listed here is enough by itself. A user namespace of the pod's own
(`hostUsers: false`) takes the worth of capabilities and of root away, but not of what is mounted.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.host_files import SOCKETS, holding, normal
from checks.pods import container_lists

_POWERS = frozenset(("ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "BPF", "DAC_READ_SEARCH"))
_RUN_BY_THE_NODE = ("/boot", "/dev", "/etc/cron.d", "/etc/systemd", "/proc", "/root", "/usr/bin", "/usr/sbin")
"""Where a writer leaves what the node runs as root."""
_LOGGED_IN_WITH = ("/etc/kubernetes", "/var/lib/etcd", "/var/lib/kubelet")
"""Where a reader finds what the node, and on a control plane the cluster, logs in with."""


def ways_out(pod: o.PodSpec) -> Iterator[tuple[str, str]]:
    """Each way from this pod to its node: the path below the spec, and in words."""
    if pod.host_users is not False:
        yield from _by_powers(pod)
    if any(volume.host_path is not None for volume in pod.volumes or ()):
        yield from _by_files(pod)


def _by_powers(pod: o.PodSpec) -> Iterator[tuple[str, str]]:
    powers = _POWERS | ({"SYS_PTRACE"} if pod.host_pid else set())
    for field, containers in container_lists(pod):
        for index, container in enumerate(containers):
            context = container.security_context
            if context is None:
                continue
            path = f"{field}[{index}].securityContext"
            added = (context.capabilities.add if context.capabilities else None) or ()
            named = sorted({each.upper().removeprefix("CAP_") for each in added} & powers)
            if context.privileged:
                yield f"{path}.privileged", f"container {container.name} is privileged"
            elif named:
                yield f"{path}.capabilities.add", f"container {container.name} has {', '.join(named)}"


def _by_files(pod: o.PodSpec) -> Iterator[tuple[str, str]]:
    written: set[str] = set()
    read: set[str] = set()
    for _, containers in container_lists(pod):
        for mount in (mount for container in containers for mount in container.volume_mounts or ()):
            (read if mount.read_only else written).add(mount.name)
    for index, volume in enumerate(pod.volumes or ()):
        if volume.host_path is None or volume.name not in written | read:
            continue
        path, folder = f"volumes[{index}].hostPath", volume.host_path.path
        if normal(folder) == "/":
            yield path, "the node's whole file system is mounted"
        elif socket := holding(normal(folder), SOCKETS):
            holds = "is" if normal(folder) == socket else "leads to"
            yield path, f"{folder} {holds} the runtime's socket"
        elif found := holding(normal(folder), _LOGGED_IN_WITH):
            yield path, f"{folder} holds credentials of the node ({found})"
        elif volume.name in written and holding(normal(folder), _RUN_BY_THE_NODE):
            yield path, f"{folder} of the node can be written"

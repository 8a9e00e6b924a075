"""Which of the node's paths a pod mounts: the runtime's socket, what the node lives by, what it may write."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster.snapshot import Snapshot
from checks.host_files import PIPES, SOCKETS, holding, normal, within
from checks.judge import Finding, Said, by_container, by_volume
from checks.model import Severity, Theme, Verdict
from checks.registry import check
from checks.workloads import POD_KINDS, Placed, PlacedVolume, Spec

THEME = Theme.WORKLOADS

_SENSITIVE = (
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/lib64",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/sys",
    "/usr",
    "/var/lib/cni",
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/docker",
    "/var/lib/etcd",
    "/var/lib/k0s",
    "/var/lib/kubelet",
    "/var/lib/rancher",
    "/var/log",
    "c:/etc",
    "c:/k",
    "c:/program files",
    "c:/programdata",
    "c:/users",
    "c:/var/lib/kubelet",
    "c:/var/log",
    "c:/windows",
)
_PUBLIC = (
    "/etc/ca-certificates",
    "/etc/localtime",
    "/etc/os-release",
    "/etc/pki/ca-trust",
    "/etc/ssl/certs",
    "/etc/timezone",
    "/usr/lib/os-release",
    "/usr/local/share/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/share/zoneinfo",
)
"""In sensitive places, but the same on every node and no secret."""


@check(
    id="pod-runtime-socket",
    title="Pod can reach the container runtime's socket",
    severity=Severity.CRITICAL,
    population=POD_KINDS,
    because="Whoever controls the container can start a privileged one, and so has the node.",
    rationale=(
        "The socket of the container runtime takes orders from whoever can open it, past Kubernetes and "
        "its rules: start anything as root on the node, read any container. Mounting it read-only does not "
        "help: the socket still takes orders."
    ),
    remediation=(
        "Remove the mount. Build images with a builder that needs no daemon, and read container data through "
        "the kubelet or the Kubernetes API."
    ),
    snippet="volumes:\n  - name: work\n    emptyDir: {}\n",
)
def runtime_socket(snapshot: Snapshot) -> Iterator[Verdict]:
    """Every hostPath volume that is a known socket (containerd, CRI-O, Docker, Podman, k3s, k0s, microk8s;
    Windows' pipes) or a folder above one, such as `/`, `/run` and `/var/run`."""
    return by_volume(snapshot, _runtime_socket)


def _runtime_socket(spec: Spec, placed: PlacedVolume) -> Said:
    source = placed.volume.host_path
    if source is None:
        return None
    path = normal(source.path)
    socket = holding(path, SOCKETS) or holding(path, PIPES)
    if socket is None:
        return None
    fact = spec.evidence(f"{placed.path}.hostPath.path", source.path, "no path to a runtime's socket")
    what = "is" if socket == path else "leads to"
    return Finding(f"Volume {placed.volume.name} {what} the runtime's socket {socket}.", (fact,))


@check(
    id="pod-sensitive-host-path",
    title="Pod mounts a path that its node lives by",
    severity=Severity.HIGH,
    population=POD_KINDS,
    because="Such paths hold the node's credentials or programs: whoever writes has the node.",
    rationale=(
        "Under /etc, /root, /var/lib/kubelet, /proc and their like lie credentials of the node and of every "
        "pod on it, and what the node runs. Even log folders can be turned into a way to read any file."
    ),
    remediation="Mount only the folder that is meant, and read-only where that is enough.",
    snippet="volumes:\n  - name: cache\n    hostPath: {path: /opt/shop/cache, type: Directory}\n",
)
def sensitive_host_path(snapshot: Snapshot) -> Iterator[Verdict]:
    """Every hostPath volume that is such a place, in one, or above one. Certificates of public authorities
    and the time zone are let be; `pod-host-path` names every hostPath."""
    return by_volume(snapshot, _sensitive)


def _sensitive(spec: Spec, placed: PlacedVolume) -> Said:
    source = placed.volume.host_path
    if source is None:
        return None
    path = normal(source.path)
    if within(path, _PUBLIC):
        return None
    place = within(path, _SENSITIVE) or holding(path, _SENSITIVE)
    if place is None:
        return None
    fact = spec.evidence(f"{placed.path}.hostPath.path", source.path, "a path made for the purpose")
    return Finding(f"Volume {placed.volume.name} opens {source.path} of the node ({place}).", (fact,))


@check(
    id="pod-writable-host-path",
    title="Container can write to a path of its node",
    severity=Severity.HIGH,
    population=POD_KINDS,
    because="What is written on the node outlives the pod and is read by the node or by other pods.",
    rationale=(
        "A writable hostPath lets a container leave files on the node: programs that it runs, links that "
        "lead others astray, or simply a full disk."
    ),
    remediation="Mount it read-only, or keep the data in a persistent volume claim.",
    snippet="""\
containers:
  - name: app
    volumeMounts:
      - {name: certificates, mountPath: /certificates, readOnly: true}
""",
)
def writable_host_path(snapshot: Snapshot) -> Iterator[Verdict]:
    """Every mount of a hostPath volume that is not `readOnly: true`; a volume that nothing mounts is not
    written to. Read-only holds for what is mounted below it only where `recursiveReadOnly` says so."""
    return by_container(snapshot, _writable)


def _writable(spec: Spec, placed: Placed) -> Said:
    mounts = placed.container.volume_mounts
    if not mounts or not spec.pod.volumes:
        return None
    paths = {volume.name: volume.host_path.path for volume in spec.pod.volumes if volume.host_path}
    if not paths:
        return None
    facts = tuple(
        spec.observed(placed, f"volumeMounts[{index}].readOnly", mount.read_only, "true")
        for index, mount in enumerate(mounts)
        if mount.name in paths and not mount.read_only
    )
    if not facts:
        return None
    names = sorted({paths[mount.name] for mount in mounts if mount.name in paths and not mount.read_only})
    return Finding(f"Container {placed.container.name} can write to {', '.join(names)} of its node.", facts)

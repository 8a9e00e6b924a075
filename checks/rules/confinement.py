"""What holds a container in: the system call filter, masked kernel files, a file system it cannot write."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster.snapshot import Snapshot
from checks.judge import Finding, Said, by_container
from checks.model import Severity, Theme, Verdict
from checks.registry import check
from checks.workloads import POD_KINDS, Placed, Spec

THEME = Theme.WORKLOADS

_FILTERED = ("RuntimeDefault", "Localhost")


@check(
    id="pod-no-seccomp-profile",
    title="Container has no seccomp profile",
    severity=Severity.MEDIUM,
    because=(
        "It takes a kernel weakness as well: the profile is what keeps the rarely used "
        "system calls out of reach."
    ),
    population=POD_KINDS,
    rationale=(
        "A seccomp profile keeps a container from system calls that it does not need and that kernel "
        "exploits do. Without one, Kubernetes applies none, unless the kubelet was told to, which a pod "
        "cannot show."
    ),
    remediation="Set the runtime's default profile on the pod; containers inherit it.",
    snippet="""\
spec:
  securityContext:
    seccompProfile:
      type: RuntimeDefault
""",
)
def seccomp(snapshot: Snapshot) -> Iterator[Verdict]:
    """Effective value: the container's profile, else the pod's; a privileged container runs without any."""
    return by_container(snapshot, _seccomp, linux_only=True)


def _seccomp(spec: Spec, placed: Placed) -> Said:
    name, own, whole = placed.container.name, placed.container.security_context, spec.pod.security_context
    expected = " or ".join(_FILTERED)
    if own and own.privileged:
        fact = spec.observed(placed, "securityContext.privileged", observed=True, expected="false")
        return Finding(f"Container {name} is privileged and so runs without a seccomp profile.", (fact,))
    if own and own.seccomp_profile:
        profile = own.seccomp_profile.type
        fact = spec.observed(placed, "securityContext.seccompProfile.type", profile, expected)
    else:
        profile = whole.seccomp_profile.type if whole and whole.seccomp_profile else ""
        fact = spec.evidence("securityContext.seccompProfile.type", profile or None, expected)
    if profile in _FILTERED:
        return None
    what = f"the profile {profile}" if profile else "no seccomp profile"
    return Finding(f"Container {name} runs with {what}.", (fact,))


@check(
    id="pod-unmasked-proc",
    title="Container sees an unmasked /proc",
    severity=Severity.HIGH,
    because=(
        "It lays the kernel's settings open to the container, which nothing but nested "
        "containers has a use for."
    ),
    population=POD_KINDS,
    rationale=(
        "Runtimes hide the parts of /proc through which the kernel of the node can be read and changed. "
        "`procMount: Unmasked` shows them to the container."
    ),
    remediation=(
        "Leave procMount at its default. Where nested containers need it, run them in a user namespace."
    ),
    snippet="""\
containers:
  - name: app
    securityContext:
      procMount: Default
""",
)
def unmasked_proc(snapshot: Snapshot) -> Iterator[Verdict]:
    """Container field only; a pod in its own user namespace (`hostUsers: false`) may have it."""
    return by_container(snapshot, _unmasked_proc, linux_only=True)


def _unmasked_proc(spec: Spec, placed: Placed) -> Said:
    own = placed.container.security_context
    mount = own.proc_mount if own else None
    if mount in (None, "", "Default") or spec.pod.host_users is False:
        return None
    fact = spec.observed(placed, "securityContext.procMount", mount, "Default or not set")
    return Finding(f"Container {placed.container.name} mounts /proc as {mount}.", (fact,))


@check(
    id="pod-writable-root-filesystem",
    title="Container can write to its root file system",
    severity=Severity.LOW,
    because="It only helps an intruder who is already in to stay and to bring tools along.",
    population=POD_KINDS,
    rationale=(
        "An intruder who can write to the image's files can place tools and change programs. With a "
        "read-only root file system nothing outlives the process but what volumes are for."
    ),
    remediation="Make the root file system read-only and mount an emptyDir where the program must write.",
    snippet="""\
containers:
  - name: app
    securityContext:
      readOnlyRootFilesystem: true
    volumeMounts:
      - {name: tmp, mountPath: /tmp}
volumes:
  - {name: tmp, emptyDir: {}}
""",
)
def writable_root(snapshot: Snapshot) -> Iterator[Verdict]:
    """Container field only; not set means writable."""
    return by_container(snapshot, _writable_root, linux_only=True)


def _writable_root(spec: Spec, placed: Placed) -> Said:
    own = placed.container.security_context
    read_only = own.read_only_root_filesystem if own else None
    if read_only:
        return None
    fact = spec.observed(placed, "securityContext.readOnlyRootFilesystem", read_only, "true")
    return Finding(f"Container {placed.container.name} can write to its root file system.", (fact,))

"""What keeps a pod's containers apart from each other and from the node's users and kernel settings."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster.snapshot import Snapshot
from checks.judge import Finding, Said, by_spec
from checks.model import Severity, Theme, Verdict
from checks.registry import check
from checks.verdict import not_applicable
from checks.version import minor_of
from checks.workloads import POD_KINDS, Spec, Workload, workloads

THEME = Theme.WORKLOADS

_USER_NAMESPACES = 33
"""The first minor version in which user namespaces are on unless they are turned off."""

SAFE_SYSCTLS = frozenset(
    (
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_notsent_lowat",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_slow_start_after_idle",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.tcp_wmem",
    )
)
"""What a kubelet allows without being told to (Kubernetes v1.37, pkg/kubelet/sysctl/safe_sysctls.go)."""


@check(
    id="pod-shared-processes",
    title="Containers of the pod see each other's processes",
    severity=Severity.LOW,
    population=POD_KINDS,
    because="It takes a hold on one container, and gives the others of the same pod, nothing beyond it.",
    rationale=(
        "With one process namespace for the pod, a container that was broken into reads its neighbours' "
        "environment and files through /proc, secrets that only they were given included."
    ),
    remediation="Leave shareProcessNamespace out; to debug, attach an ephemeral container to one container.",
    snippet="spec:\n  shareProcessNamespace: false\n",
)
def shared_processes(snapshot: Snapshot) -> Iterator[Verdict]:
    """Pod field only; not set means apart."""
    return by_spec(snapshot, _shared_processes)


def _shared_processes(_: Workload, spec: Spec) -> Said:
    if not spec.pod.share_process_namespace:
        return None
    fact = spec.evidence("shareProcessNamespace", observed=True, expected="false or not set")
    return Finding("Its containers share one process namespace.", (fact,))


@check(
    id="pod-no-user-namespace",
    title="Pod runs in the node's user namespace",
    severity=Severity.LOW,
    population=POD_KINDS,
    because="It adds to what a way out of the container gives; it is no way out by itself.",
    rationale=(
        "In a user namespace of its own a pod's root is nobody on the node, so that most ways out of a "
        "container end as a user without rights. Pods do not get one unless they ask."
    ),
    remediation="Set hostUsers to false where the nodes' kernel and runtime can do it (Linux 6.3 and newer).",
    snippet="spec:\n  hostUsers: false\n",
)
def user_namespace(snapshot: Snapshot) -> Iterator[Verdict]:
    """Pod field only. Before Kubernetes 1.33 the feature is off unless the operator turns it on, so the
    question does not arise; nor for Windows, nor for pods that share other namespaces of the node, which
    cannot have it."""
    minor = minor_of(snapshot.cluster.version)
    if minor is not None and minor < _USER_NAMESPACES:
        reason = f"Kubernetes {snapshot.cluster.version} has user namespaces turned off by default."
        for workload in workloads(snapshot):
            yield not_applicable(workload.resource, reason)
        return
    for workload in workloads(snapshot):
        if all(_cannot(spec) for spec in workload.specs if spec.whole):
            yield not_applicable(
                workload.resource, "It runs on Windows or shares the node's namespaces, and cannot have one."
            )
    able = {w.resource for w in workloads(snapshot) if any(not _cannot(s) for s in w.specs if s.whole)}
    for verdict in by_spec(snapshot, _user_namespace):
        if verdict.resource in able:
            yield verdict


def _cannot(spec: Spec) -> bool:
    pod = spec.pod
    return spec.windows or bool(pod.host_network or pod.host_pid or pod.host_ipc)


def _user_namespace(_: Workload, spec: Spec) -> Said:
    if spec.pod.host_users is False or _cannot(spec):
        return None
    fact = spec.evidence("hostUsers", spec.pod.host_users, "false")
    return Finding("Its users are the node's users.", (fact,))


@check(
    id="pod-unsafe-sysctls",
    title="Pod sets kernel parameters outside of the safe set",
    severity=Severity.MEDIUM,
    population=POD_KINDS,
    because="It takes a kubelet that was told to allow it, and can then disturb everything on the node.",
    rationale=(
        "Kernel parameters that are not on the kubelet's safe list can reach beyond the pod: they starve or "
        "weaken others on the node. A kubelet refuses them unless it was told to allow them."
    ),
    remediation="Set only safe parameters in pods; set the others on the nodes, for nodes of their own.",
    snippet="""\
spec:
  securityContext:
    sysctls:
      - {name: net.ipv4.tcp_syncookies, value: "1"}
""",
)
def unsafe_sysctls(snapshot: Snapshot) -> Iterator[Verdict]:
    """Names as the kubelet compares them: the first separator decides, and with `/` first they are turned."""
    return by_spec(snapshot, _unsafe_sysctls)


def _unsafe_sysctls(_: Workload, spec: Spec) -> Said:
    context = spec.pod.security_context
    written = [each.name for each in (context.sysctls if context else None) or ()]
    unsafe = sorted({name for name in written if _dotted(name) not in SAFE_SYSCTLS})
    if not unsafe:
        return None
    fact = spec.evidence("securityContext.sysctls", unsafe, "none outside of the safe set")
    return Finding(f"It sets {', '.join(unsafe)}.", (fact,))


_TURN = str.maketrans("./", "/.")


def _dotted(name: str) -> str:
    slash, dot = name.find("/"), name.find(".")
    if slash < 0 or 0 <= dot < slash:
        return name
    return name.translate(_TURN)

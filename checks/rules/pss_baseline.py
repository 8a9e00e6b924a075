"""The controls of the Pod Security level `baseline` that no check on workloads asks in the same words.

The others are `pod-privileged`, `pod-host-path`, `pod-host-port`, `pod-added-capabilities` and, together,
`pod-host-network`, `pod-host-pid` and `pod-host-ipc`. All of them use one evaluator, `checks.pod_security`.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster.snapshot import Snapshot
from checks.model import Severity, Theme, Verdict
from checks.pod_security.judge import by_control
from checks.registry import check
from checks.workloads import POD_KINDS

THEME = Theme.WORKLOADS


@check(
    id="pss-baseline-windows-host-process",
    title="Pod asks for Windows HostProcess (Pod Security baseline)",
    severity=Severity.HIGH,
    population=POD_KINDS,
    because="A HostProcess container is a process of the node: whoever controls it controls the node.",
    rationale=(
        "A namespace at `baseline` refuses a pod that turns HostProcess on anywhere, even on the pod where "
        "each container turns it off again."
    ),
    remediation="Remove hostProcess from the pod and its containers.",
    snippet="spec:\n  securityContext:\n    windowsOptions:\n      hostProcess: false\n",
)
def windows_host_process(snapshot: Snapshot) -> Iterator[Verdict]:
    """Control windowsHostProcess. Pod and container fields, each by itself: nothing overrides anything."""
    return by_control(snapshot, "windowsHostProcess")


@check(
    id="pss-baseline-app-armor",
    title="AppArmor profile is turned off or unknown (Pod Security baseline)",
    severity=Severity.MEDIUM,
    population=POD_KINDS,
    because="It takes a hole in the program first; then AppArmor no longer holds the intruder.",
    rationale=(
        "Nodes with AppArmor confine each container by the runtime's profile unless the pod says otherwise. "
        "`Unconfined` takes that away."
    ),
    remediation="Leave the profile out, or set RuntimeDefault or a profile of your own (Localhost).",
    snippet="spec:\n  securityContext:\n    appArmorProfile:\n      type: RuntimeDefault\n",
)
def app_armor(snapshot: Snapshot) -> Iterator[Verdict]:
    """Control appArmorProfile. The type on pod and containers, and the older annotation whichever container
    it names; nothing need be set."""
    return by_control(snapshot, "appArmorProfile")


@check(
    id="pss-baseline-se-linux",
    title="SELinux options reach beyond containers (Pod Security baseline)",
    severity=Severity.MEDIUM,
    population=POD_KINDS,
    because="It takes a hole in the program and a node with SELinux; then its confinement is off.",
    rationale=(
        "On nodes with SELinux the type says what a process may touch. Types other than those for "
        "containers, and any user or role, can lift the confinement."
    ),
    remediation="Remove user and role, and use a container type such as container_t, or none.",
    snippet="spec:\n  securityContext:\n    seLinuxOptions:\n      type: container_t\n",
)
def se_linux(snapshot: Snapshot) -> Iterator[Verdict]:
    """Control seLinuxOptions. Types container_t, container_init_t and container_kvm_t, from Kubernetes 1.31
    on container_engine_t too; `level` is free."""
    return by_control(snapshot, "seLinuxOptions")


@check(
    id="pss-baseline-proc-mount",
    title="Container sees an unmasked /proc (Pod Security baseline)",
    severity=Severity.HIGH,
    population=POD_KINDS,
    because="An intruder in such a container reads and changes settings of the node's kernel through /proc.",
    rationale=(
        "A namespace at `baseline` refuses `procMount: Unmasked`; from Kubernetes 1.35 on it admits it in a "
        "pod with a user namespace of its own."
    ),
    remediation="Leave procMount at its default.",
    snippet="containers:\n  - name: app\n    securityContext:\n      procMount: Default\n",
)
def proc_mount(snapshot: Snapshot) -> Iterator[Verdict]:
    """Control procMount. `hostUsers: false` exempts a pod from 1.35 on, by the cluster's own version."""
    return by_control(snapshot, "procMount")


@check(
    id="pss-baseline-seccomp",
    title="Seccomp is turned off (Pod Security baseline)",
    severity=Severity.MEDIUM,
    population=POD_KINDS,
    because="It takes a hole in the program first; then every system call of the kernel can be tried.",
    rationale=(
        "`Unconfined` turns off the system call filter even where the kubelet applies one by default."
    ),
    remediation="Leave the profile out, or better set RuntimeDefault.",
    snippet="spec:\n  securityContext:\n    seccompProfile:\n      type: RuntimeDefault\n",
)
def seccomp(snapshot: Snapshot) -> Iterator[Verdict]:
    """Control seccompProfile_baseline. The type on pod and containers, each by itself; nothing need be set.
    Clusters before 1.19 have annotations instead, and those are judged there."""
    return by_control(snapshot, "seccompProfile_baseline")


@check(
    id="pss-baseline-sysctls",
    title="Pod sets an unsafe kernel parameter (Pod Security baseline)",
    severity=Severity.MEDIUM,
    population=POD_KINDS,
    because="Who may make the pod can disturb the node and its other pods; taking it over needs more.",
    rationale=(
        "Some kernel parameters are each pod's own and harmless; others are the whole node's, or let "
        "one pod exhaust what all share."
    ),
    remediation="Set only parameters of the safe list; tune nodes with the node's own means.",
    snippet=(
        "spec:\n  securityContext:\n    sysctls:\n"
        '      - {name: net.ipv4.ip_unprivileged_port_start, value: "1024"}\n'
    ),
)
def sysctls(snapshot: Snapshot) -> Iterator[Verdict]:
    """Control sysctls. The safe list grew in 1.27, 1.29, 1.32 and 1.37; the cluster's own version decides.
    Names as written: with slashes instead of dots they are not on the list."""
    return by_control(snapshot, "sysctls")


@check(
    id="pss-baseline-host-probes",
    title="Probe or hook asks another host (Pod Security baseline)",
    severity=Severity.MEDIUM,
    population=POD_KINDS,
    because="Who may make pods has the kubelet ask addresses that only nodes reach, but sees no answer.",
    rationale=(
        "The kubelet runs probes and hooks from the node's network. With a `host` a pod makes it connect to "
        "whatever it names, past network policies: loopback services, the cloud's metadata address."
    ),
    remediation="Remove `host`: without it the pod itself is asked.",
    snippet=(
        "containers:\n  - name: app\n    readinessProbe:\n      httpGet: {path: /healthz, port: 8080}\n"
    ),
)
def host_probes(snapshot: Snapshot) -> Iterator[Verdict]:
    """Control hostProbesAndHostLifecycle, which Kubernetes has from 1.34 on. `httpGet.host` and
    `tcpSocket.host` of the three probes and of both hooks."""
    return by_control(snapshot, "hostProbesAndHostLifecycle")

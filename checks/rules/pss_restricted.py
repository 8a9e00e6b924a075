"""The controls that the Pod Security level `restricted` adds: what a namespace at that level would refuse.

Checks on workloads judge the effect of the same fields (a privileged container may gain privileges whatever
it says); these say exactly what the API server says, and so what stands between a workload and the level.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster.snapshot import Snapshot
from checks.model import Severity, Theme, Verdict
from checks.pod_security.judge import by_control
from checks.registry import check
from checks.workloads import POD_KINDS

THEME = Theme.WORKLOADS

_DISTANCE = "It says that the level would refuse the pod; how much that matters says the check on the effect."


@check(
    id="pss-restricted-volumes",
    title="Volume is of a type that Pod Security restricted refuses",
    severity=Severity.LOW,
    population=POD_KINDS,
    because="The dangerous type, hostPath, is a finding of its own; the others reach storage only.",
    rationale=(
        "`restricted` admits volumes that a pod brings along or claims. Types that name a server or a disk "
        "let whoever makes pods reach storage that nobody gave them."
    ),
    remediation="Put storage behind a persistent volume claim.",
    snippet="volumes:\n  - name: data\n    persistentVolumeClaim: {claimName: data}\n",
)
def volumes(snapshot: Snapshot) -> Iterator[Verdict]:
    """Control restrictedVolumes. Allowed are configMap, csi, downwardAPI, emptyDir, ephemeral, image,
    persistentVolumeClaim, projected and secret; a volume without any of these is refused."""
    return by_control(snapshot, "restrictedVolumes")


@check(
    id="pss-restricted-privilege-escalation",
    title="Pod Security restricted refuses it: privilege escalation is not forbidden",
    severity=Severity.LOW,
    population=POD_KINDS,
    because=_DISTANCE,
    rationale="`restricted` wants every container to say that it gains no privileges; silence is refused.",
    remediation="Set allowPrivilegeEscalation to false on every container, init containers too.",
    snippet="containers:\n  - name: app\n    securityContext:\n      allowPrivilegeEscalation: false\n",
)
def privilege_escalation(snapshot: Snapshot) -> Iterator[Verdict]:
    """Control allowPrivilegeEscalation, from 1.8 on. From 1.25 on not for pods with os.name windows."""
    return by_control(snapshot, "allowPrivilegeEscalation")


@check(
    id="pss-restricted-run-as-non-root",
    title="Pod Security restricted refuses it: runAsNonRoot is not insisted on",
    severity=Severity.LOW,
    population=POD_KINDS,
    because=_DISTANCE,
    rationale="`restricted` wants every container kept from root, by its own setting or the pod's.",
    remediation="Set runAsNonRoot to true on the pod and to false nowhere.",
    snippet="spec:\n  securityContext:\n    runAsNonRoot: true\n",
)
def run_as_non_root(snapshot: Snapshot) -> Iterator[Verdict]:
    """Control runAsNonRoot. A false anywhere is refused, on the pod too where all containers say true. From
    1.35 on not for pods with `hostUsers: false`; Windows is no exception."""
    return by_control(snapshot, "runAsNonRoot")


@check(
    id="pss-restricted-run-as-user",
    title="Pod Security restricted refuses it: user 0 is set",
    severity=Severity.LOW,
    population=POD_KINDS,
    because=_DISTANCE,
    rationale="`restricted` refuses user 0 wherever it is set, even where it would not take effect.",
    remediation="Set another user, or leave it to the image together with runAsNonRoot.",
    snippet="spec:\n  securityContext:\n    runAsUser: 10001\n",
)
def run_as_user(snapshot: Snapshot) -> Iterator[Verdict]:
    """Control runAsUser, from 1.23 on. 0 on the pod is refused though every container sets another. From
    1.35 on not for pods with `hostUsers: false`."""
    return by_control(snapshot, "runAsUser")


@check(
    id="pss-restricted-seccomp",
    title="Pod Security restricted refuses it: no seccomp profile",
    severity=Severity.LOW,
    population=POD_KINDS,
    because=_DISTANCE,
    rationale="`restricted` wants a system call filter for every container, by its own setting or the pod's.",
    remediation="Set the profile RuntimeDefault on the pod.",
    snippet="spec:\n  securityContext:\n    seccompProfile:\n      type: RuntimeDefault\n",
)
def seccomp(snapshot: Snapshot) -> Iterator[Verdict]:
    """Control seccompProfile_restricted, from 1.19 on; before that baseline's annotations. From 1.25 on not
    for pods with os.name windows."""
    return by_control(snapshot, "seccompProfile_restricted")


@check(
    id="pss-restricted-capabilities",
    title="Pod Security restricted refuses it: capabilities are kept or added",
    severity=Severity.LOW,
    population=POD_KINDS,
    because=_DISTANCE,
    rationale="`restricted` wants every capability dropped, and only NET_BIND_SERVICE may be added back.",
    remediation='Drop "ALL", in capital letters, on every container.',
    snippet=(
        'containers:\n  - name: app\n    securityContext:\n      capabilities:\n        drop: ["ALL"]\n'
    ),
)
def capabilities(snapshot: Snapshot) -> Iterator[Verdict]:
    """Control capabilities_restricted, from 1.22 on; before that baseline's list. `all` in small letters does
    not count. From 1.25 on not for pods with os.name windows."""
    return by_control(snapshot, "capabilities_restricted")


@check(
    id="pss-restricted-proc-mount",
    title="Pod Security restricted refuses it: /proc is not mounted as by default",
    severity=Severity.MEDIUM,
    population=POD_KINDS,
    because="In a user namespace of its own the pod can only read the node's kernel settings.",
    rationale="`restricted` refuses `procMount: Unmasked` also in a pod with a user namespace of its own.",
    remediation="Leave procMount at its default.",
    snippet="containers:\n  - name: app\n    securityContext:\n      procMount: Default\n",
)
def proc_mount(snapshot: Snapshot) -> Iterator[Verdict]:
    """Control procMount_restricted, from 1.35 on; before that baseline's procMount asks the same."""
    return by_control(snapshot, "procMount_restricted")

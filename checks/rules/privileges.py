"""What a container may become on its node: privileged, more than its parent, or a process of the host."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster.snapshot import Snapshot
from checks.judge import Finding, Said, by_container
from checks.model import Severity, Theme, Verdict
from checks.pod_security import baseline
from checks.pod_security.judge import by_rule
from checks.registry import check
from checks.rules.capabilities import adds
from checks.workloads import POD_KINDS, Placed, Spec

THEME = Theme.WORKLOADS


@check(
    id="pod-privileged",
    title="Container runs privileged",
    severity=Severity.CRITICAL,
    because=(
        "No further weakness is needed: who controls the container controls the node and every pod on it."
    ),
    population=POD_KINDS,
    rationale=(
        "A privileged container has every capability, every device of its node and no system call filter. "
        "Whoever controls it controls the node, and with it every pod that runs there."
    ),
    remediation=(
        "Take privileged mode away. Where one thing is truly needed, grant just that: a single capability, "
        "or a device through a device plugin."
    ),
    snippet="""\
containers:
  - name: app
    securityContext:
      privileged: false
""",
)
def privileged(snapshot: Snapshot) -> Iterator[Verdict]:
    """Container field only: a pod has no such field."""
    return by_rule(snapshot, baseline.privileged, linux_only=True)


@check(
    id="pod-privilege-escalation",
    title="Container may gain more privileges than its parent process",
    severity=Severity.MEDIUM,
    because=(
        "It needs a program in the image that raises rights; then a process that started "
        "harmless becomes root."
    ),
    population=POD_KINDS,
    rationale=(
        "Unless it is forbidden, a program with the set-user-id bit or file capabilities gives a process in "
        "the container more rights than it was started with. Not setting the field allows it."
    ),
    remediation="Forbid it on every container; hardly any program needs it.",
    snippet="""\
containers:
  - name: app
    securityContext:
      allowPrivilegeEscalation: false
""",
)
def privilege_escalation(snapshot: Snapshot) -> Iterator[Verdict]:
    """Container field only. Whatever it says, it is in effect allowed for a privileged container and for one
    with CAP_SYS_ADMIN (Kubernetes API, SecurityContext.allowPrivilegeEscalation)."""
    return by_container(snapshot, _privilege_escalation, linux_only=True)


def _privilege_escalation(spec: Spec, placed: Placed) -> Said:
    name, context = placed.container.name, placed.container.security_context
    allowed = context.allow_privilege_escalation if context else None
    if allowed is not False:
        fact = spec.observed(placed, "securityContext.allowPrivilegeEscalation", allowed, "false")
        how = "says so" if allowed else "does not forbid it"
        return Finding(f"Container {name} may gain privileges: it {how}.", (fact,))
    if context and context.privileged:
        fact = spec.observed(placed, "securityContext.privileged", observed=True, expected="false")
        return Finding(f"Container {name} may gain privileges: privileged mode overrides the ban.", (fact,))
    if context and "SYS_ADMIN" in adds(context):
        added = list((context.capabilities and context.capabilities.add) or ())
        fact = spec.observed(placed, "securityContext.capabilities.add", added, "without SYS_ADMIN")
        return Finding(f"Container {name} may gain privileges: SYS_ADMIN overrides the ban.", (fact,))
    return None


@check(
    id="pod-host-process",
    title="Windows container runs as a process of its host",
    severity=Severity.HIGH,
    because=("The container is a process of the Windows node with the rights of its account there."),
    population=POD_KINDS,
    rationale=(
        "A Windows HostProcess container is no container: it runs on the node itself, with the node's files, "
        "network and accounts."
    ),
    remediation=(
        "Keep HostProcess containers to the few node agents that need them, in a namespace of their own."
    ),
    snippet="""\
securityContext:
  windowsOptions:
    hostProcess: false
""",
)
def host_process(snapshot: Snapshot) -> Iterator[Verdict]:
    """Effective value: the container's, else the pod's."""
    return by_container(snapshot, _host_process)


def _host_process(spec: Spec, placed: Placed) -> Said:
    own = placed.container.security_context
    of_container = own.windows_options.host_process if own and own.windows_options else None
    whole = spec.pod.security_context
    of_pod = whole.windows_options.host_process if whole and whole.windows_options else None
    if not (of_pod if of_container is None else of_container):
        return None
    path = "securityContext.windowsOptions.hostProcess"
    fact = (
        spec.evidence(path, observed=True, expected="false or not set")
        if of_container is None
        else spec.observed(placed, path, observed=True, expected="false or not set")
    )
    return Finding(f"Container {placed.container.name} runs as a process of its Windows host.", (fact,))

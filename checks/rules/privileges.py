"""What a container may do to the kernel: privileged mode, escalation, capabilities, system call filter."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster.snapshot import Snapshot
from checks.judge import Finding, Said, by_container
from checks.model import Severity, Verdict
from checks.registry import check
from checks.workloads import POD_KINDS, Placed, Spec


@check(
    id="pod-privileged",
    title="Container runs privileged",
    severity=Severity.CRITICAL,
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
    """Container field only; a pod has no such field."""
    return by_container(snapshot, _privileged, linux_only=True)


def _privileged(spec: Spec, placed: Placed) -> Said:
    context = placed.container.security_context
    if context is None or not context.privileged:
        return None
    fact = spec.observed(placed, "securityContext.privileged", observed=True, expected="false or not set")
    return Finding(f"Container {placed.container.name} runs privileged.", (fact,))

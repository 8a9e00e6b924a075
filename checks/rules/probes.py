"""Whether Kubernetes can tell that a container has stopped doing its work."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.judge import Finding, Said, by_service
from checks.model import Severity, Theme, Verdict
from checks.registry import check
from checks.workloads import POD_KINDS, Placed, Spec, Workload

THEME = Theme.WORKLOADS


@check(
    id="container-no-liveness-probe",
    title="Container has no liveness probe",
    severity=Severity.LOW,
    population=POD_KINDS,
    because="It costs availability after something else went wrong, and nothing of secrecy.",
    rationale=(
        "A program that hangs, by a defect or an attack, stays as it is until somebody notices. A liveness "
        "probe lets the kubelet start it again."
    ),
    remediation="Add a liveness probe that fails only when a restart is what helps.",
    snippet="""\
containers:
  - name: app
    livenessProbe:
      grpc: {port: 8080}
""",
)
def liveness(snapshot: Snapshot) -> Iterator[Verdict]:
    """Regular containers, and init containers that are sidecars (`restartPolicy: Always`). Not for Jobs,
    CronJobs and pods whose restartPolicy says that they end."""
    return by_service(snapshot, _liveness)


def _liveness(_: Workload, spec: Spec, placed: Placed) -> Said:
    return _missing(spec, placed, "livenessProbe", placed.container.liveness_probe)


@check(
    id="container-no-readiness-probe",
    title="Container has no readiness probe",
    severity=Severity.LOW,
    population=POD_KINDS,
    because="It costs availability for as long as a start or an overload lasts, and nothing of secrecy.",
    rationale=(
        "Without a readiness probe a pod is sent requests from the moment its process starts, and is still "
        "sent them when it cannot answer."
    ),
    remediation="Add a readiness probe that says whether the program can answer now.",
    snippet="""\
containers:
  - name: app
    readinessProbe:
      tcpSocket: {port: 8080}
""",
)
def readiness(snapshot: Snapshot) -> Iterator[Verdict]:
    """The same containers as `container-no-liveness-probe`."""
    return by_service(snapshot, _readiness)


def _readiness(_: Workload, spec: Spec, placed: Placed) -> Said:
    return _missing(spec, placed, "readinessProbe", placed.container.readiness_probe)


def _missing(spec: Spec, placed: Placed, field: str, probe: o.Probe | None) -> Said:
    if probe is not None and probe != o.Probe():
        return None
    fact = spec.observed(placed, field, None if probe is None else "without a handler", "a probe")
    return Finding(f"Container {placed.container.name} has no {field}.", (fact,))

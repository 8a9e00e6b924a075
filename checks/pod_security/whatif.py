"""What would be refused if a namespace enforced a level, asked before anybody sets the label."""

from __future__ import annotations

from msgspec import Struct

from checks.cluster.snapshot import Snapshot
from checks.model import Resource
from checks.pod_security.levels import Level, effective
from checks.pod_security.parts import Violation
from checks.pod_security.standard import evaluate
from checks.version import minor_of
from checks.workloads import Workload, workloads


class Refusal(Struct, frozen=True):
    """A workload whose pods would be refused: for each control what it violates, in evidence's order."""

    workload: Resource
    violations: dict[str, tuple[Violation, ...]]


class Outcome(Struct, frozen=True):
    """What a level would do to a namespace. `minor`: the 1.N whose rules were applied."""

    refused: tuple[Refusal, ...]
    admitted: tuple[Resource, ...]
    minor: int


def what_if(snapshot: Snapshot, namespace: str, level: Level, version: int | None = None) -> Outcome:
    """The workloads of a namespace that the level would refuse (None: as of the server's own version), and
    those that it would admit. A workload is refused where its template is, or a pod that differs from it."""
    minor = effective(version, minor_of(snapshot.cluster.version))
    refused: list[Refusal] = []
    admitted: list[Resource] = []
    for workload in workloads(snapshot):
        if workload.namespace != namespace:
            continue
        violations = _violations(workload, level, minor)
        if violations:
            refused.append(Refusal(workload.resource, violations))
        else:
            admitted.append(workload.resource)
    return Outcome(tuple(refused), tuple(admitted), minor)


def _violations(workload: Workload, level: Level, minor: int) -> dict[str, tuple[Violation, ...]]:
    found: dict[str, tuple[Violation, ...]] = {}
    for spec in workload.specs:
        for control, violations in evaluate(level, minor, spec).items():
            found[control] = (*found.get(control, ()), *violations)
    return found

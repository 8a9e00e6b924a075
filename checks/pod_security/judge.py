"""Every workload against one control, as the cluster's own version has it."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster.snapshot import Snapshot
from checks.model import Verdict
from checks.pod_security.levels import effective
from checks.pod_security.parts import Rule
from checks.pod_security.standard import CONTROLS
from checks.verdict import cluster_resource, failed, not_applicable, not_evaluated, passed
from checks.version import minor_of
from checks.workloads import workloads

_WINDOWS = "It runs on Windows, which does not have this setting."
_EMPTY = "It names no container."


def by_control(snapshot: Snapshot, id_: str) -> Iterator[Verdict]:
    """Ask a control of every workload. Where the cluster's version has it not yet, that of `baseline` in
    whose place it later came; without one, the question does not arise."""
    control = CONTROLS[id_]
    minor = effective(None, minor_of(snapshot.cluster.version))
    former = CONTROLS[control.instead_of].rule_at(minor) if control.instead_of else None
    rule = control.rule_at(minor) or former
    if rule is None:
        since = control.rules[0][0]
        reason = f"The standards ask this from Kubernetes 1.{since} on; this is {snapshot.cluster.version}."
        yield not_applicable(cluster_resource(snapshot), reason)
        return
    yield from by_rule(snapshot, rule)


def by_rule(snapshot: Snapshot, rule: Rule, *, linux_only: bool = False) -> Iterator[Verdict]:
    """Ask a rule of every workload: one verdict for each violation, or one pass. `linux_only`: the field
    means nothing on Windows, so such pods are left out."""
    for workload in workloads(snapshot):
        specs = [spec for spec in workload.specs if not (linux_only and spec.windows)]
        violations = [violation for spec in specs for violation in rule(spec)]
        for violation in violations:
            yield failed(workload.resource, violation.message, violation.evidence, violation.locus)
        if violations:
            continue
        if not specs:
            yield not_applicable(workload.resource, _WINDOWS)
        elif not any(spec.containers for spec in specs):
            yield not_evaluated(workload.resource, _EMPTY)
        else:
            yield passed(workload.resource)

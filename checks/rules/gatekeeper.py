"""Gatekeeper's constraints: whether they refuse anything, and what exists against them all the same.

A template alone refuses nothing. Sources: open-policy-agent/frameworks (apis.go of constraints: deny when no
action is given), open-policy-agent.github.io/gatekeeper website/docs/enforcement-points and
website/docs/violations.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Severity, Theme, Verdict
from checks.registry import check
from checks.verdict import failed, not_applicable, not_evaluated, passed
from checks.wording import some

THEME = Theme.ADMISSION

CONSTRAINT = "GatekeeperConstraint"
_AT_ADMISSION = ("validation.gatekeeper.sh", "vap.k8s.io", "*")
_DENY = """\
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sAllowedRepos
metadata: {name: our-registry}
spec:
  enforcementAction: deny
  match: {kinds: [{apiGroups: [""], kinds: [Pod]}]}
"""


def denies(constraint: o.GatekeeperConstraint) -> bool:
    """Whether it refuses what violates it, when something is made or changed."""
    spec = constraint.spec
    if spec.enforcement_action != "scoped":
        return (spec.enforcement_action or "deny") == "deny"
    return any(
        each.action == "deny" and any(point.name in _AT_ADMISSION for point in each.enforcement_points or ())
        for each in spec.scoped_enforcement_actions or ()
    )


@check(
    id="admission-gatekeeper-not-denied",
    title="Gatekeeper constraint notes violations and lets them in",
    severity=Severity.MEDIUM,
    population=(CONSTRAINT,),
    because="What the constraint forbids can be made all the same; only its status says so afterwards.",
    rationale="With the actions dryrun and warn a constraint sees what comes in and refuses nothing.",
    remediation="Set the enforcement action to deny once the audit finds no violation.",
    snippet=_DENY,
)
def not_denied(snapshot: Snapshot) -> Iterator[Verdict]:
    """By `enforcementAction`, deny when it is left out. A scoped one must deny at Gatekeeper's webhook or in
    a ValidatingAdmissionPolicy. Namespaces that a constraint leaves out are named where it denies."""
    for constraint in snapshot.all(o.GatekeeperConstraint):
        spec, meta = constraint.spec, constraint.metadata
        if denies(constraint):
            yield passed(constraint.resource, _limits(spec.match or o.GatekeeperMatch()))
            continue
        action = spec.enforcement_action or "deny"
        fact = Evidence("spec.enforcementAction", action, "deny", None, meta.uid, meta.resource_version)
        yield failed(constraint.resource, f"It refuses nothing: its action is {action}.", fact)


def _limits(match: o.GatekeeperMatch) -> str:
    if match.namespaces:
        return f"It holds only in {some(match.namespaces)}."
    if match.excluded_namespaces:
        return f"It leaves out {some(match.excluded_namespaces)}."
    return ""


@check(
    id="admission-gatekeeper-violated",
    title="Objects exist that a Gatekeeper constraint forbids",
    severity=Severity.MEDIUM,
    population=(CONSTRAINT,),
    because="What the organisation forbids is there: made before the constraint, or where it does not deny.",
    rationale=(
        "A constraint is asked when something is made or changed. What was there before it, or came in while "
        "it only warned, stays until somebody looks at what the audit found."
    ),
    remediation="Look at the constraint's status for what violates it, and change or delete that.",
    snippet="# kubectl get k8sallowedrepos our-registry -o jsonpath='{.status.violations}'\n" + _DENY,
)
def violated(snapshot: Snapshot) -> Iterator[Verdict]:
    """By `status.totalViolations`, which Gatekeeper's audit counts. One that no audit has come to is not
    evaluated. Which objects they are is not kept, because the messages may quote them."""
    for constraint in snapshot.all(o.GatekeeperConstraint):
        status, meta = constraint.status, constraint.metadata
        count = status.total_violations
        if count is None and snapshot.cluster.source == "manifests":
            yield not_applicable(constraint.resource, "Files do not tell what exists.")
        elif count is None:
            yield not_evaluated(constraint.resource, "Gatekeeper's audit has counted nothing for it yet.")
        elif count > 0:
            path = "status.totalViolations"
            facts = [Evidence(path, count, "0", None, meta.uid, meta.resource_version)]
            if status.audit_timestamp:
                facts.append(Evidence("status.auditTimestamp", status.audit_timestamp, "a recent audit"))
            yield failed(constraint.resource, f"{count} objects violate it.", tuple(facts))
        else:
            yield passed(constraint.resource)

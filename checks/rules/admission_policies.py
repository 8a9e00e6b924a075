"""Admission policies of the API server's own: whether they are in force, and what becomes of their errors.

Source: Kubernetes v1.37, k8s.io/api admissionregistration/v1 types.go: failurePolicy is Fail when left out; a
policy that no binding names is asked about nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Severity, Theme, Verdict
from checks.registry import check
from checks.verdict import failed, not_evaluated, passed

THEME = Theme.ADMISSION

_POLICIES = ("ValidatingAdmissionPolicy", "MutatingAdmissionPolicy")
_BINDINGS = ("ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicyBinding")
_FILES = "The files hold no binding of it; whether the cluster has one is not in them."
_BINDING = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: images-by-digest}
spec:
  policyName: images-by-digest
  validationActions: [Deny]
"""


def _both(snapshot: Snapshot) -> tuple[o.ValidatingAdmissionPolicy | o.MutatingAdmissionPolicy, ...]:
    return (*snapshot.all(o.ValidatingAdmissionPolicy), *snapshot.all(o.MutatingAdmissionPolicy))


@check(
    id="admission-policy-fails-open",
    title="Admission policy is passed by when it cannot be evaluated",
    severity=Severity.LOW,
    population=_POLICIES,
    because="Whoever finds an object that its expressions fail on is past it; most objects are judged.",
    rationale=(
        "With `failurePolicy: Ignore` an expression that fails, for a field that is not there or a parameter "
        "that was deleted, counts as if the policy had agreed, or is not applied."
    ),
    remediation="Set failurePolicy to Fail, and write expressions that ask whether a field is there.",
    snippet="""\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: images-by-digest}
spec:
  failurePolicy: Fail
""",
)
def fails_open(snapshot: Snapshot) -> Iterator[Verdict]:
    """Validating and mutating policies, bound or not. Left out, failurePolicy is Fail."""
    for policy in _both(snapshot):
        if policy.spec.failure_policy == "Ignore":
            meta = policy.metadata
            fact = Evidence("spec.failurePolicy", "Ignore", "Fail", None, meta.uid, meta.resource_version)
            yield failed(policy.resource, "An error in its expressions lets the request through.", fact)
        else:
            yield passed(policy.resource)


@check(
    id="admission-policy-without-effect",
    title="Admission policy changes or refuses nothing",
    severity=Severity.MEDIUM,
    population=_POLICIES,
    also=_BINDINGS,
    because="What the policy forbids can be made all the same, while its being there suggests otherwise.",
    rationale=(
        "A policy says what should hold, its binding says where and what comes of a violation. Without a "
        "binding nothing is asked of it; with Warn or Audit alone nothing is refused."
    ),
    remediation="Bind it, with the action Deny once the warnings have stopped.",
    snippet=_BINDING,
)
def without_effect(snapshot: Snapshot) -> Iterator[Verdict]:
    """A policy that no binding of its kind names, or a validating one that all of its bindings have only with
    Warn or Audit."""
    actions: dict[str, set[str]] = {}
    for binding in snapshot.all(o.ValidatingAdmissionPolicyBinding):
        actions.setdefault(binding.spec.policy_name, set()).update(binding.spec.validation_actions or ())
    for policy in snapshot.all(o.ValidatingAdmissionPolicy):
        found = actions.get(policy.metadata.name)
        yield _validating(policy, found) if found is not None else _unbound(snapshot, policy, _BINDINGS[0])
    mutating = {each.spec.policy_name for each in snapshot.all(o.MutatingAdmissionPolicyBinding)}
    for mutator in snapshot.all(o.MutatingAdmissionPolicy):
        bound = mutator.metadata.name in mutating
        yield passed(mutator.resource) if bound else _unbound(snapshot, mutator, _BINDINGS[1])


def _validating(policy: o.ValidatingAdmissionPolicy, actions: set[str]) -> Verdict:
    if "Deny" in actions:
        return passed(policy.resource)
    observed = sorted(actions)
    fact = Evidence("spec.validationActions", observed, "Deny", "its bindings", policy.metadata.uid)
    words = " and ".join(observed) or "no action"
    return failed(policy.resource, f"It refuses nothing: its bindings have {words}.", fact)


def _unbound(snapshot: Snapshot, policy: o.Object, binding: str) -> Verdict:
    if not snapshot.saw(binding):
        return not_evaluated(policy.resource, f"Whether it is bound is not known: {binding} was not read.")
    if snapshot.cluster.source == "manifests":
        return not_evaluated(policy.resource, _FILES)
    fact = Evidence(binding, 0, "at least one", None, policy.metadata.uid)
    return failed(policy.resource, "No binding names it, so it is asked about nothing.", fact)

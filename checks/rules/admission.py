"""Whether anything decides what may be made in the cluster, and whether it can be passed by."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Severity, Theme, Verdict
from checks.registry import check
from checks.rules.gatekeeper import CONSTRAINT, denies
from checks.rules.namespace_levels import ENFORCE
from checks.verdict import cluster_resource, failed, manual, not_evaluated, passed

THEME = Theme.ADMISSION

_KYVERNO = (
    "KyvernoClusterPolicy",
    "KyvernoPolicy",
    "KyvernoValidatingPolicy",
    "KyvernoNamespacedValidatingPolicy",
)
_POLICIES = (
    *_KYVERNO,
    "GatekeeperConstraintTemplate",
    "KubewardenClusterAdmissionPolicy",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
)
_ENGINES = ("kyverno", "gatekeeper", "kubewarden", "policy.sigstore.dev", "connaisseur", "ratify")
_OWN_NAME = "kubernetes.io/metadata.name"
_KEEPS_LABEL = "check-ignore-label.gatekeeper.sh"
_FILES = "The files hold no such policy; whether the cluster has one is not in them."
_SNIPPET = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: images-by-digest
spec:
  policyName: images-by-digest
  validationActions: [Deny]
"""

Kyverno = o.KyvernoClusterPolicy | o.KyvernoPolicy
_ModernKyverno = o.KyvernoValidatingPolicy | o.KyvernoNamespacedValidatingPolicy


def enforces(policy: Kyverno) -> bool:
    """Whether a Kyverno policy refuses anything: a rule's own action counts before the policy's."""
    overall = policy.spec.validation_failure_action
    for rule in policy.spec.rules or ():
        actions = [rule.validate.failure_action] if rule.validate is not None else []
        actions += [each.failure_action for each in rule.verify_images or ()]
        if any(is_enforce(action or overall) for action in actions):
            return True
    return False


def is_enforce(action: str | None) -> bool:
    """Whether an action of Kyverno's, in any spelling, refuses."""
    return (action or "").lower() == "enforce"


def _judges(policy: Kyverno) -> bool:
    """Whether it has rules that could refuse at all: others change or make objects."""
    return any(rule.validate is not None or rule.verify_images for rule in policy.spec.rules or ())


def kyverno_policies(snapshot: Snapshot) -> tuple[Kyverno, ...]:
    """Kyverno's older policies, those of one namespace too."""
    return (*snapshot.all(o.KyvernoClusterPolicy), *snapshot.all(o.KyvernoPolicy))


def _modern(snapshot: Snapshot) -> tuple[_ModernKyverno, ...]:
    return (*snapshot.all(o.KyvernoValidatingPolicy), *snapshot.all(o.KyvernoNamespacedValidatingPolicy))


def _refusing(snapshot: Snapshot) -> dict[str, int]:
    """How many controls of each kind refuse something."""
    labelled = ("baseline", "restricted")
    bound = {
        each.spec.policy_name
        for each in snapshot.all(o.ValidatingAdmissionPolicyBinding)
        if "Deny" in (each.spec.validation_actions or ())
    }
    kyverno = kyverno_policies(snapshot)
    found = {
        "namespaces that enforce Pod Security": sum(
            (each.metadata.labels or {}).get(ENFORCE) in labelled for each in snapshot.all(o.Namespace)
        ),
        "ValidatingAdmissionPolicies": sum(
            each.metadata.name in bound for each in snapshot.all(o.ValidatingAdmissionPolicy)
        ),
        "Kyverno policies": sum(enforces(each) for each in kyverno)
        + sum(each.spec.refuses for each in _modern(snapshot)),
        "Gatekeeper constraints": sum(map(denies, snapshot.all(o.GatekeeperConstraint))),
        "Kubewarden policies": sum(
            each.spec.mode == "protect" for each in snapshot.all(o.KubewardenClusterAdmissionPolicy)
        ),
    }
    return {name: count for name, count in found.items() if count}


@check(
    id="admission-policy-engine-missing",
    title="Nothing decides what workloads may be made",
    severity=Severity.HIGH,
    because="Whoever may make a pod may make a privileged one, and with it takes the node.",
    population=("Namespace",),
    also=_POLICIES,
    hints=(CONSTRAINT,),
    rationale=(
        "RBAC says who may make a pod, not what may be in it. That takes Pod Security labels, "
        "ValidatingAdmissionPolicies, or policies of Kyverno, Gatekeeper or Kubewarden that refuse."
    ),
    remediation="Label namespaces with a Pod Security level, or bind a policy that denies.",
    snippet=_SNIPPET,
)
def engine_missing(snapshot: Snapshot) -> Iterator[Verdict]:
    """Looks for one control that refuses: an enforce label at baseline or restricted, a policy bound with
    Deny, a Kyverno policy that enforces, a Gatekeeper constraint that denies, a Kubewarden policy that
    protects. A default that the API server's own configuration sets for Pod Security is not shown."""
    cluster, found = cluster_resource(snapshot), _refusing(snapshot)
    if found:
        words = ", ".join(f"{count} {name}" for name, count in found.items())
        yield passed(cluster, f"There are {words}.")
    elif snapshot.cluster.source == "manifests":
        yield not_evaluated(cluster, _FILES)
    elif snapshot.all(o.GatekeeperConstraintTemplate) and not snapshot.saw(CONSTRAINT):
        yield not_evaluated(cluster, f"There are Gatekeeper's templates, and {CONSTRAINT} could not be read.")
    elif all(snapshot.saw(kind) for kind in ("Namespace", *_POLICIES)):
        fact = Evidence("controls that refuse", [], "at least one")
        yield failed(cluster, "No namespace enforces Pod Security and no policy refuses anything.", fact)


def _engine(name: str) -> bool:
    return any(engine in name.lower() for engine in _ENGINES)


def _engine_webhooks(
    snapshot: Snapshot,
) -> Iterator[tuple[o.ValidatingWebhookConfiguration, int, o.Webhook]]:
    for configuration in snapshot.all(o.ValidatingWebhookConfiguration):
        for index, webhook in enumerate(configuration.webhooks or ()):
            if webhook.rules and (_engine(webhook.name) or _engine(configuration.metadata.name)):
                yield configuration, index, webhook


def _fact(
    configuration: o.ValidatingWebhookConfiguration, path: str, observed: object, expected: str
) -> Evidence:
    meta = configuration.metadata
    return Evidence(path, observed, expected, None, meta.uid, meta.resource_version)


@check(
    id="admission-webhook-fails-open",
    title="Policy engine's webhook lets everything in when it does not answer",
    severity=Severity.MEDIUM,
    because="Whoever can keep the engine from answering, by load for one, is past every policy.",
    population=("ValidatingWebhookConfiguration",),
    rationale=(
        "With `failurePolicy: Ignore` the API server goes on as if the engine had agreed when it is down or "
        "slow. What came in then stays."
    ),
    remediation="Set failurePolicy to Fail, run several replicas, exempt only the engine's own namespace.",
    snippet="webhooks:\n  - name: validation.gatekeeper.sh\n    failurePolicy: Fail\n",
)
def fails_open(snapshot: Snapshot) -> Iterator[Verdict]:
    """The validating webhooks of Kyverno, Gatekeeper, Kubewarden, policy-controller, Connaisseur and Ratify,
    known by name; one without rules is asked nothing. Left out, failurePolicy is Fail."""
    for configuration, index, webhook in _engine_webhooks(snapshot):
        if webhook.failure_policy == "Ignore":
            fact = _fact(configuration, f"webhooks[{index}].failurePolicy", "Ignore", "Fail")
            message = f"When {webhook.name} does not answer, everything is let in."
            yield failed(configuration.resource, message, fact, f"webhooks/{webhook.name}")
        else:
            yield passed(configuration.resource)


@check(
    id="admission-webhook-namespace-exempt",
    title="Policy engine leaves out namespaces by a label that can be set",
    severity=Severity.MEDIUM,
    because="Whoever may label a namespace takes it out of every policy's reach.",
    population=("ValidatingWebhookConfiguration",),
    rationale=(
        "A webhook that leaves out namespaces with some label is passed by with that label. The label "
        "`kubernetes.io/metadata.name` is set by the API server and cannot be changed; any other can."
    ),
    remediation="Leave out namespaces by name, with the label that the API server sets.",
    snippet="""\
webhooks:
  - name: validation.gatekeeper.sh
    namespaceSelector:
      matchExpressions:
        - {key: kubernetes.io/metadata.name, operator: NotIn, values: [gatekeeper-system]}
""",
)
def namespace_exempt(snapshot: Snapshot) -> Iterator[Verdict]:
    """A `NotIn` or `DoesNotExist` on any other label. Gatekeeper's is no finding where its webhook that
    guards the label is there."""
    for configuration, index, webhook in _engine_webhooks(snapshot):
        names = {each.name for each in configuration.webhooks or ()}
        selector = webhook.namespace_selector or o.LabelSelector()
        keys = [
            each.key
            for each in selector.match_expressions or ()
            if each.operator in {"NotIn", "DoesNotExist"} and each.key != _OWN_NAME
        ]
        if keys and _KEEPS_LABEL not in names:
            fact = _fact(configuration, f"webhooks[{index}].namespaceSelector", keys, _OWN_NAME)
            message = f"A namespace is out of reach of {webhook.name} by its label {keys[0]}."
            yield failed(configuration.resource, message, fact, f"webhooks/{webhook.name}")
        else:
            yield passed(configuration.resource)


@check(
    id="admission-kyverno-audit-only",
    title="Kyverno policy notes violations and lets them in",
    severity=Severity.MEDIUM,
    because="What the policy forbids can be made all the same; only a report says so afterwards.",
    population=_KYVERNO,
    also=("KyvernoPolicyException", "KyvernoCelException"),
    rationale="A policy whose action is Audit, which it is when none is given, refuses nothing.",
    remediation="Set the failure action to Enforce once the reports are clean.",
    snippet="spec:\n  rules:\n    - name: no-latest\n      validate: {failureAction: Enforce}\n",
)
def kyverno_audit_only(snapshot: Snapshot) -> Iterator[Verdict]:
    """A rule's own failureAction counts before the policy's; policies that only change or make objects are
    left out. A ValidatingPolicy denies when it names no action, unless it is not asked at admission. One that
    enforces and has exceptions is for a person to look at."""
    excepted: dict[str, list[str]] = {}
    for exception in snapshot.all(o.KyvernoPolicyException):
        for each in exception.spec.exceptions or ():
            excepted.setdefault(each.policy_name, []).append(str(exception.resource))
    for policy in kyverno_policies(snapshot):
        if _judges(policy):
            space = policy.metadata.namespace
            name = f"{space}/{policy.metadata.name}" if space else policy.metadata.name
            yield _kyverno(policy, excepted.get(name, []), enforced=enforces(policy))
    passes: dict[str, list[str]] = {}
    for apart in snapshot.all(o.KyvernoCelException):
        for named in apart.spec.policy_refs or ():
            passes.setdefault(named.name, []).append(str(apart.resource))
    for modern in _modern(snapshot):
        yield _kyverno(modern, passes.get(modern.metadata.name, []), enforced=modern.spec.refuses)


def _kyverno(policy: o.Object, exceptions: list[str], *, enforced: bool) -> Verdict:
    meta = policy.metadata
    if not enforced:
        fact = Evidence("spec", "Audit", "Enforce", None, meta.uid, meta.resource_version)
        return failed(policy.resource, "It notes violations and refuses nothing.", fact)
    if exceptions:
        fact = Evidence("exceptions", sorted(exceptions)[:20], "each still needed")
        reason = f"{len(exceptions)} exceptions let workloads past it: see whether each is still needed."
        return manual(policy.resource, reason, fact)
    return passed(policy.resource)

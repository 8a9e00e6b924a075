"""Who may alter objects on their way in: mutating webhooks and MutatingAdmissionPolicies.

Whoever answers for one of them writes what others are then said to have made. Source: Kubernetes v1.37,
k8s.io/api admissionregistration/v1 types.go (Webhook, MatchResources); neither is asked about changes to
itself and to the other.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Severity, Theme, Verdict
from checks.network.chain import Match
from checks.network.selectors import selects_all
from checks.network.world import spaces
from checks.registry import check
from checks.verdict import failed, manual, not_applicable, not_evaluated, passed

THEME = Theme.ADMISSION

_SYSTEM = "kube-system"
_POLICY, _BINDING = "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"
_CHANGES = ("CREATE", "UPDATE", "*")


class _Reach(Struct, frozen=True):
    """One thing that alters objects, as one list of rules with its limits. `path`: where it is written."""

    name: str
    path: str
    rules: tuple[o.ResourceRule, ...]
    spaces: tuple[o.LabelSelector, ...]
    narrowed: bool


@check(
    id="admission-mutator-reaches-system",
    title="Something may alter the pods of kube-system",
    severity=Severity.MEDIUM,
    population=("MutatingWebhookConfiguration", _POLICY),
    also=(_BINDING, "Namespace"),
    because="Whoever answers for it can put a program of theirs into pods that have the cluster's rights.",
    rationale=(
        "What alters pods can add a container, a volume or another image. In kube-system pods run with the "
        "rights of the cluster itself, so the right to answer there is the right to the cluster."
    ),
    remediation="Leave kube-system out by the label that the API server sets, which nobody can change.",
    snippet="""\
webhooks:
  - name: inject.example.com
    namespaceSelector:
      matchExpressions:
        - {key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system]}
""",
)
def reaches_system(snapshot: Snapshot) -> Iterator[Verdict]:
    """Rules for creating or changing pods that hold in kube-system, by its labels. One that is limited to
    some objects, by their labels or by expressions, is left to a person. A policy counts where it is
    bound; what it changes is not looked at."""
    for source, reaches in _sources(snapshot):
        unread = source.kind == _POLICY and not reaches and not snapshot.saw(_BINDING)
        if unread:
            yield not_evaluated(source.resource, f"Where it is bound is not known: {_BINDING} was not read.")
        elif source.kind == _POLICY and not reaches:
            yield not_applicable(source.resource, "No binding names it, so it alters nothing.")
        else:
            yield from _judged(snapshot, source, reaches)


def _judged(snapshot: Snapshot, source: o.Object, reaches: list[_Reach]) -> Iterator[Verdict]:
    said = False
    for each in reaches:
        if not any(map(_alters_pods, each.rules)):
            continue
        within = _within(snapshot, each.spaces)
        if within is Match.NO:
            continue
        said = True
        meta = source.metadata
        observed = [_words(rule) for rule in each.rules if _alters_pods(rule)]
        fact = Evidence(each.path, observed, f"{_SYSTEM} left out", None, meta.uid, meta.resource_version)
        locus = f"webhooks/{each.name}" if source.kind != _POLICY else f"bindings/{each.name}"
        if within is Match.MAYBE:
            reason = f"The labels of {_SYSTEM}, which decide, are not known."
            yield not_evaluated(source.resource, reason, locus)
        elif each.narrowed:
            reason = f"It may alter some pods of {_SYSTEM}: see which its conditions pick, and who answers."
            yield manual(source.resource, reason, fact, locus)
        else:
            yield failed(source.resource, f"{each.name} may alter every pod of {_SYSTEM}.", fact, locus)
    if not said:
        yield passed(source.resource)


def _within(snapshot: Snapshot, selectors: tuple[o.LabelSelector, ...]) -> Match:
    """Whether all of them pick kube-system; MAYBE where its labels decide and are not known."""
    return min((spaces(snapshot).picked_by(each)(_SYSTEM) for each in selectors), default=Match.YES)


def _sources(snapshot: Snapshot) -> Iterator[tuple[o.Object, list[_Reach]]]:
    for configuration in snapshot.all(o.MutatingWebhookConfiguration):
        hooks = enumerate(configuration.webhooks or ())
        yield configuration, [_of_webhook(number, hook) for number, hook in hooks]
    bindings: dict[str, list[o.MutatingAdmissionPolicyBinding]] = {}
    for binding in snapshot.all(o.MutatingAdmissionPolicyBinding):
        bindings.setdefault(binding.spec.policy_name, []).append(binding)
    for policy in snapshot.all(o.MutatingAdmissionPolicy):
        yield policy, [_of_policy(policy, each) for each in bindings.get(policy.metadata.name, ())]


def _of_webhook(number: int, hook: o.Webhook) -> _Reach:
    narrowed = bool(hook.match_conditions) or _some(hook.object_selector)
    spaces = (hook.namespace_selector,) if hook.namespace_selector else ()
    path = f"webhooks[{number}].rules"
    return _Reach(hook.name, path, hook.rules or (), spaces, narrowed)


def _of_policy(policy: o.MutatingAdmissionPolicy, binding: o.MutatingAdmissionPolicyBinding) -> _Reach:
    constraints = policy.spec.match_constraints or o.MatchResources()
    limits = binding.spec.match_resources or o.MatchResources()
    selectors = (constraints.namespace_selector, limits.namespace_selector)
    narrowed = (
        bool(policy.spec.match_conditions)
        or _some(constraints.object_selector)
        or _some(limits.object_selector)
        or bool(constraints.exclude_resource_rules or limits.exclude_resource_rules or limits.resource_rules)
    )
    return _Reach(
        binding.metadata.name,
        "spec.matchConstraints.resourceRules",
        constraints.resource_rules or (),
        tuple(each for each in selectors if each is not None),
        narrowed,
    )


def _some(selector: o.LabelSelector | None) -> bool:
    return selector is not None and not selects_all(selector)


def _alters_pods(rule: o.ResourceRule) -> bool:
    return (
        any(group in ("", "*") for group in rule.api_groups or ())
        and any(resource in ("pods", "*", "*/*") for resource in rule.resources or ())
        and any(operation in _CHANGES for operation in rule.operations or ())
        and rule.scope != "Cluster"
        and not rule.resource_names
    )


def _words(rule: o.ResourceRule) -> str:
    return f"{'/'.join(rule.operations or ())} of {', '.join(rule.resources or ())}"

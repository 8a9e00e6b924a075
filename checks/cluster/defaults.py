"""What the API server and its controllers would have filled in, for objects that never met them.

Sources: Kubernetes v1.37 defaulting (pkg/apis/*/v1/defaults.go), the ServiceAccount admission plugin and the
ClusterRole aggregation controller. Only files need this: a live cluster's objects have it done.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from checks.cluster import objects as o
from checks.cluster.kinds import KINDS

DEFAULT_NAMESPACE = "default"
DEFAULT_SERVICE_ACCOUNT = "default"


def defaulted(item: o.Object) -> o.Object:
    """One object as it would be stored."""
    item = _placed(item)
    match item:
        case o.NetworkPolicy(spec=spec) if not spec.policy_types:
            types = ("Ingress", "Egress") if spec.egress else ("Ingress",)
            return replace(item, spec=replace(spec, policy_types=types))
        case o.Pod(spec=pod) if not _is_mirror(item):
            name = pod.service_account_name or pod.service_account or DEFAULT_SERVICE_ACCOUNT
            return replace(item, spec=replace(pod, service_account_name=name, service_account=name))
        case o.RoleBinding(subjects=subjects, metadata=metadata) if subjects:
            return replace(item, subjects=tuple(_subject(each, metadata.namespace) for each in subjects))
        case _:
            return item


def _is_mirror(item: o.Object) -> bool:
    """Whether it shows a pod that a kubelet runs from a file: such pods have no service account."""
    return any(owner.kind == "Node" for owner in item.metadata.owner_references or ())


def _placed(item: o.Object) -> o.Object:
    namespaced = KINDS[type(item).__name__].namespaced
    namespace = (item.metadata.namespace or DEFAULT_NAMESPACE) if namespaced else None
    if namespace == item.metadata.namespace:
        return item
    return replace(item, metadata=replace(item.metadata, namespace=namespace))


def _subject(subject: o.RbacSubject, namespace: str | None) -> o.RbacSubject:
    if subject.kind != "ServiceAccount" or subject.namespace:
        return subject
    return replace(subject, namespace=namespace)


def aggregated(roles: tuple[o.ClusterRole, ...]) -> tuple[o.ClusterRole, ...]:
    """The roles with the rules of aggregating ones computed, to a fixpoint.

    An aggregating role's own rules are overwritten by the union of the roles its selectors pick, itself left
    out, in the order of their names. It may aggregate roles that aggregate too (view, edit, admin).
    """
    rules = {role.metadata.name: () if role.aggregation_rule else role.rules or () for role in roles}
    sources = {
        role.metadata.name: tuple(_picked(role, roles)) for role in roles if role.aggregation_rule is not None
    }
    changed = True
    while changed:
        changed = False
        for name, picked in sources.items():
            union = tuple(dict.fromkeys(rule for source in picked for rule in rules[source]))
            if union != rules[name]:
                rules[name], changed = union, True
    return tuple(
        replace(role, rules=rules[role.metadata.name]) if role.aggregation_rule else role for role in roles
    )


def _picked(role: o.ClusterRole, roles: Iterable[o.ClusterRole]) -> list[str]:
    selectors = (role.aggregation_rule.cluster_role_selectors if role.aggregation_rule else None) or ()
    return sorted(
        each.metadata.name
        for each in roles
        if each.metadata.name != role.metadata.name
        and any(selects(selector, each.metadata.labels or {}) for selector in selectors)
    )


def selects(selector: o.LabelSelector, labels: dict[str, str]) -> bool:
    """Whether a label selector picks these labels. An empty selector picks everything."""
    exact = all(labels.get(key) == value for key, value in (selector.match_labels or {}).items())
    return exact and all(_requirement(each, labels) for each in selector.match_expressions or ())


def _requirement(requirement: o.LabelRequirement, labels: dict[str, str]) -> bool:
    value = labels.get(requirement.key)
    match requirement.operator:
        case "In":
            return value is not None and value in (requirement.values or ())
        case "NotIn":
            return value is None or value not in (requirement.values or ())
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case _:
            return False

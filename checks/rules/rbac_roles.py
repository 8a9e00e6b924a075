"""Roles themselves: wildcards instead of names, and bindings whose role is not there."""

from __future__ import annotations

from collections.abc import Iterator

from checks.access.index import index
from checks.access.stock import AnyRole, is_stock_rule, key_of
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Severity, Theme, Verdict
from checks.registry import check
from checks.rules.rbac_grants import BINDINGS, ROLES, nobody
from checks.verdict import cluster_resource, failed, not_applicable, not_evaluated, passed

THEME = Theme.ACCESS


@check(
    id="rbac-wildcard-role",
    title="Role uses a wildcard",
    severity=Severity.HIGH,
    because=(
        "The role grants what nobody has thought of yet: each new kind of object is in it from its first day."
    ),
    population=ROLES,
    rationale=(
        "A wildcard grants what nobody has thought of: every verb, kind and subresource there is, and those "
        "that the next upgrade or the next operator brings."
    ),
    remediation="Name the verbs, API groups and resources that are used; an audit log shows them.",
    snippet="""\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: deployer, namespace: web}
rules:
  - apiGroups: [apps]
    resources: [deployments]
    verbs: [get, list, watch, patch]
""",
)
def wildcard_role(snapshot: Snapshot) -> Iterator[Verdict]:
    """`*` among verbs, API groups or resources, and `*/name` among resources; `pods/*` and `*/*` are none,
    they match nothing. A rule that Kubernetes' own role of that name has from the start is left out, and an
    aggregated role is judged by the roles it gathers."""
    roles: tuple[AnyRole, ...] = (*snapshot.all(o.Role), *snapshot.all(o.ClusterRole))
    by_people = [role for role in roles if not _is_stock(role)]
    for role in by_people:
        yield _wildcard_role(snapshot, role)
    if roles and not by_people:
        yield passed(cluster_resource(snapshot), f"The roles are Kubernetes' own ({len(roles)}).")


def _is_stock(role: AnyRole) -> bool:
    return bool(role.rules) and all(is_stock_rule(role, rule) for rule in role.rules or ())


def _wildcard_role(snapshot: Snapshot, role: AnyRole) -> Verdict:
    if isinstance(role, o.ClusterRole) and role.aggregation_rule:
        return not_applicable(
            role.resource, "It gathers the rules of other roles, which are judged themselves."
        )
    rules = ((n, rule) for n, rule in enumerate(role.rules or ()) if not is_stock_rule(role, rule))
    facts = tuple(fact for number, rule in rules for fact in _wildcards(role, number, rule))
    if not facts:
        return passed(role.resource)
    return failed(role.resource, _message(snapshot, role, facts), facts)


def _wildcards(role: AnyRole, number: int, rule: o.PolicyRule) -> Iterator[Evidence]:
    fields = (("verbs", rule.verbs), ("apiGroups", rule.api_groups), ("resources", rule.resources))
    meta = role.metadata
    for field, values in fields:
        if any(_is_wildcard(value, field) for value in values or ()):
            path, observed = f"rules[{number}].{field}", list(values or ())
            yield Evidence(path, observed, f"named {field}", None, meta.uid, meta.resource_version)


def _is_wildcard(value: str, field: str) -> bool:
    return value == "*" or (field == "resources" and value.startswith("*/") and value != "*/*")


def _message(snapshot: Snapshot, role: AnyRole, facts: tuple[Evidence, ...]) -> str:
    fields = ", ".join(dict.fromkeys(fact.path.rpartition(".")[2] for fact in facts))
    rbac = index(snapshot)
    unbound = not rbac.bound.get(key_of(role)) and not rbac.unread
    idle = " Nobody is bound to it." if unbound and snapshot.cluster.source != "manifests" else ""
    return f"It has a wildcard in: {fields}.{idle}"


@check(
    id="rbac-missing-role",
    title="Binding names a role that does not exist",
    severity=Severity.LOW,
    because=("It grants nothing today: it is a grant in waiting for whoever may create a role of that name."),
    needs=ROLES,
    population=BINDINGS,
    rationale=(
        "The binding grants nothing today. Whoever later makes a role of that name gives its rights to "
        "subjects that were forgotten."
    ),
    remediation="Delete the binding, or put the role back.",
    snippet="""\
# kubectl delete clusterrolebinding velero
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: velero-server}
rules:
  - {apiGroups: [velero.io], resources: [backups], verbs: [get, list, watch]}
""",
)
def missing_role(snapshot: Snapshot) -> Iterator[Verdict]:
    """In files the role may be in the cluster already: not evaluated."""
    dangling = index(snapshot).dangling
    for each in dangling:
        role = f"{each.role.kind} {each.role.name}"
        if snapshot.cluster.source == "manifests":
            yield not_evaluated(
                each.binding.resource, f"{role} is not in the files; it may be in the cluster."
            )
            continue
        meta = each.binding.metadata
        fact = Evidence("roleRef", role, "a role that exists", None, meta.uid, meta.resource_version)
        whom = ", ".join(str(subject) for subject in each.subjects[:5] if subject) or "nobody"
        yield failed(
            each.binding.resource, f"{role} does not exist. Made again, it would be granted to {whom}.", fact
        )
    if not dangling:
        yield from nobody(snapshot, "Every binding's role exists")

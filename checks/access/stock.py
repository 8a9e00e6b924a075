"""What Kubernetes itself grants, so that people are shown what people granted.

A name or a label proves nothing: anybody may call a binding `system:something`. A grant is Kubernetes' own
only if the binding has the API server's label, name, role and that very subject, and the right comes from a
rule which the role of that name has from the start (Kubernetes v1.37). What somebody added is judged.
On another Kubernetes version a rule that differs is judged too: rather one finding too many.
"""

from __future__ import annotations

from functools import cache

from msgspec import Struct

from checks.access.matching import covers
from checks.access.subjects import named
from checks.cluster import objects as o
from checks.cluster.defaults import aggregated
from checks.cluster.manifests import Reader
from checks.cluster.sample import sources
from checks.model import Subject

_LABEL = ("kubernetes.io/bootstrapping", "rbac-defaults")
_FILE = "sample/00-bootstrap.yaml"

RoleKey = tuple[str, str, str]
"""Kind, namespace (empty for a ClusterRole) and name."""

AnyRole = o.Role | o.ClusterRole
AnyBinding = o.RoleBinding | o.ClusterRoleBinding


class Stock(Struct, frozen=True):
    """The roles and bindings that an API server makes when it starts, aggregated roles with their rules."""

    roles: dict[RoleKey, AnyRole]
    bindings: dict[RoleKey, AnyBinding]


def key_of(item: o.Object) -> RoleKey:
    """How roles and bindings are found here and in the index."""
    return (item.kind, item.metadata.namespace or "", item.metadata.name)


@cache
def stock() -> Stock:
    """Read once, from the same file that the sample cluster is made of."""
    reader = Reader()
    for source in sources():
        if source.name == _FILE:
            reader.read(source)
    roles: list[AnyRole] = []
    cluster_roles: list[o.ClusterRole] = []
    bindings: list[AnyBinding] = []
    for item in reader.objects.values():
        match item:
            case o.ClusterRole():
                cluster_roles.append(item)
            case o.Role():
                roles.append(item)
            case o.ClusterRoleBinding() | o.RoleBinding():
                bindings.append(item)
    everything: tuple[AnyRole, ...] = (*roles, *aggregated(tuple(cluster_roles)))
    return Stock({key_of(role): role for role in everything}, {key_of(each): each for each in bindings})


def labelled(item: o.Object) -> bool:
    """Whether the object has the API server's own label."""
    name, value = _LABEL
    return (item.metadata.labels or {}).get(name) == value


def is_stock_rule(role: AnyRole, rule: o.PolicyRule) -> bool:
    """Whether this role has this rule, or a wider one, from the start."""
    original = stock().roles.get(key_of(role))
    return original is not None and labelled(role) and covers(original.rules or (), (rule,))


def is_stock_subject(binding: AnyBinding, subject: Subject) -> bool:
    """Whether this binding names this subject from the start."""
    original = _original(binding)
    if original is None:
        return False
    namespace = original.metadata.namespace
    return any(named(each, namespace) == subject for each in original.subjects or ())


def is_stock_binding(binding: AnyBinding) -> bool:
    """Whether this binding is there from the start, whomever it names by now."""
    return _original(binding) is not None


def _original(binding: AnyBinding) -> AnyBinding | None:
    original = stock().bindings.get(key_of(binding))
    if original is None or not labelled(binding) or original.role_ref != binding.role_ref:
        return None
    return original

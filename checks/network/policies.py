"""NetworkPolicies as they take effect: which directions each has, and what each allows.

`policyTypes` left out means Ingress, and Egress too if there are egress rules: the API server writes it
down, files may not. Source: Kubernetes v1.37, k8s.io/api networking/v1 types.go and
pkg/apis/networking/v1/defaults.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived

DEFAULT_NAMESPACE = "default"
T = TypeVar("T", bound=o.Object)


class Direction(StrEnum):
    """Traffic to pods, or from them."""

    INGRESS = "Ingress"
    EGRESS = "Egress"


POLICIES: tuple[type[o.Object], ...] = (
    o.NetworkPolicy,
    o.AdminNetworkPolicy,
    o.BaselineAdminNetworkPolicy,
    o.ClusterNetworkPolicy,
    o.CiliumNetworkPolicy,
    o.CiliumClusterwideNetworkPolicy,
    o.CalicoNetworkPolicy,
    o.CalicoGlobalNetworkPolicy,
)
"""Every kind of policy that is modelled."""


def namespace_of(item: o.Object) -> str:
    """The namespace of an object; in a file that names none, the one it would go to."""
    return item.metadata.namespace or DEFAULT_NAMESPACE


def by_namespace(items: Iterable[T]) -> dict[str, tuple[T, ...]]:
    """Objects by their namespace, in the order they came."""
    found: dict[str, list[T]] = {}
    for each in items:
        found.setdefault(namespace_of(each), []).append(each)
    return {namespace: tuple(listed) for namespace, listed in found.items()}


def directions(spec: o.NetworkPolicySpec) -> tuple[Direction, ...]:
    """The directions in which a policy isolates the pods it selects."""
    if spec.policy_types:
        return tuple(direction for direction in Direction if direction in spec.policy_types)
    return (Direction.INGRESS, Direction.EGRESS) if spec.egress else (Direction.INGRESS,)


@derived
def policies(snapshot: Snapshot) -> dict[str, tuple[o.NetworkPolicy, ...]]:
    """The policies of each namespace, by name."""
    return by_namespace(sorted(snapshot.all(o.NetworkPolicy), key=lambda each: each.metadata.name))


def every_policy(snapshot: Snapshot) -> tuple[o.Object, ...]:
    """The policies of every kind, in the order they were read."""
    return tuple(policy for kind in POLICIES for policy in snapshot.all(kind))


_Rule = tuple[tuple[o.NetworkPolicyPeer, ...] | None, tuple[o.NetworkPolicyPort, ...] | None]


def rules_of(spec: o.NetworkPolicySpec, direction: Direction) -> tuple[_Rule, ...]:
    """The rules of a direction, as peers and ports, whether or not the policy has the direction."""
    match direction:
        case Direction.INGRESS:
            return tuple((rule.from_, rule.ports) for rule in spec.ingress or ())
        case Direction.EGRESS:
            return tuple((rule.to, rule.ports) for rule in spec.egress or ())

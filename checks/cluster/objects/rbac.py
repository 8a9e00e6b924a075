"""Service accounts, roles and bindings."""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from checks.cluster.objects.base import AnnotatedMetadata, LabelSelector, ManagedMetadata, Object, Part


class ServiceAccount(Object, frozen=True):
    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "ServiceAccount"
    metadata: AnnotatedMetadata = field(default_factory=AnnotatedMetadata)
    automount_service_account_token: bool | None = None


class PolicyRule(Part, frozen=True):
    verbs: tuple[str, ...] | None = None
    api_groups: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None
    resource_names: tuple[str, ...] | None = None
    non_resource_urls: tuple[str, ...] | None = field(default=None, name="nonResourceURLs")


class AggregationRule(Part, frozen=True):
    cluster_role_selectors: tuple[LabelSelector, ...] | None = None


class Role(Object, frozen=True):
    api_version: ClassVar[str] = "rbac.authorization.k8s.io/v1"
    kind: ClassVar[str] = "Role"
    metadata: ManagedMetadata = field(default_factory=ManagedMetadata)
    rules: tuple[PolicyRule, ...] | None = None


class ClusterRole(Object, frozen=True):
    api_version: ClassVar[str] = "rbac.authorization.k8s.io/v1"
    kind: ClassVar[str] = "ClusterRole"
    metadata: ManagedMetadata = field(default_factory=ManagedMetadata)
    rules: tuple[PolicyRule, ...] | None = None
    aggregation_rule: AggregationRule | None = None


class RoleRef(Part, frozen=True):
    kind: str = ""
    name: str = ""


class RbacSubject(Part, frozen=True):
    kind: str = ""
    name: str = ""
    namespace: str | None = None


class RoleBinding(Object, frozen=True):
    api_version: ClassVar[str] = "rbac.authorization.k8s.io/v1"
    kind: ClassVar[str] = "RoleBinding"
    metadata: ManagedMetadata = field(default_factory=ManagedMetadata)
    role_ref: RoleRef = field(default_factory=RoleRef)
    subjects: tuple[RbacSubject, ...] | None = None


class ClusterRoleBinding(Object, frozen=True):
    api_version: ClassVar[str] = "rbac.authorization.k8s.io/v1"
    kind: ClassVar[str] = "ClusterRoleBinding"
    metadata: ManagedMetadata = field(default_factory=ManagedMetadata)
    role_ref: RoleRef = field(default_factory=RoleRef)
    subjects: tuple[RbacSubject, ...] | None = None

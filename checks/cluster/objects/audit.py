"""The API server's audit policy: a file on the control plane nodes that no list in the API has."""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from checks.cluster.objects.base import Object, Part


class AuditResources(Part, frozen=True):
    """Resources of one API group; none named means all of the group's."""

    group: str = ""
    resources: tuple[str, ...] | None = None
    resource_names: tuple[str, ...] | None = None


class AuditRule(Part, frozen=True):
    level: str = ""
    users: tuple[str, ...] | None = None
    user_groups: tuple[str, ...] | None = None
    verbs: tuple[str, ...] | None = None
    resources: tuple[AuditResources, ...] | None = None
    namespaces: tuple[str, ...] | None = None
    non_resource_urls: tuple[str, ...] | None = field(default=None, name="nonResourceURLs")
    omit_stages: tuple[str, ...] | None = None
    omit_managed_fields: bool | None = None


class AuditPolicy(Object, frozen=True):
    api_version: ClassVar[str] = "audit.k8s.io/v1"
    kind: ClassVar[str] = "Policy"
    rules: tuple[AuditRule, ...] | None = None
    omit_stages: tuple[str, ...] | None = None
    omit_managed_fields: bool | None = None

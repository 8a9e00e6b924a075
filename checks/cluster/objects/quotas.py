"""What bounds a namespace: quotas of the whole, and ranges and defaults of its containers."""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from checks.cluster.objects.base import Object, Part
from checks.cluster.objects.pods import Present, Quantities


class ResourceQuotaSpec(Part, frozen=True):
    hard: dict[str, str | int | float] | None = None
    scopes: tuple[str, ...] | None = None
    scope_selector: Present | None = None


class ResourceQuota(Object, frozen=True):
    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "ResourceQuota"
    spec: ResourceQuotaSpec = field(default_factory=ResourceQuotaSpec)


class LimitRangeItem(Part, frozen=True):
    type: str = ""
    default: Quantities | None = None
    default_request: Quantities | None = None
    max: Quantities | None = None
    min: Quantities | None = None


class LimitRangeSpec(Part, frozen=True):
    limits: tuple[LimitRangeItem, ...] | None = None


class LimitRange(Object, frozen=True):
    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "LimitRange"
    spec: LimitRangeSpec = field(default_factory=LimitRangeSpec)

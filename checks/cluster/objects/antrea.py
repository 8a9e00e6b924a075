"""Antrea's own network policies: enough to know that there are some, and what they could do.

Whom they are for and whom they let in is not read, because it is not modelled.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from checks.cluster.objects.base import Object, Part


class AntreaRule(Part, frozen=True):
    action: str | None = None


class AntreaPolicySpec(Part, frozen=True):
    tier: str | None = None
    priority: float | None = None
    ingress: tuple[AntreaRule, ...] | None = None
    egress: tuple[AntreaRule, ...] | None = None


class AntreaNetworkPolicy(Object, frozen=True):
    api_version: ClassVar[str] = "crd.antrea.io/v1beta1"
    kind: ClassVar[str] = "NetworkPolicy"
    spec: AntreaPolicySpec = field(default_factory=AntreaPolicySpec)


class AntreaClusterNetworkPolicy(Object, frozen=True):
    api_version: ClassVar[str] = "crd.antrea.io/v1beta1"
    kind: ClassVar[str] = "ClusterNetworkPolicy"
    spec: AntreaPolicySpec = field(default_factory=AntreaPolicySpec)

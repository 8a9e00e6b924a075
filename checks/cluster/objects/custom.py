"""Definitions of custom resources, of which only the names matter: their schemas are the bulk of them."""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from checks.cluster.objects.base import Object, Part
from checks.cluster.objects.pods import Present


class CustomNames(Part, frozen=True):
    plural: str = ""
    kind: str = ""
    singular: str = ""
    short_names: tuple[str, ...] | None = None


class CustomVersion(Part, frozen=True):
    """`subresources` holds those that are switched on, as keys."""

    subresources: dict[str, Present | None] | None = None


class CustomSpec(Part, frozen=True):
    group: str = ""
    scope: str = ""
    names: CustomNames = field(default_factory=CustomNames)
    versions: tuple[CustomVersion, ...] | None = None


class CustomResourceDefinition(Object, frozen=True):
    api_version: ClassVar[str] = "apiextensions.k8s.io/v1"
    kind: ClassVar[str] = "CustomResourceDefinition"
    spec: CustomSpec = field(default_factory=CustomSpec)

"""What every Kubernetes object shares. Field names follow the Kubernetes API (v1.37)."""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct, field

from checks.cluster.objects.annotations import NO_ANNOTATIONS, Annotations
from checks.model import Resource

ANY = "*"
"""The kind of a struct that reads every kind of its group."""


class Part(Struct, frozen=True, rename="camel", gc=False, omit_defaults=True):
    """Base of every piece of an object. Plain JSON data has no cycles, so the collector need not look."""


class OwnerReference(Part, frozen=True):
    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None


class Metadata(Part, frozen=True):
    name: str = ""
    namespace: str | None = None
    uid: str | None = None
    resource_version: str | None = None
    creation_timestamp: str | None = None
    labels: dict[str, str] | None = None
    owner_references: tuple[OwnerReference, ...] | None = None


class ManagedField(Part, frozen=True):
    """Who wrote to an object last by one way of writing, and when (RFC 3339); not what was written."""

    manager: str = ""
    operation: str = ""
    time: str | None = None
    subresource: str = ""


class ManagedMetadata(Metadata, frozen=True):
    """Of the kinds whose last change somebody asks for."""

    managed_fields: tuple[ManagedField, ...] | None = None

    @property
    def last_change(self) -> ManagedField | None:
        """The newest write to the object itself; None where that is not known."""
        dated = [each for each in self.managed_fields or () if each.time and not each.subresource]
        return max(dated, key=lambda each: each.time or "", default=None)


class AnnotatedMetadata(Metadata, frozen=True):
    """Of the kinds whose annotations say something to checks. Never of a ConfigMap."""

    annotations: Annotations = NO_ANNOTATIONS


class Object(Part, frozen=True):
    """Base of every top-level object. Lists omit apiVersion and kind, so the class carries them."""

    api_version: ClassVar[str] = ""
    kind: ClassVar[str] = ""

    metadata: Metadata = field(default_factory=Metadata)

    @property
    def resource(self) -> Resource:
        """This object as what a result is about."""
        meta = self.metadata
        return Resource(self.api_version, self.kind, meta.namespace, meta.name, meta.uid)


class LabelRequirement(Part, frozen=True):
    key: str = ""
    operator: str = ""
    values: tuple[str, ...] | None = None


class LabelSelector(Part, frozen=True):
    match_labels: dict[str, str] | None = None
    match_expressions: tuple[LabelRequirement, ...] | None = None

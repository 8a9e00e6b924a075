"""Namespaces, nodes, configuration and webhooks."""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from checks.cluster.objects.admission import PolicyExpression, ResourceRule
from checks.cluster.objects.base import AnnotatedMetadata, LabelSelector, Object, Part
from checks.cluster.objects.withheld import Literal


class Namespace(Object, frozen=True):
    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "Namespace"
    metadata: AnnotatedMetadata = field(default_factory=AnnotatedMetadata)


class NodeInfo(Part, frozen=True):
    architecture: str = ""
    kubelet_version: str = ""
    os_image: str = ""
    container_runtime_version: str = ""


class NodeStatus(Part, frozen=True):
    node_info: NodeInfo = field(default_factory=NodeInfo)


class Taint(Part, frozen=True):
    key: str = ""
    effect: str = ""


class NodeSpec(Part, frozen=True):
    taints: tuple[Taint, ...] | None = None
    provider_id: str = field(default="", name="providerID")


class Node(Object, frozen=True):
    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "Node"
    spec: NodeSpec = field(default_factory=NodeSpec)
    status: NodeStatus = field(default_factory=NodeStatus)


class ConfigMap(Object, frozen=True):
    """Metadata only: listed as PartialObjectMetadata."""

    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "ConfigMap"


class ConfigMapContent(Object, frozen=True):
    """A config map with its keys, and of each value only what it looks like. From files only."""

    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "ConfigMap"
    data: dict[str, Literal] | None = None


class Secret(Object, frozen=True):
    """Metadata only: listed as PartialObjectMetadata. No field for data; of the annotations only those that
    checks read, because `last-applied-configuration` repeats the values."""

    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "Secret"
    metadata: AnnotatedMetadata = field(default_factory=AnnotatedMetadata)


class Webhook(Part, frozen=True):
    name: str = ""
    failure_policy: str | None = None
    namespace_selector: LabelSelector | None = None
    object_selector: LabelSelector | None = None
    match_conditions: tuple[PolicyExpression, ...] | None = None
    rules: tuple[ResourceRule, ...] | None = None


class ValidatingWebhookConfiguration(Object, frozen=True):
    api_version: ClassVar[str] = "admissionregistration.k8s.io/v1"
    kind: ClassVar[str] = "ValidatingWebhookConfiguration"
    webhooks: tuple[Webhook, ...] | None = None


class MutatingWebhookConfiguration(Object, frozen=True):
    api_version: ClassVar[str] = "admissionregistration.k8s.io/v1"
    kind: ClassVar[str] = "MutatingWebhookConfiguration"
    webhooks: tuple[Webhook, ...] | None = None

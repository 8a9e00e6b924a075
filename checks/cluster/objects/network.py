"""Network policies, services and ingresses."""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from checks.cluster.objects.base import AnnotatedMetadata, LabelSelector, Object, Part


class IPBlock(Part, frozen=True):
    cidr: str = ""
    except_: tuple[str, ...] | None = field(default=None, name="except")


class NetworkPolicyPeer(Part, frozen=True):
    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    ip_block: IPBlock | None = None


class NetworkPolicyPort(Part, frozen=True):
    port: int | str | None = None
    end_port: int | None = None
    protocol: str | None = None


class IngressRule(Part, frozen=True):
    from_: tuple[NetworkPolicyPeer, ...] | None = field(default=None, name="from")
    ports: tuple[NetworkPolicyPort, ...] | None = None


class EgressRule(Part, frozen=True):
    to: tuple[NetworkPolicyPeer, ...] | None = None
    ports: tuple[NetworkPolicyPort, ...] | None = None


class NetworkPolicySpec(Part, frozen=True):
    pod_selector: LabelSelector = field(default_factory=LabelSelector)
    policy_types: tuple[str, ...] | None = None
    ingress: tuple[IngressRule, ...] | None = None
    egress: tuple[EgressRule, ...] | None = None


class NetworkPolicy(Object, frozen=True):
    api_version: ClassVar[str] = "networking.k8s.io/v1"
    kind: ClassVar[str] = "NetworkPolicy"
    spec: NetworkPolicySpec = field(default_factory=NetworkPolicySpec)


class ServiceSpec(Part, frozen=True):
    type: str | None = None
    external_ips: tuple[str, ...] | None = field(default=None, name="externalIPs")
    selector: dict[str, str] | None = None
    external_name: str | None = None
    load_balancer_source_ranges: tuple[str, ...] | None = None


class Service(Object, frozen=True):
    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "Service"
    metadata: AnnotatedMetadata = field(default_factory=AnnotatedMetadata)
    spec: ServiceSpec = field(default_factory=ServiceSpec)


class IngressTLS(Part, frozen=True):
    hosts: tuple[str, ...] | None = None
    secret_name: str | None = None


class IngressHost(Part, frozen=True):
    """A rule of an Ingress: for which host; where it leads is read by no check."""

    host: str | None = None


class IngressSpec(Part, frozen=True):
    rules: tuple[IngressHost, ...] | None = None
    tls: tuple[IngressTLS, ...] | None = None


class Ingress(Object, frozen=True):
    api_version: ClassVar[str] = "networking.k8s.io/v1"
    kind: ClassVar[str] = "Ingress"
    metadata: AnnotatedMetadata = field(default_factory=AnnotatedMetadata)
    spec: IngressSpec = field(default_factory=IngressSpec)

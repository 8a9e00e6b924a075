"""The Gateway API: where traffic comes in, which routes it takes, and who may refer to what."""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from checks.cluster.objects.base import LabelSelector, Object, Part


class GatewayReference(Part, frozen=True):
    """A certificate (`SecretObjectReference`) or a parent (`ParentReference`); what is not set has a default
    that depends on which it is."""

    group: str | None = None
    kind: str | None = None
    namespace: str | None = None
    name: str = ""
    section_name: str | None = None
    port: int | None = None


class ListenerTLS(Part, frozen=True):
    mode: str | None = None
    certificate_refs: tuple[GatewayReference, ...] | None = None


class RouteNamespaces(Part, frozen=True):
    from_: str | None = field(default=None, name="from")
    selector: LabelSelector | None = None


class AllowedRoutes(Part, frozen=True):
    namespaces: RouteNamespaces | None = None


class Listener(Part, frozen=True):
    name: str = ""
    hostname: str | None = None
    port: int = 0
    protocol: str = ""
    tls: ListenerTLS | None = None
    allowed_routes: AllowedRoutes | None = None


class GatewaySpec(Part, frozen=True):
    gateway_class_name: str = ""
    listeners: tuple[Listener, ...] | None = None


class ListenerCondition(Part, frozen=True):
    type: str = ""
    status: str = ""
    reason: str = ""


class ListenerStatus(Part, frozen=True):
    name: str = ""
    conditions: tuple[ListenerCondition, ...] | None = None


class GatewayStatus(Part, frozen=True):
    listeners: tuple[ListenerStatus, ...] | None = None


class Gateway(Object, frozen=True):
    api_version: ClassVar[str] = "gateway.networking.k8s.io/v1"
    kind: ClassVar[str] = "Gateway"
    spec: GatewaySpec = field(default_factory=GatewaySpec)
    status: GatewayStatus = field(default_factory=GatewayStatus)


class RequestRedirect(Part, frozen=True):
    scheme: str | None = None


class RouteFilter(Part, frozen=True):
    type: str = ""
    request_redirect: RequestRedirect | None = None


class RouteRule(Part, frozen=True):
    filters: tuple[RouteFilter, ...] | None = None


class RouteSpec(Part, frozen=True):
    """Where it leads is read by no check."""

    parent_refs: tuple[GatewayReference, ...] | None = None
    hostnames: tuple[str, ...] | None = None
    rules: tuple[RouteRule, ...] | None = None


class HTTPRoute(Object, frozen=True):
    api_version: ClassVar[str] = "gateway.networking.k8s.io/v1"
    kind: ClassVar[str] = "HTTPRoute"
    spec: RouteSpec = field(default_factory=RouteSpec)


class GRPCRoute(Object, frozen=True):
    api_version: ClassVar[str] = "gateway.networking.k8s.io/v1"
    kind: ClassVar[str] = "GRPCRoute"
    spec: RouteSpec = field(default_factory=RouteSpec)


class TLSRoute(Object, frozen=True):
    api_version: ClassVar[str] = "gateway.networking.k8s.io/v1"
    kind: ClassVar[str] = "TLSRoute"
    spec: RouteSpec = field(default_factory=RouteSpec)


class GrantFrom(Part, frozen=True):
    group: str = ""
    kind: str = ""
    namespace: str = ""


class GrantTo(Part, frozen=True):
    """No name: every object of the kind in the grant's namespace."""

    group: str = ""
    kind: str = ""
    name: str | None = None


class ReferenceGrantSpec(Part, frozen=True):
    from_: tuple[GrantFrom, ...] | None = field(default=None, name="from")
    to: tuple[GrantTo, ...] | None = None


class ReferenceGrant(Object, frozen=True):
    api_version: ClassVar[str] = "gateway.networking.k8s.io/v1"
    kind: ClassVar[str] = "ReferenceGrant"
    spec: ReferenceGrantSpec = field(default_factory=ReferenceGrantSpec)

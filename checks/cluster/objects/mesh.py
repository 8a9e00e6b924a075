"""What a service mesh is told about mutual TLS: Istio's and Linkerd's own kinds.

Sources: istio/api security/v1 and networking/v1, linkerd/linkerd2 policy CRDs.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from checks.cluster.objects.base import LabelSelector, Object, Part


class MutualTLS(Part, frozen=True):
    """DISABLE, PERMISSIVE, STRICT or UNSET, which takes what the wider scope says."""

    mode: str | None = None


class PeerAuthenticationSpec(Part, frozen=True):
    selector: LabelSelector | None = None
    mtls: MutualTLS | None = None
    port_level_mtls: dict[str, MutualTLS] | None = None


class PeerAuthentication(Object, frozen=True):
    api_version: ClassVar[str] = "security.istio.io/v1"
    kind: ClassVar[str] = "PeerAuthentication"
    spec: PeerAuthenticationSpec = field(default_factory=PeerAuthenticationSpec)


class ClientTLS(Part, frozen=True):
    """DISABLE, SIMPLE, MUTUAL or ISTIO_MUTUAL."""

    mode: str | None = None


class PortTrafficPolicy(Part, frozen=True):
    tls: ClientTLS | None = None


class TrafficPolicy(Part, frozen=True):
    tls: ClientTLS | None = None
    port_level_settings: tuple[PortTrafficPolicy, ...] | None = None


class Subset(Part, frozen=True):
    name: str = ""
    traffic_policy: TrafficPolicy | None = None


class DestinationRuleSpec(Part, frozen=True):
    host: str = ""
    traffic_policy: TrafficPolicy | None = None
    subsets: tuple[Subset, ...] | None = None


class DestinationRule(Object, frozen=True):
    api_version: ClassVar[str] = "networking.istio.io/v1"
    kind: ClassVar[str] = "DestinationRule"
    spec: DestinationRuleSpec = field(default_factory=DestinationRuleSpec)


class LinkerdServerSpec(Part, frozen=True):
    """A port of pods that has its own authorization. `access_policy` replaces deny where nothing matches."""

    pod_selector: LabelSelector | None = None
    port: int | str | None = None
    access_policy: str | None = None


class LinkerdServer(Object, frozen=True):
    api_version: ClassVar[str] = "policy.linkerd.io/v1beta3"
    kind: ClassVar[str] = "Server"
    spec: LinkerdServerSpec = field(default_factory=LinkerdServerSpec)


class RequestSource(Part, frozen=True):
    """Who a request comes from. Names of peers and their namespaces are only known by mutual TLS."""

    principals: tuple[str, ...] | None = None
    not_principals: tuple[str, ...] | None = None
    namespaces: tuple[str, ...] | None = None
    service_accounts: tuple[str, ...] | None = None
    request_principals: tuple[str, ...] | None = None
    not_namespaces: tuple[str, ...] | None = None
    not_service_accounts: tuple[str, ...] | None = None
    not_request_principals: tuple[str, ...] | None = None
    ip_blocks: tuple[str, ...] | None = None
    not_ip_blocks: tuple[str, ...] | None = None
    remote_ip_blocks: tuple[str, ...] | None = None
    not_remote_ip_blocks: tuple[str, ...] | None = None


class RequestFrom(Part, frozen=True):
    source: RequestSource = field(default_factory=RequestSource)


class AccessCondition(Part, frozen=True):
    key: str = ""
    values: tuple[str, ...] | None = None


class AccessOperation(Part, frozen=True):
    """What is asked for. That there is one is all that is read."""


class AccessRule(Part, frozen=True):
    from_: tuple[RequestFrom, ...] | None = field(default=None, name="from")
    to: tuple[AccessOperation, ...] | None = None
    when: tuple[AccessCondition, ...] | None = None


class MeshTarget(Part, frozen=True):
    kind: str = ""
    name: str = ""


class IstioAuthorizationSpec(Part, frozen=True):
    """`action` is ALLOW, DENY, AUDIT or CUSTOM; none is ALLOW. A target is a gateway or a waypoint's."""

    selector: LabelSelector | None = None
    target_ref: MeshTarget | None = None
    target_refs: tuple[MeshTarget, ...] | None = None
    action: str | None = None
    rules: tuple[AccessRule, ...] | None = None


class IstioAuthorizationPolicy(Object, frozen=True):
    api_version: ClassVar[str] = "security.istio.io/v1"
    kind: ClassVar[str] = "AuthorizationPolicy"
    spec: IstioAuthorizationSpec = field(default_factory=IstioAuthorizationSpec)


class LinkerdAuthorizationSpec(Part, frozen=True):
    target_ref: MeshTarget = field(default_factory=MeshTarget)
    required_authentication_refs: tuple[MeshTarget, ...] | None = None


class LinkerdAuthorizationPolicy(Object, frozen=True):
    api_version: ClassVar[str] = "policy.linkerd.io/v1alpha1"
    kind: ClassVar[str] = "AuthorizationPolicy"
    spec: LinkerdAuthorizationSpec = field(default_factory=LinkerdAuthorizationSpec)


class LinkerdClientTLS(Part, frozen=True):
    unauthenticated_tls: bool | None = field(default=None, name="unauthenticatedTLS")


class LinkerdClient(Part, frozen=True):
    unauthenticated: bool | None = None
    mesh_tls: LinkerdClientTLS | None = field(default=None, name="meshTLS")


class LinkerdServerReference(Part, frozen=True):
    name: str | None = None
    selector: LabelSelector | None = None


class LinkerdServerAuthorizationSpec(Part, frozen=True):
    server: LinkerdServerReference = field(default_factory=LinkerdServerReference)
    client: LinkerdClient = field(default_factory=LinkerdClient)


class LinkerdServerAuthorization(Object, frozen=True):
    """What came before AuthorizationPolicy, and still counts."""

    api_version: ClassVar[str] = "policy.linkerd.io/v1beta1"
    kind: ClassVar[str] = "ServerAuthorization"
    spec: LinkerdServerAuthorizationSpec = field(default_factory=LinkerdServerAuthorizationSpec)

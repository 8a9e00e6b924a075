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

"""Network policies beside Kubernetes' own: cluster-wide ones of network-policy-api, Cilium's and Calico's.

Of what no rule of ours models (layer 7, names, groups) only that it is there is kept, so that it can be said.
Sources: kubernetes-sigs/network-policy-api apis/v1alpha1 and v1alpha2, cilium/cilium pkg/policy/api,
projectcalico/calico api/pkg/apis/projectcalico/v3.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from checks.cluster.objects.base import LabelSelector, Object, Part
from checks.cluster.objects.pods import Present


class NamespacedPods(Part, frozen=True):
    namespace_selector: LabelSelector = field(default_factory=LabelSelector)
    pod_selector: LabelSelector = field(default_factory=LabelSelector)


class ClusterSubject(Part, frozen=True):
    """Which pods a cluster-wide policy is for; exactly one field is set."""

    namespaces: LabelSelector | None = None
    pods: NamespacedPods | None = None


class ClusterPeer(Part, frozen=True):
    """Whom a cluster-wide rule is about; none set means a field that this version does not know."""

    namespaces: LabelSelector | None = None
    pods: NamespacedPods | None = None
    nodes: LabelSelector | None = None
    networks: tuple[str, ...] | None = None
    domain_names: tuple[str, ...] | None = None


class PortNumber(Part, frozen=True):
    protocol: str = "TCP"
    port: int = 0


class PortRange(Part, frozen=True):
    protocol: str = "TCP"
    start: int = 0
    end: int = 0


class AdminPort(Part, frozen=True):
    """A port as v1alpha1 writes it; exactly one field is set."""

    port_number: PortNumber | None = None
    port_range: PortRange | None = None
    named_port: str | None = None


class DestinationPort(Part, frozen=True):
    number: int | None = None
    range: PortRange | None = None


class ProtocolPorts(Part, frozen=True):
    destination_port: DestinationPort | None = None


class ClusterProtocol(Part, frozen=True):
    """A protocol as v1alpha2 writes it; exactly one field is set."""

    tcp: ProtocolPorts | None = None
    udp: ProtocolPorts | None = None
    sctp: ProtocolPorts | None = None
    destination_named_port: str | None = None


class ClusterRule(Part, frozen=True):
    """`ports` of v1alpha1, `protocols` of v1alpha2; neither means every port."""

    action: str = ""
    from_: tuple[ClusterPeer, ...] | None = field(default=None, name="from")
    to: tuple[ClusterPeer, ...] | None = None
    ports: tuple[AdminPort, ...] | None = None
    protocols: tuple[ClusterProtocol, ...] | None = None


class ClusterPolicySpec(Part, frozen=True):
    """`tier` is v1alpha2's; the two kinds of v1alpha1 are one tier each."""

    tier: str = ""
    priority: int = 0
    subject: ClusterSubject = field(default_factory=ClusterSubject)
    ingress: tuple[ClusterRule, ...] | None = None
    egress: tuple[ClusterRule, ...] | None = None


class AdminNetworkPolicy(Object, frozen=True):
    api_version: ClassVar[str] = "policy.networking.k8s.io/v1alpha1"
    kind: ClassVar[str] = "AdminNetworkPolicy"
    spec: ClusterPolicySpec = field(default_factory=ClusterPolicySpec)


class BaselineAdminNetworkPolicy(Object, frozen=True):
    api_version: ClassVar[str] = "policy.networking.k8s.io/v1alpha1"
    kind: ClassVar[str] = "BaselineAdminNetworkPolicy"
    spec: ClusterPolicySpec = field(default_factory=ClusterPolicySpec)


class ClusterNetworkPolicy(Object, frozen=True):
    api_version: ClassVar[str] = "policy.networking.k8s.io/v1alpha2"
    kind: ClassVar[str] = "ClusterNetworkPolicy"
    spec: ClusterPolicySpec = field(default_factory=ClusterPolicySpec)


class CiliumCIDR(Part, frozen=True):
    """A block of addresses with exceptions, or a reference to a group of blocks."""

    cidr: str | None = None
    except_: tuple[str, ...] | None = field(default=None, name="except")


class CiliumPort(Part, frozen=True):
    port: str | int = ""
    end_port: int | None = None
    protocol: str | None = None


class CiliumPorts(Part, frozen=True):
    """Ports, and whether there are layer 7 rules for them."""

    ports: tuple[CiliumPort, ...] | None = None
    rules: Present | None = None


class CiliumRule(Part, frozen=True):
    """One rule of either direction. An empty list is not the same as none: it picks nobody."""

    from_endpoints: tuple[LabelSelector, ...] | None = None
    from_requires: tuple[LabelSelector, ...] | None = None
    from_cidr: tuple[str, ...] | None = field(default=None, name="fromCIDR")
    from_cidr_set: tuple[CiliumCIDR, ...] | None = field(default=None, name="fromCIDRSet")
    from_entities: tuple[str, ...] | None = None
    from_groups: tuple[Present, ...] | None = None
    from_nodes: tuple[Present, ...] | None = None
    to_endpoints: tuple[LabelSelector, ...] | None = None
    to_requires: tuple[LabelSelector, ...] | None = None
    to_cidr: tuple[str, ...] | None = field(default=None, name="toCIDR")
    to_cidr_set: tuple[CiliumCIDR, ...] | None = field(default=None, name="toCIDRSet")
    to_entities: tuple[str, ...] | None = None
    to_groups: tuple[Present, ...] | None = None
    to_nodes: tuple[Present, ...] | None = None
    to_services: tuple[Present, ...] | None = None
    to_fqdns: tuple[Present, ...] | None = field(default=None, name="toFQDNs")
    to_ports: tuple[CiliumPorts, ...] | None = None
    icmps: tuple[Present, ...] | None = None


class CiliumDefaultDeny(Part, frozen=True):
    ingress: bool | None = None
    egress: bool | None = None


class CiliumSpec(Part, frozen=True):
    endpoint_selector: LabelSelector | None = None
    node_selector: LabelSelector | None = None
    ingress: tuple[CiliumRule, ...] | None = None
    ingress_deny: tuple[CiliumRule, ...] | None = None
    egress: tuple[CiliumRule, ...] | None = None
    egress_deny: tuple[CiliumRule, ...] | None = None
    enable_default_deny: CiliumDefaultDeny | None = None


class CiliumNetworkPolicy(Object, frozen=True):
    api_version: ClassVar[str] = "cilium.io/v2"
    kind: ClassVar[str] = "CiliumNetworkPolicy"
    spec: CiliumSpec | None = None
    specs: tuple[CiliumSpec, ...] | None = None


class CiliumClusterwideNetworkPolicy(Object, frozen=True):
    api_version: ClassVar[str] = "cilium.io/v2"
    kind: ClassVar[str] = "CiliumClusterwideNetworkPolicy"
    spec: CiliumSpec | None = None
    specs: tuple[CiliumSpec, ...] | None = None


class CalicoEntity(Part, frozen=True):
    """Where traffic comes from or goes to; all that is set must hold."""

    nets: tuple[str, ...] | None = None
    not_nets: tuple[str, ...] | None = None
    selector: str | None = None
    not_selector: str | None = None
    namespace_selector: str | None = None
    service_accounts: Present | None = None
    services: Present | None = None
    domains: tuple[str, ...] | None = None
    ports: tuple[int | str, ...] | None = None
    not_ports: tuple[int | str, ...] | None = None


class CalicoRule(Part, frozen=True):
    action: str = ""
    protocol: int | str | None = None
    not_protocol: int | str | None = None
    ip_version: int | None = field(default=None, name="ipVersion")
    icmp: Present | None = None
    not_icmp: Present | None = field(default=None, name="notICMP")
    http: Present | None = None
    source: CalicoEntity | None = None
    destination: CalicoEntity | None = None


class CalicoSpec(Part, frozen=True):
    tier: str | None = None
    order: float | None = None
    selector: str | None = None
    namespace_selector: str | None = None
    service_account_selector: str | None = None
    types: tuple[str, ...] | None = None
    ingress: tuple[CalicoRule, ...] | None = None
    egress: tuple[CalicoRule, ...] | None = None
    do_not_track: bool | None = None
    pre_dnat: bool | None = field(default=None, name="preDNAT")


class CalicoNetworkPolicy(Object, frozen=True):
    api_version: ClassVar[str] = "crd.projectcalico.org/v1"
    kind: ClassVar[str] = "NetworkPolicy"
    spec: CalicoSpec = field(default_factory=CalicoSpec)


class CalicoGlobalNetworkPolicy(Object, frozen=True):
    api_version: ClassVar[str] = "crd.projectcalico.org/v1"
    kind: ClassVar[str] = "GlobalNetworkPolicy"
    spec: CalicoSpec = field(default_factory=CalicoSpec)


class CalicoTierSpec(Part, frozen=True):
    order: float | None = None
    default_action: str | None = None


class CalicoTier(Object, frozen=True):
    api_version: ClassVar[str] = "crd.projectcalico.org/v1"
    kind: ClassVar[str] = "Tier"
    spec: CalicoTierSpec = field(default_factory=CalicoTierSpec)

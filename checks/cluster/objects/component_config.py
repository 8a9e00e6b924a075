"""Configuration of components: as a file, as a kubelet says it, and as kubeadm keeps it.

Of a ConfigMap only the entries that hold such a configuration are taken, and of these only the fields below.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

import msgspec
from msgspec import field

from checks.cluster.documents import parse
from checks.cluster.objects.arguments import NO_EXTRA_ARGS, ExtraArgs
from checks.cluster.objects.base import AnnotatedMetadata, Object, Part
from checks.cluster.objects.control_plane import ComponentPodSpec
from checks.cluster.objects.reduced import Reduced
from checks.cluster.objects.wire import convert

_LONGEST = 1 << 18


class KubeletAnonymous(Part, frozen=True):
    enabled: bool | None = None


class KubeletX509(Part, frozen=True):
    client_ca_file: str = field(default="", name="clientCAFile")


class KubeletAuthentication(Part, frozen=True):
    anonymous: KubeletAnonymous = field(default_factory=KubeletAnonymous)
    x509: KubeletX509 = field(default_factory=KubeletX509)


class KubeletAuthorization(Part, frozen=True):
    mode: str = ""


class KubeletConfiguration(Object, frozen=True):
    """One kubelet's configuration: a file of a node, or what the kubelet of the node of that name says.

    `hostname_override` is no setting of the file but a flag, which a kubelet tells from Kubernetes 1.36 on:
    empty where it is not set, None where it is not known.
    """

    api_version: ClassVar[str] = "kubelet.config.k8s.io/v1beta1"
    kind: ClassVar[str] = "KubeletConfiguration"
    authentication: KubeletAuthentication = field(default_factory=KubeletAuthentication)
    authorization: KubeletAuthorization = field(default_factory=KubeletAuthorization)
    read_only_port: int | None = None
    streaming_connection_idle_timeout: str | None = None
    make_iptables_util_chains: bool | None = field(default=None, name="makeIPTablesUtilChains")
    event_record_qps: int | None = field(default=None, name="eventRecordQPS")
    tls_cert_file: str | None = None
    tls_private_key_file: str | None = None
    tls_cipher_suites: tuple[str, ...] | None = None
    tls_min_version: str | None = None
    rotate_certificates: bool | None = None
    server_tls_bootstrap: bool | None = field(default=None, name="serverTLSBootstrap")
    pod_pids_limit: int | None = None
    seccomp_default: bool | None = None
    feature_gates: dict[str, bool] | None = None
    hostname_override: str | None = None


class KubeProxyConfiguration(Object, frozen=True):
    api_version: ClassVar[str] = "kubeproxy.config.k8s.io/v1alpha1"
    kind: ClassVar[str] = "KubeProxyConfiguration"
    metrics_bind_address: str | None = None


class ConfiguredComponent(Part, frozen=True):
    extra_args: ExtraArgs = NO_EXTRA_ARGS


class ConfiguredEtcd(Part, frozen=True):
    local: ConfiguredComponent | None = None


class ClusterConfiguration(Object, frozen=True):
    """What kubeadm was told of the control plane, of which it makes the static pods when it next upgrades."""

    api_version: ClassVar[str] = "kubeadm.k8s.io/v1beta4"
    kind: ClassVar[str] = "ClusterConfiguration"
    api_server: ConfiguredComponent = field(default_factory=ConfiguredComponent)
    controller_manager: ConfiguredComponent = field(default_factory=ConfiguredComponent)
    scheduler: ConfiguredComponent = field(default_factory=ConfiguredComponent)
    etcd: ConfiguredEtcd = field(default_factory=ConfiguredEtcd)


class Embedded(Reduced):
    """A configuration inside of a ConfigMap's entry; `problem` says why there is none in it."""

    __slots__ = ("config", "problem")

    of: ClassVar[type[Object]] = Object

    def __init__(self, config: Any = None, problem: str = "") -> None:
        self.config = config
        self.problem = problem

    @classmethod
    def from_wire(cls, value: Any) -> Self:
        if isinstance(value, dict) and isinstance(value.get("problem"), str):
            return cls(problem=value["problem"])
        return cls._read(value) if isinstance(value, str) else cls._convert(value)

    @classmethod
    def _read(cls, text: str) -> Self:
        if len(text) > _LONGEST:
            return cls(problem="it is too long")
        documents, unreadable = parse(text)
        if unreadable or len(documents) != 1:
            return cls(problem="it is not one YAML document")
        data = documents[0].data
        if not isinstance(data, dict) or data.get("kind") != cls.of.kind:
            return cls(problem=f"it is no {cls.of.kind}")
        return cls._convert(data)

    @classmethod
    def _convert(cls, data: Any) -> Self:
        try:
            return cls(convert(data, cls.of))
        except msgspec.ValidationError as error:
            return cls(problem=str(error))

    def to_wire(self) -> Any:
        return {"problem": self.problem} if self.config is None else self.config

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.to_wire() == other.to_wire()

    def __hash__(self) -> int:
        return hash((type(self), self.problem))


class EmbeddedKubelet(Embedded):
    __slots__ = ()
    of = KubeletConfiguration


class EmbeddedProxy(Embedded):
    __slots__ = ()
    of = KubeProxyConfiguration


class EmbeddedCluster(Embedded):
    __slots__ = ()
    of = ClusterConfiguration


class ComponentConfigData(Part, frozen=True):
    kubelet: EmbeddedKubelet | None = None
    proxy: EmbeddedProxy | None = field(default=None, name="config.conf")
    eks_proxy: EmbeddedProxy | None = field(default=None, name="config")
    cluster: EmbeddedCluster | None = field(default=None, name="ClusterConfiguration")


class ComponentConfigMap(Object, frozen=True):
    """One of the few ConfigMaps of kube-system that hold the configuration of a component."""

    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "ConfigMap"
    data: ComponentConfigData = field(default_factory=ComponentConfigData)


class ComponentPodTemplate(Part, frozen=True):
    spec: ComponentPodSpec = field(default_factory=ComponentPodSpec)


class ComponentDaemonSetSpec(Part, frozen=True):
    template: ComponentPodTemplate = field(default_factory=ComponentPodTemplate)


class ComponentDaemonSet(Object, frozen=True):
    """The DaemonSet that runs the proxy."""

    api_version: ClassVar[str] = "apps/v1"
    kind: ClassVar[str] = "DaemonSet"
    metadata: AnnotatedMetadata = field(default_factory=AnnotatedMetadata)
    spec: ComponentDaemonSetSpec = field(default_factory=ComponentDaemonSetSpec)

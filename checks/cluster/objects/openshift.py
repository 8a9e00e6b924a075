"""What OpenShift says of its control plane through its API, and whom its constraints let do what.

Sources: openshift/api config/v1 (types_apiserver.go, types_cluster_version.go, types_oauth.go), operator/v1
types.go and types_kubeapiserver.go, security/v1 types.go.
"""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import field

from checks.cluster.objects.base import Object, Part
from checks.cluster.objects.reduced import Reduced


class Keys(Reduced):
    """Of an object that may hold anything only the names of its fields."""

    __slots__ = ("names",)

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Keys) and self.names == other.names

    def __hash__(self) -> int:
        return hash(self.names)

    def __repr__(self) -> str:
        return f"Keys({self.names!r})"

    @classmethod
    def from_wire(cls, value: Any) -> Keys:
        """Of the object itself, or of what `to_wire` gave. Raises ValueError."""
        if isinstance(value, dict):
            return Keys(tuple(sorted(value)))
        raise ValueError(f"Expected `object`, got `{type(value).__name__}`")

    def to_wire(self) -> dict[str, None]:
        return dict.fromkeys(self.names)


class EncryptionChoice(Part, frozen=True):
    type: str = ""


class AuditGroupProfile(Part, frozen=True):
    group: str = ""
    profile: str = ""


class AuditChoice(Part, frozen=True):
    profile: str = ""
    custom_rules: tuple[AuditGroupProfile, ...] | None = None


class OpenShiftAPIServerSpec(Part, frozen=True):
    encryption: EncryptionChoice = field(default_factory=EncryptionChoice)
    audit: AuditChoice = field(default_factory=AuditChoice)


class OpenShiftAPIServer(Object, frozen=True):
    api_version: ClassVar[str] = "config.openshift.io/v1"
    kind: ClassVar[str] = "APIServer"
    spec: OpenShiftAPIServerSpec = field(default_factory=OpenShiftAPIServerSpec)


class OperatorCondition(Part, frozen=True):
    type: str = ""
    status: str = ""
    reason: str = ""


class OperatorStatus(Part, frozen=True):
    conditions: tuple[OperatorCondition, ...] | None = None


class OperatorSpec(Part, frozen=True):
    """The configuration that it observed is not kept: what it comes to is in the conditions."""

    management_state: str = ""
    unsupported_config_overrides: Keys | None = None


class OpenShiftKubeAPIServer(Object, frozen=True):
    api_version: ClassVar[str] = "operator.openshift.io/v1"
    kind: ClassVar[str] = "KubeAPIServer"
    spec: OperatorSpec = field(default_factory=OperatorSpec)
    status: OperatorStatus = field(default_factory=OperatorStatus)


class ComponentOverride(Part, frozen=True):
    kind: str = ""
    namespace: str = ""
    name: str = ""
    unmanaged: bool | None = None


class ClusterVersionSpec(Part, frozen=True):
    overrides: tuple[ComponentOverride, ...] | None = None


class OpenShiftClusterVersion(Object, frozen=True):
    api_version: ClassVar[str] = "config.openshift.io/v1"
    kind: ClassVar[str] = "ClusterVersion"
    spec: ClusterVersionSpec = field(default_factory=ClusterVersionSpec)


class IdentityProvider(Part, frozen=True):
    """By which name people sign in; how it is reached, and with what, is not kept."""

    name: str = ""
    type: str = ""


class OAuthSpec(Part, frozen=True):
    identity_providers: tuple[IdentityProvider, ...] | None = None


class OpenShiftOAuth(Object, frozen=True):
    api_version: ClassVar[str] = "config.openshift.io/v1"
    kind: ClassVar[str] = "OAuth"
    spec: OAuthSpec = field(default_factory=OAuthSpec)


class Strategy(Part, frozen=True):
    type: str = ""
    uid: int | None = None


class SecurityContextConstraints(Object, frozen=True):
    """Has no `spec`: what it allows stands beside its metadata."""

    api_version: ClassVar[str] = "security.openshift.io/v1"
    kind: ClassVar[str] = "SecurityContextConstraints"
    allow_privileged_container: bool | None = None
    allow_host_dir_volume_plugin: bool | None = None
    allow_host_network: bool | None = None
    allow_host_pid: bool | None = field(default=None, name="allowHostPID")
    allow_host_ipc: bool | None = field(default=None, name="allowHostIPC")
    allowed_capabilities: tuple[str, ...] | None = None
    run_as_user: Strategy | None = None
    users: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None

"""What a network plugin is told about policies: three settings of the ConfigMap it is configured with."""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from checks.cluster.objects.base import Object, Part


class NetworkPluginData(Part, frozen=True):
    enable_policy: str | None = field(default=None, name="enable-policy")
    policy_audit_mode: str | None = field(default=None, name="policy-audit-mode")
    enable_network_policy_controller: str | None = field(
        default=None, name="enable-network-policy-controller"
    )


class NetworkPluginConfigMap(Object, frozen=True):
    """One of the few ConfigMaps of kube-system that network plugins are configured with."""

    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "ConfigMap"
    data: NetworkPluginData = field(default_factory=NetworkPluginData)

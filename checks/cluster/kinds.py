"""The one table of kinds that are read: where each lives in the API and in the snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from checks.cluster import objects as o


class Kind(Struct, frozen=True):
    """One kind: its list path is `prefix/plural`; `field` is its place in the Snapshot.

    `metadata_only`: asked for as PartialObjectMetadata, so that no data leaves the API server.
    """

    type: type[o.Object]
    plural: str
    field: str
    namespaced: bool = True
    metadata_only: bool = False

    @property
    def name(self) -> str:
        return self.type.kind

    @property
    def api_version(self) -> str:
        return self.type.api_version

    @property
    def group(self) -> str:
        """The API group, empty for core."""
        return self.api_version.rpartition("/")[0]

    @property
    def path(self) -> str:
        """The list path on the API server, all namespaces."""
        prefix = f"/apis/{self.api_version}" if self.group else f"/api/{self.api_version}"
        return f"{prefix}/{self.plural}"


_KINDS = (
    Kind(o.Namespace, "namespaces", "namespaces", namespaced=False),
    Kind(o.Node, "nodes", "nodes", namespaced=False),
    Kind(o.Pod, "pods", "pods"),
    Kind(o.Deployment, "deployments", "deployments"),
    Kind(o.StatefulSet, "statefulsets", "stateful_sets"),
    Kind(o.DaemonSet, "daemonsets", "daemon_sets"),
    Kind(o.ReplicaSet, "replicasets", "replica_sets"),
    Kind(o.Job, "jobs", "jobs"),
    Kind(o.CronJob, "cronjobs", "cron_jobs"),
    Kind(o.ServiceAccount, "serviceaccounts", "service_accounts"),
    Kind(o.Role, "roles", "roles"),
    Kind(o.RoleBinding, "rolebindings", "role_bindings"),
    Kind(o.ClusterRole, "clusterroles", "cluster_roles", namespaced=False),
    Kind(o.ClusterRoleBinding, "clusterrolebindings", "cluster_role_bindings", namespaced=False),
    Kind(o.NetworkPolicy, "networkpolicies", "network_policies"),
    Kind(o.Service, "services", "services"),
    Kind(o.Ingress, "ingresses", "ingresses"),
    Kind(o.ConfigMap, "configmaps", "config_maps", metadata_only=True),
    Kind(o.Secret, "secrets", "secrets", metadata_only=True),
    Kind(
        o.ValidatingWebhookConfiguration,
        "validatingwebhookconfigurations",
        "validating_webhook_configurations",
        namespaced=False,
    ),
    Kind(
        o.MutatingWebhookConfiguration,
        "mutatingwebhookconfigurations",
        "mutating_webhook_configurations",
        namespaced=False,
    ),
)

KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in _KINDS})
"""By kind name, in reading order."""

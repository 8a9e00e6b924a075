"""The Snapshot: every object read from one cluster at one moment, frozen, with what could not be read.

Everything downstream works from it alone, so a verdict can be repeated later without the cluster.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar, cast

from msgspec import Struct

from checks.cluster import objects as o
from checks.model import ClusterInfo, CoverageState, KindCoverage, Problem

T = TypeVar("T")


class Snapshot(Struct, frozen=True, kw_only=True, dict=True, eq=False, rename="camel", omit_defaults=True):
    """One cluster at one moment. Objects are in the order the API server (or the files) gave them.

    `problems`: what of the input could not be used; the rest was. `skipped`: how many objects there were of
    kinds that no check reads, by `apiVersion kind` (files only; a live cluster is not asked for them).
    """

    cluster: ClusterInfo
    started: datetime
    finished: datetime
    coverage: tuple[KindCoverage, ...]
    problems: tuple[Problem, ...] = ()
    skipped: dict[str, int] = {}

    namespaces: tuple[o.Namespace, ...] = ()
    nodes: tuple[o.Node, ...] = ()
    pods: tuple[o.Pod, ...] = ()
    deployments: tuple[o.Deployment, ...] = ()
    stateful_sets: tuple[o.StatefulSet, ...] = ()
    daemon_sets: tuple[o.DaemonSet, ...] = ()
    replica_sets: tuple[o.ReplicaSet, ...] = ()
    jobs: tuple[o.Job, ...] = ()
    cron_jobs: tuple[o.CronJob, ...] = ()
    service_accounts: tuple[o.ServiceAccount, ...] = ()
    roles: tuple[o.Role, ...] = ()
    role_bindings: tuple[o.RoleBinding, ...] = ()
    cluster_roles: tuple[o.ClusterRole, ...] = ()
    cluster_role_bindings: tuple[o.ClusterRoleBinding, ...] = ()
    network_policies: tuple[o.NetworkPolicy, ...] = ()
    services: tuple[o.Service, ...] = ()
    ingresses: tuple[o.Ingress, ...] = ()
    config_maps: tuple[o.ConfigMap, ...] = ()
    secrets: tuple[o.Secret, ...] = ()
    validating_webhook_configurations: tuple[o.ValidatingWebhookConfiguration, ...] = ()
    mutating_webhook_configurations: tuple[o.MutatingWebhookConfiguration, ...] = ()

    def of(self, kind: str) -> KindCoverage:
        """What was seen of a kind; a kind nobody asked for counts as not collected."""
        for item in self.coverage:
            if item.kind == kind:
                return item
        return KindCoverage(kind, "", CoverageState.ABSENT, reason="not read in this snapshot")

    def saw(self, kind: str) -> bool:
        """Whether the kind was read in full."""
        return self.of(kind).state is CoverageState.COLLECTED


def derived(function: Callable[[Snapshot], T]) -> Callable[[Snapshot], T]:
    """Make a pure function of a snapshot compute once per snapshot and be remembered with it."""
    name = f"_derived_{function.__module__}.{function.__qualname__}"

    def remembered(snapshot: Snapshot) -> T:
        values = snapshot.__dict__
        if name not in values:
            values[name] = function(snapshot)
        return cast("T", values[name])

    remembered.__doc__ = function.__doc__
    remembered.__name__ = function.__name__
    remembered.__module__ = function.__module__
    return remembered

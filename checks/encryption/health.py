"""What the API server that answered says of the KMS plugins it encrypts by."""

from __future__ import annotations

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot

_NAME = "kms-provider"
_LISTS_ALL = "/readyz"


def plugins(snapshot: Snapshot) -> tuple[o.HealthCheck, ...]:
    """Its health checks of KMS plugins: one for all of them (`kms-providers`), or one for each."""
    return tuple(each for each in _asked(snapshot) if each.name.startswith(_NAME))


def lists_its_checks(snapshot: Snapshot) -> bool:
    """Whether all of its health checks are known, so that one that is not among them is not there."""
    return any(each.endpoint == _LISTS_ALL for each in _asked(snapshot))


def _asked(snapshot: Snapshot) -> list[o.HealthCheck]:
    return [each for metrics in snapshot.all(o.ApiServerMetrics) for each in metrics.health]

"""Which names a cluster had in a run: kept with it, so that what people type can be mended and completed."""

from __future__ import annotations

from sqlalchemy import Connection, insert, literal, select

from checks.model import Scan
from reports.history.tables import names, runs

_ROLES = frozenset({"Role", "ClusterRole"})
_WORKLOADS = frozenset(
    {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "CronJob", "Job", "Pod", "ReplicationController"}
)
_MOST = 5000
"""Of each; whoever has more is not helped by a suggestion."""


def names_in(scan: Scan) -> dict[str, tuple[str, ...]]:
    """The namespaces, roles, workloads and Services that were judged."""
    resources = {result.resource for result in scan.results}
    found = {
        "namespaces": {each.namespace for each in resources if each.namespace}
        | {each.name for each in resources if each.kind == "Namespace"},
        "roles": {each.name for each in resources if each.kind in _ROLES},
        "workloads": {f"{each.namespace}/{each.name}" for each in resources if each.kind in _WORKLOADS},
        "services": {f"{each.namespace}/{each.name}" for each in resources if each.kind == "Service"},
    }
    return {what: tuple(sorted(some)[:_MOST]) for what, some in found.items()}


def keep(connection: Connection, run_id: str, known: dict[str, tuple[str, ...]]) -> None:
    """Keep the names of a run."""
    row = select(runs.c.number, literal(known, names.c.known.type)).where(runs.c.id == run_id)
    connection.execute(insert(names).from_select(["run", "known"], row))


def find(connection: Connection, run_id: str) -> dict[str, tuple[str, ...]]:
    """The names of a run; none for one from before they were kept."""
    query = select(names.c.known).join(runs).where(runs.c.id == run_id)
    known = connection.execute(query).scalar() or {}
    return {what: tuple(some) for what, some in known.items()}

"""Which names a cluster had in a run: kept with it, so that what people type can be mended and completed."""

from __future__ import annotations

from types import MappingProxyType

from sqlalchemy import Connection, insert, literal, select

from checks.model import Resource, Scan
from reports.history.tables import names, runs

_KINDS = MappingProxyType(
    {
        "namespaces": frozenset({"Namespace"}),
        "roles": frozenset({"Role", "ClusterRole"}),
        "workloads": frozenset(
            {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "CronJob", "Job", "Pod"}
        ),
        "services": frozenset({"Service"}),
    }
)
"""What has names, and the kinds that have them."""
_MOST = 5000
"""Of each; whoever has more is not helped by a suggestion."""


def names_in(scan: Scan) -> dict[str, tuple[str, ...]]:
    """The namespaces, roles, workloads and Services that were judged.

    None of what could not be read whole: a name that is not among them is then no mistake.
    """
    resources = {result.resource for result in scan.results}
    unread = {each.kind for each in scan.coverage if each.gap}
    found: dict[str, set[str]] = {}
    for what, kinds in _KINDS.items():
        found[what] = {_name(each) for each in resources if each.kind in kinds}
    found["namespaces"] |= {each.namespace for each in resources if each.namespace}
    return {
        what: tuple(sorted(some)) if not unread & _KINDS[what] and len(some) <= _MOST else ()
        for what, some in found.items()
    }


def _name(resource: Resource) -> str:
    """A role by its name alone, as people say it; what else lies in a namespace as `NAMESPACE/NAME`."""
    inside = resource.namespace and resource.kind not in _KINDS["roles"]
    return f"{resource.namespace}/{resource.name}" if inside else resource.name


def keep(connection: Connection, run_id: str, known: dict[str, tuple[str, ...]]) -> None:
    """Keep the names of a run."""
    row = select(runs.c.number, literal(known, names.c.known.type)).where(runs.c.id == run_id)
    connection.execute(insert(names).from_select(["run", "known"], row))


def find(connection: Connection, run_id: str) -> dict[str, tuple[str, ...]]:
    """The names of a run; none for one from before they were kept."""
    query = select(names.c.known).join(runs).where(runs.c.id == run_id)
    known = connection.execute(query).scalar() or {}
    return {what: tuple(some) for what, some in known.items()}

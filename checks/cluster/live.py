"""A live cluster read as one snapshot: who it is, what may be read of it, and then all of that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from checks.cluster.allowed import api_server_metrics, kubelet_configurations
from checks.cluster.collect import Progress, collect
from checks.cluster.collect_params import read_params
from checks.cluster.collect_whole import read_whole
from checks.cluster.connect import Api, open_api
from checks.cluster.discovery import discover
from checks.cluster.identity import identify, introduce
from checks.cluster.kinds import KINDS, Kind
from checks.cluster.paging import now
from checks.cluster.parallel import in_time
from checks.cluster.params import references
from checks.cluster.preflight import rights
from checks.cluster.snapshot import Snapshot
from checks.cluster.targets import InCluster, LiveCluster
from checks.cluster.whole import Asked, asked_for
from checks.model import KindCoverage


def read_cluster(
    target: LiveCluster | InCluster,
    kinds: Sequence[Kind],
    namespaces: tuple[str, ...],
    whole: tuple[Asked, ...],
    *,
    progress: Progress,
    missing: Callable[[tuple[str, ...]], None] | None,
) -> Snapshot:
    """These kinds of a cluster; the rest as in `checks.cluster.source.take_snapshot`. Nobody asks what may be
    read where there is nobody to tell. Raises ClusterError when nothing of it can be read."""
    with open_api(target) as api:
        return in_time(api, lambda: _read(api, target, kinds, namespaces, whole, progress, missing))


def _read(
    api: Api,
    target: LiveCluster | InCluster,
    kinds: Sequence[Kind],
    namespaces: tuple[str, ...],
    whole: tuple[Asked, ...],
    progress: Progress,
    missing: Callable[[tuple[str, ...]], None] | None,
) -> Snapshot:
    started = datetime.now(UTC)
    wanted = [kind for kind in kinds if not kind.elsewhere]
    introduction = introduce(api)
    served = discover(api)
    if missing is not None:
        missing(tuple(kind for kind, may in rights(api, wanted, served).items() if may is False))
    moment = now(api, wanted, namespaces)
    listings = collect(api, wanted, namespaces, progress, served, moment)
    objects: dict[str, Any] = {kind.name: listings[kind.name].items for kind in wanted}
    policies = (
        objects.get("ValidatingAdmissionPolicy", ()),
        objects.get("ValidatingAdmissionPolicyBinding", ()),
    )
    wholes = read_whole(api, asked_for(whole, *policies), served.versions, moment)
    params = read_params(api, references(*policies), moment)
    nodes = objects.get("Node", ())
    namespaces_seen = objects.get("Namespace", ())
    cluster, problems = identify(api, introduction, served.groups, namespaces_seen, nodes)
    allowed = list(_allowed(api, target, nodes, {kind.name for kind in kinds}))
    coverage = {kind.name: listings[kind.name].coverage for kind in wanted}
    for seen, items in allowed:
        coverage[seen.kind], objects[seen.kind] = seen, items
    return Snapshot(
        cluster=cluster,
        started=started,
        finished=datetime.now(UTC),
        coverage=tuple(coverage[name] for name in KINDS if name in coverage),
        problems=problems,
        resources=served.names,
        objects={name: objects[name] for name in KINDS if name in objects},
        whole=wholes,
        params=params,
    )


def _allowed(
    api: Api, target: LiveCluster | InCluster, nodes: tuple[Any, ...], kinds: set[str]
) -> Iterator[tuple[KindCoverage, tuple[Any, ...]]]:
    """What no list has, where the operator allows that it is asked for and a check reads it."""
    if target.kubelet_config and "KubeletConfiguration" in kinds:
        yield kubelet_configurations(api, nodes)
    if target.metrics and "ApiServerMetrics" in kinds:
        yield api_server_metrics(api)

"""A live cluster read as one snapshot: who it is, what may be read of it, and then all of that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from checks.cluster.allowed import api_server_flags, api_server_metrics, kubelet_configurations
from checks.cluster.collect import Listing, Progress, collect, list_kind
from checks.cluster.collect_params import read_params
from checks.cluster.collect_whole import Known, names_of, read_whole
from checks.cluster.connect import Api, open_api
from checks.cluster.discovery import Served, discover
from checks.cluster.identity import identify, introduce
from checks.cluster.kinds import KINDS, Kind
from checks.cluster.paging import Moment, now
from checks.cluster.parallel import in_parallel, in_time
from checks.cluster.params import references
from checks.cluster.preflight import rights
from checks.cluster.snapshot import Snapshot
from checks.cluster.targets import InCluster, LiveCluster
from checks.cluster.whole import Asked, asked_for
from checks.model import KindCoverage

_POLICIES = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
"""What is read first: it says which kinds are kept whole while they are read."""


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
    first = _first(api, wanted, served, moment)
    policies: list[Any] = [first[name].items if name in first else () for name in _POLICIES]
    asked = asked_for(whole, *policies)
    names = names_of(asked)
    listings = collect(api, wanted, namespaces, progress, served, moment, first, names)
    objects: dict[str, Any] = {kind.name: listings[kind.name].items for kind in wanted}
    known = {name: _known(listings[name]) for name in names if name in listings}
    wholes = read_whole(api, asked, served.versions, moment, known)
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


def _first(api: Api, kinds: Sequence[Kind], served: Served, moment: Moment | None) -> dict[str, Listing]:
    """The cluster's admission policies, by kind."""

    def list_one(kind: Kind) -> Listing:
        return list_kind(api, kind, version=served.version_of(kind), moment=moment)

    policies = [kind for kind in kinds if kind.name in _POLICIES]
    return {kind.name: listing for kind, listing in in_parallel(api, policies, list_one)}


def _known(listing: Listing) -> Known:
    coverage = listing.coverage
    return Known(coverage.api_version, listing.whole, (coverage.reason or "") if coverage.gap else "")


def _allowed(
    api: Api, target: LiveCluster | InCluster, nodes: tuple[Any, ...], kinds: set[str]
) -> Iterator[tuple[KindCoverage, tuple[Any, ...]]]:
    """What no list has, where the operator allows that it is asked for and a check reads it."""
    if target.kubelet_config and "KubeletConfiguration" in kinds:
        yield kubelet_configurations(api, nodes)
    if target.metrics and "ApiServerMetrics" in kinds:
        yield api_server_metrics(api)
    if target.flags and "ApiServerFlags" in kinds:
        yield api_server_flags(api)

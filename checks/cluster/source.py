"""Where a snapshot comes from, and the one function that takes one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, assert_never

from msgspec.structs import replace

from checks.cluster.allowed import api_server_metrics, kubelet_configurations
from checks.cluster.collect import collect
from checks.cluster.connect import Api, open_api
from checks.cluster.discovery import discover
from checks.cluster.evidence import read_evidence
from checks.cluster.identity import identify, introduce
from checks.cluster.kinds import KINDS
from checks.cluster.manifests import read_manifests
from checks.cluster.paging import now
from checks.cluster.preflight import rights
from checks.cluster.sample import read_sample
from checks.cluster.snapshot import Snapshot
from checks.cluster.snapshot_file import load
from checks.cluster.targets import InCluster, LiveCluster, Manifests, Sample, SavedSnapshot, Target
from checks.cluster.whole import Asked, asked_for, read_whole
from checks.model import KindCoverage

Progress = Callable[[str, int, int], None]
"""Told a kind's name, how many kinds are done, and how many there are."""
Missing = Callable[[tuple[str, ...]], None]
"""Told, before anything is read, which kinds may not be listed."""


def _untold(_: tuple[str, ...]) -> None:
    """For those who learn it from the coverage."""


def take_snapshot(
    target: Target,
    *,
    progress: Progress,
    namespaces: tuple[str, ...] = (),
    kinds: tuple[str, ...] = (),
    whole: tuple[Asked, ...] = (),
    missing: Missing = _untold,
) -> Snapshot:
    """Read a target.

    The target's `evidence` files are read first and their objects added (see `checks.cluster.evidence`).

    namespaces: where to look when a kind may not be listed in all namespaces; otherwise everything is read,
        because roles, bindings and policies elsewhere bear on these too.
    kinds: read only these; all when empty.
    whole: kinds whose objects own checks look at as a whole; those of admission policies come by themselves.
    missing: told which kinds of a live cluster may not be listed, before they are read.

    Raises ClusterError when nothing of it can be read.
    """
    evidence = read_evidence(target.evidence)
    match target:
        case LiveCluster() | InCluster():
            read = _read_cluster(target, progress, namespaces, kinds, whole, missing)
            return evidence.added_to(read, kinds)
        case Manifests(path, values, version):
            now = datetime.now(UTC)
            snapshot = read_manifests(path, version=version, now=now, whole=whole, values=values)
        case SavedSnapshot(path):
            snapshot = load(path)
        case Sample():
            snapshot = read_sample(datetime.now(UTC), whole)
        case _:
            assert_never(target)
    return _told(evidence.added_to(_only(snapshot, kinds), kinds), progress)


def _read_cluster(
    target: LiveCluster | InCluster,
    progress: Progress,
    namespaces: tuple[str, ...],
    kinds: tuple[str, ...],
    whole: tuple[Asked, ...],
    missing: Missing,
) -> Snapshot:
    started = datetime.now(UTC)
    wanted = [kind for kind in KINDS.values() if not kind.elsewhere and (not kinds or kind.name in kinds)]
    with open_api(target) as api:
        introduction = introduce(api)
        served = discover(api)
        if missing is not _untold:
            missing(tuple(kind for kind, may in rights(api, wanted, served).items() if may is False))
        moment = now(api, wanted, namespaces)
        listings = collect(api, wanted, namespaces, progress, served, moment)
        objects: dict[str, Any] = {kind.name: listings[kind.name].items for kind in wanted}
        asked = asked_for(
            whole,
            objects.get("ValidatingAdmissionPolicy", ()),
            objects.get("ValidatingAdmissionPolicyBinding", ()),
        )
        wholes = read_whole(api, asked, served.versions, moment)
        nodes = objects.get("Node", ())
        namespaces_seen = objects.get("Namespace", ())
        cluster, problems = identify(api, introduction, served.groups, namespaces_seen, nodes)
        allowed = list(_allowed(api, target, nodes, kinds))
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
    )


def _allowed(
    api: Api, target: LiveCluster | InCluster, nodes: tuple[Any, ...], kinds: tuple[str, ...]
) -> Iterator[tuple[KindCoverage, tuple[Any, ...]]]:
    """What no list has, where the operator allows that it is asked for and a check reads it."""
    if target.kubelet_config and (not kinds or "KubeletConfiguration" in kinds):
        yield kubelet_configurations(api, nodes)
    if target.metrics and (not kinds or "ApiServerMetrics" in kinds):
        yield api_server_metrics(api)


def _only(snapshot: Snapshot, kinds: tuple[str, ...]) -> Snapshot:
    """The snapshot with only these kinds, as if the others had not been asked for."""
    if not kinds:
        return snapshot
    coverage = tuple(each for each in snapshot.coverage if each.kind in kinds)
    objects = {name: items for name, items in snapshot.objects.items() if name in kinds}
    return replace(snapshot, coverage=coverage, objects=objects)


def _told(snapshot: Snapshot, progress: Progress) -> Snapshot:
    for done, each in enumerate(snapshot.coverage, 1):
        progress(each.kind, done, len(snapshot.coverage))
    return snapshot


__all__ = [
    "InCluster",
    "LiveCluster",
    "Manifests",
    "Progress",
    "Sample",
    "SavedSnapshot",
    "Target",
    "take_snapshot",
]

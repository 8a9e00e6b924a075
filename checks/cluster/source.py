"""Where a snapshot comes from, and the one function that takes one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import assert_never

from msgspec.structs import replace

from checks.cluster import objects as o
from checks.cluster.audit_log.files import read_audit_logs
from checks.cluster.evidence import Given, read_evidence
from checks.cluster.kinds import KINDS
from checks.cluster.manifests import read_manifests
from checks.cluster.sample import read_sample
from checks.cluster.snapshot import Snapshot
from checks.cluster.snapshot_file import load
from checks.cluster.targets import InCluster, LiveCluster, Manifests, Sample, SavedSnapshot, Target
from checks.cluster.whole import Asked

Progress = Callable[[str, int, int], None]
"""Told a kind's name, how many kinds are done, and how many there are."""
Missing = Callable[[tuple[str, ...]], None]
"""Told, before anything is read, which kinds may not be listed."""


def take_snapshot(
    target: Target,
    *,
    progress: Progress,
    namespaces: tuple[str, ...] = (),
    kinds: tuple[str, ...] = (),
    whole: tuple[Asked, ...] = (),
    missing: Missing | None = None,
) -> Snapshot:
    """Read a target.

    The target's `evidence` files are read first and their objects added (see `checks.cluster.evidence`); so
    is what its `audit_logs` say was used, where that is wanted.

    namespaces: where to look when a kind may not be listed in all namespaces; otherwise everything is read,
        because roles, bindings and policies elsewhere bear on these too.
    kinds: read only these; all when empty.
    whole: kinds whose objects own checks look at as a whole; those of admission policies come by themselves.
    missing: told which kinds of a live cluster may not be listed, before they are read.

    Raises ClusterError when nothing of it can be read.
    """
    given = (read_evidence(target.evidence), *_of_logs(target, kinds, progress))
    match target:
        case LiveCluster() | InCluster():
            from checks.cluster.live import read_cluster  # noqa: PLC0415 - the client takes long to import

            wanted = [KINDS[name] for name in KINDS if not kinds or name in kinds]
            read = read_cluster(target, wanted, namespaces, whole, progress=progress, missing=missing)
            return _with(given, read, kinds)
        case Manifests(path, values, version):
            now = datetime.now(UTC)
            snapshot = read_manifests(path, version=version, now=now, whole=whole, values=values)
        case SavedSnapshot(path):
            snapshot = load(path)
        case Sample():
            snapshot = read_sample(datetime.now(UTC), whole)
        case _:
            assert_never(target)
    return _told(_with(given, only(snapshot, kinds), kinds), progress)


def _of_logs(target: Target, kinds: tuple[str, ...], progress: Progress) -> Iterator[Given]:
    name = o.AuditUsage.__name__
    if target.audit_logs and (not kinds or name in kinds):
        progress(name, 0, 0)
        yield read_audit_logs(target.audit_logs)


def _with(given: tuple[Given, ...], snapshot: Snapshot, kinds: tuple[str, ...]) -> Snapshot:
    for each in given:
        snapshot = each.added_to(snapshot, kinds)
    return snapshot


def only(snapshot: Snapshot, kinds: tuple[str, ...]) -> Snapshot:
    """The snapshot with only these kinds, all when empty, as if the others had not been asked for."""
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

"""Where a snapshot comes from, and the one function that takes one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from checks.cluster.kinds import KINDS
from checks.cluster.manifests import read_manifests
from checks.cluster.sample import read_sample
from checks.cluster.snapshot import Snapshot

Progress = Callable[[str, int, int], None]
"""Told a kind's name, how many kinds are done, and how many there are."""


class LiveCluster(Struct, frozen=True, tag=True):
    """A cluster by kubeconfig: the file (else KUBECONFIG, else ~/.kube/config) and the context in it."""

    kubeconfig: Path | None = None
    context: str | None = None


class InCluster(Struct, frozen=True, tag=True):
    """The cluster this process runs in."""


class Manifests(Struct, frozen=True, tag=True):
    """A file or folder of manifests; `-` is standard input."""

    path: Path


class SavedSnapshot(Struct, frozen=True, tag=True):
    """A file written by `snapshot_file.save`."""

    path: Path


class Sample(Struct, frozen=True, tag=True):
    """The built-in sample cluster."""


Target = LiveCluster | InCluster | Manifests | SavedSnapshot | Sample


def take_snapshot(
    target: Target,
    *,
    progress: Progress,
    kubernetes_version: str | None = None,
    namespaces: tuple[str, ...] = (),
    kinds: tuple[str, ...] = (),
) -> Snapshot:
    """Read a target.

    kubernetes_version: what manifests are judged for (`1.37`); the newest known when not given.
    namespaces: where to look when a kind may not be listed in all namespaces; otherwise everything is read,
        because roles, bindings and policies elsewhere bear on these too.
    kinds: read only these; all when empty.

    Raises ClusterError when nothing of it can be read.
    """
    now = datetime.now(UTC)
    match target:
        case Sample():
            snapshot = read_sample(now)
        case Manifests(path):
            snapshot = read_manifests(path, version=kubernetes_version, now=now)
        case SavedSnapshot(path):
            raise NotImplementedError
        case LiveCluster() | InCluster():
            raise NotImplementedError
        case _:
            assert_never(target)
    return _told(_only(snapshot, kinds), progress)


def _only(snapshot: Snapshot, kinds: tuple[str, ...]) -> Snapshot:
    """The snapshot with only these kinds, as if the others had not been asked for."""
    if not kinds:
        return snapshot
    unwanted = {kind.field: () for kind in KINDS.values() if kind.name not in kinds}
    coverage = tuple(each for each in snapshot.coverage if each.kind in kinds)
    return replace(snapshot, coverage=coverage, **unwanted)


def _told(snapshot: Snapshot, progress: Progress) -> Snapshot:
    for done, each in enumerate(snapshot.coverage, 1):
        progress(each.kind, done, len(snapshot.coverage))
    return snapshot

"""What a snapshot can be taken of."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct


class AnyTarget(Struct, frozen=True, kw_only=True):
    """Base of every target. `evidence`: files or folders with what no list in the API has. `audit_logs`:
    files or folders of the API server's audit log."""

    evidence: tuple[Path, ...] = ()
    audit_logs: tuple[Path, ...] = ()


class AnyCluster(AnyTarget, frozen=True, kw_only=True):
    """Base of the targets that are running clusters, with what its operator allows beyond lists.

    kubelet_config: ask each node's kubelet for its configuration, through the API server (`nodes/proxy`).
    metrics: ask the API server for its counters and health.
    flags: ask the API server for the flags that it runs with (`/flagz`).
    verify: put a sample of answers about rights to the API server, where that is allowed.
    """

    kubelet_config: bool = False
    metrics: bool = False
    flags: bool = False
    verify: bool = True


class LiveCluster(AnyCluster, frozen=True, tag=True):
    """A cluster by kubeconfig: the file (else KUBECONFIG, else ~/.kube/config) and the context in it."""

    kubeconfig: Path | None = None
    context: str | None = None


class InCluster(AnyCluster, frozen=True, tag=True):
    """The cluster this process runs in."""


class Manifests(AnyTarget, frozen=True, tag=True):
    """A file or folder of manifests; `-` is standard input.

    values: files for a Helm chart.
    version: the Kubernetes (`1.37`) that they are judged for, else the newest known.
    """

    path: Path
    values: tuple[Path, ...] = ()
    version: str | None = None


class SavedSnapshot(AnyTarget, frozen=True, tag=True):
    """A file written by `snapshot_file.save`."""

    path: Path


class Sample(AnyTarget, frozen=True, tag=True):
    """The built-in sample cluster."""


Target = LiveCluster | InCluster | Manifests | SavedSnapshot | Sample

"""What a snapshot can be taken of."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct


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

"""The target options that every reading command shares."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from checks.cluster.source import InCluster, LiveCluster, Manifests, Sample, SavedSnapshot, Target

Context = Annotated[
    str | None, typer.Option("--context", help="A context of the kubeconfig.", rich_help_panel="Target")
]
Kubeconfig = Annotated[
    Path | None, typer.Option("--kubeconfig", help="A kubeconfig file.", rich_help_panel="Target")
]
FromInside = Annotated[
    bool, typer.Option("--in-cluster", help="The cluster this runs in.", rich_help_panel="Target")
]
ManifestPath = Annotated[
    Path | None,
    typer.Option("--manifests", help="A file or folder of YAML or JSON.", rich_help_panel="Target"),
]
SnapshotFile = Annotated[
    Path | None, typer.Option("--snapshot", help="A file of `snapshot save`.", rich_help_panel="Target")
]
UseSample = Annotated[
    bool, typer.Option("--sample", help="The built-in sample cluster.", rich_help_panel="Target")
]
Evidence = Annotated[
    list[Path] | None,
    typer.Option(
        "--evidence",
        help="A file or folder with what the API does not show, such as a node's configuration; repeatable.",
        rich_help_panel="Target",
    ),
]

OwnChecks = Annotated[
    list[Path] | None,
    typer.Option("--checks", metavar="PATH", help="A file or folder of own checks; repeatable."),
]


def choose(
    *,
    context: str | None,
    kubeconfig: Path | None,
    in_cluster: bool,
    manifests: Path | None,
    snapshot: Path | None,
    sample: bool,
    evidence: list[Path] | None = None,
) -> Target:
    """The one target that the options name; without any, the kubeconfig's current context.

    Raises typer.BadParameter when they name two.
    """
    live = context is not None or kubeconfig is not None
    if sum((live, in_cluster, manifests is not None, snapshot is not None, sample)) > 1:
        raise typer.BadParameter(
            "name one target: --context/--kubeconfig, --in-cluster, --manifests, --snapshot or --sample"
        )
    beside = tuple(evidence or ())
    if sample:
        return Sample(evidence=beside)
    if manifests is not None:
        return Manifests(manifests, evidence=beside)
    if snapshot is not None:
        return SavedSnapshot(snapshot, evidence=beside)
    if in_cluster:
        return InCluster(evidence=beside)
    return LiveCluster(kubeconfig, context, evidence=beside)

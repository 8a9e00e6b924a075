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
    typer.Option(
        "--manifests",
        help="A file or folder of YAML or JSON, a Helm chart or a Kustomize folder.",
        rich_help_panel="Target",
    ),
]
HelmValues = Annotated[
    list[Path] | None,
    typer.Option(
        "--helm-values", metavar="FILE", help="Values for a Helm chart; repeatable.", rich_help_panel="Target"
    ),
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

KubeletConfig = Annotated[
    bool,
    typer.Option(
        "--read-kubelet-config",
        help="Ask every kubelet for its configuration; takes the right to get nodes/proxy.",
        rich_help_panel="Target",
    ),
]
ReadMetrics = Annotated[
    bool,
    typer.Option(
        "--read-metrics",
        help="Ask the API server for its counters and health; takes the right to get /metrics and /livez.",
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
    kubelet_config: bool = False,
    metrics: bool = False,
    helm_values: list[Path] | None = None,
) -> Target:
    """The one target that the options name; without any, the kubeconfig's current context.

    Raises typer.BadParameter when they name two, or allow what only a running cluster can be asked for.
    """
    live = context is not None or kubeconfig is not None
    if sum((live, in_cluster, manifests is not None, snapshot is not None, sample)) > 1:
        raise typer.BadParameter(
            "name one target: --context/--kubeconfig, --in-cluster, --manifests, --snapshot or --sample"
        )
    if (kubelet_config or metrics) and (manifests is not None or snapshot is not None or sample):
        raise typer.BadParameter("--read-kubelet-config and --read-metrics are for a running cluster")
    if helm_values and manifests is None:
        raise typer.BadParameter("--helm-values is for a Helm chart: name its folder with --manifests")
    beside = tuple(evidence or ())
    if sample:
        return Sample(evidence=beside)
    if manifests is not None:
        return Manifests(manifests, tuple(helm_values or ()), evidence=beside)
    if snapshot is not None:
        return SavedSnapshot(snapshot, evidence=beside)
    if in_cluster:
        return InCluster(evidence=beside, kubelet_config=kubelet_config, metrics=metrics)
    return LiveCluster(kubeconfig, context, evidence=beside, kubelet_config=kubelet_config, metrics=metrics)

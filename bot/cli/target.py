"""The options that say what is read: declared once, and the same in every command that reads something."""

from __future__ import annotations

import functools
import inspect
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, TypedDict

import typer
from msgspec import Struct
from msgspec.structs import fields

from checks.cluster.targets import InCluster, LiveCluster, Manifests, Sample, SavedSnapshot, Target

OwnChecks = Annotated[
    list[Path] | None,
    typer.Option("--checks", metavar="PATH", help="A file or folder of own checks; repeatable."),
]


def _version(value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"v?1\.\d{1,3}(\.\d{1,4})?", value):
        raise typer.BadParameter(f"{value} is not a Kubernetes version; write it as 1.37")
    return value.removeprefix("v") if value else None


class _Beside(TypedDict):
    """What may be given beside every target."""

    evidence: tuple[Path, ...]
    audit_logs: tuple[Path, ...]


class TargetOptions(Struct, frozen=True):
    """What was given of the target's options, by the names of their parameters. See `takes_target`."""

    context: Annotated[
        str | None, typer.Option("--context", metavar="NAME", help="A context of the kubeconfig.")
    ] = None
    kubeconfig: Annotated[
        Path | None, typer.Option("--kubeconfig", metavar="FILE", help="A kubeconfig file.")
    ] = None
    in_cluster: Annotated[bool, typer.Option("--in-cluster", help="The cluster this runs in.")] = False
    manifests: Annotated[
        Path | None,
        typer.Option(
            "--manifests",
            metavar="PATH",
            help="Files of YAML or JSON, a Helm chart or a Kustomize folder; - is standard input.",
        ),
    ] = None
    helm_values: Annotated[
        list[Path] | None,
        typer.Option("--helm-values", metavar="FILE", help="Values for a Helm chart; repeatable."),
    ] = None
    kubernetes_version: Annotated[
        str | None,
        typer.Option(
            "--kubernetes-version",
            metavar="VERSION",
            callback=_version,
            help="Version manifests are judged for, such as 1.37.",
        ),
    ] = None
    snapshot: Annotated[
        Path | None, typer.Option("--snapshot", metavar="FILE", help="A file of `snapshot save`.")
    ] = None
    sample: Annotated[bool, typer.Option("--sample", help="The built-in sample cluster.")] = False
    evidence: Annotated[
        list[Path] | None,
        typer.Option(
            "--evidence",
            metavar="PATH",
            help="A file or folder with what the API does not show, such as a node's configuration; "
            "repeatable.",
        ),
    ] = None
    audit_log: Annotated[
        list[Path] | None,
        typer.Option(
            "--audit-log",
            metavar="PATH",
            help="A file or folder of the API server's audit log, rotated and .gz files too; repeatable.",
        ),
    ] = None
    read_kubelet_config: Annotated[
        bool,
        typer.Option(
            "--read-kubelet-config",
            help="Ask every kubelet for its configuration; takes the right to get nodes/proxy.",
        ),
    ] = False
    read_metrics: Annotated[
        bool,
        typer.Option(
            "--read-metrics",
            help="Ask the API server for its counters and health; takes the rights to get /metrics, /livez.",
        ),
    ] = False
    read_flags: Annotated[
        bool,
        typer.Option(
            "--read-flags",
            help="Ask the API server (1.36 and later) for the flags that it runs with; takes the right to "
            "get /flagz.",
        ),
    ] = False

    @property
    def given(self) -> bool:
        """Whether any of them was."""
        return self != TargetOptions()

    @property
    def words(self) -> str:
        """What to type, behind a command, to name the same again."""
        return shlex.join(self._words())

    def _words(self) -> Iterator[str]:
        for name in self.__struct_fields__:
            value, option = getattr(self, name), f"--{name.replace('_', '-')}"
            if value is True:
                yield option
            for each in value if isinstance(value, list) else [value]:
                if not isinstance(each, bool | None):
                    yield from (option, str(each))

    def target(self) -> Target:
        """The one target that they name; when they name none, the kubeconfig's current context.

        Raises typer.BadParameter when they name two, or ask of one what only another has.
        """
        live = self.context is not None or self.kubeconfig is not None
        files = self.manifests is not None or self.snapshot is not None or self.sample
        named = (live, self.in_cluster, self.manifests is not None, self.snapshot is not None, self.sample)
        if sum(named) > 1:
            raise typer.BadParameter(
                "name one target: --context/--kubeconfig, --in-cluster, --manifests, --snapshot or --sample"
            )
        if files and (self.read_kubelet_config or self.read_metrics or self.read_flags):
            raise typer.BadParameter(
                "--read-kubelet-config, --read-metrics and --read-flags are for a running cluster"
            )
        if self.helm_values and self.manifests is None:
            raise typer.BadParameter("--helm-values is for a Helm chart: name its folder with --manifests")
        if self.kubernetes_version and self.manifests is None:
            raise typer.BadParameter("--kubernetes-version is for --manifests: clusters say their own")
        return self._named()

    def _named(self) -> Target:
        beside = _Beside(evidence=tuple(self.evidence or ()), audit_logs=tuple(self.audit_log or ()))
        if self.sample:
            return Sample(**beside)
        if self.manifests is not None:
            values = tuple(self.helm_values or ())
            return Manifests(self.manifests, values, self.kubernetes_version, **beside)
        if self.snapshot is not None:
            return SavedSnapshot(self.snapshot, **beside)
        allowed = {
            "kubelet_config": self.read_kubelet_config,
            "metrics": self.read_metrics,
            "flags": self.read_flags,
        }
        if self.in_cluster:
            return InCluster(**beside, **allowed)
        return LiveCluster(self.kubeconfig, self.context, **beside, **allowed)


def takes_target(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command have the target's options: they stand for its one parameter of type TargetOptions.

    Typer makes options of a function's signature, so the function it sees has theirs in that place.
    """
    by_name = inspect.Parameter.KEYWORD_ONLY
    parameters = inspect.signature(command, eval_str=True).parameters
    (place,) = (name for name, each in parameters.items() if each.annotation is TargetOptions)
    options = [
        inspect.Parameter(each.name, by_name, default=each.default, annotation=each.type)
        for each in fields(TargetOptions)
    ]
    names = [each.name for each in options]

    @functools.wraps(command)
    def seen(**given: Any) -> None:
        target = TargetOptions(**{name: given.pop(name) for name in names})
        command(**given, **{place: target})

    shown: list[inspect.Parameter] = []
    for name, each in parameters.items():
        shown += options if name == place else [each.replace(kind=by_name)]
    seen.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    seen.__annotations__ = {each.name: each.annotation for each in shown}
    return seen

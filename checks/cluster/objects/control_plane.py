"""What the API shows of the control plane: its static pods' command lines, and numbers it says of itself.

A second, narrower view of pods: the ordinary one has no commands, because any of them may hold a secret.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from checks.cluster.objects.arguments import (
    NO_ARGUMENTS,
    NO_EXTRA_ARGS,
    NO_SETTINGS,
    Arguments,
    ExtraArgs,
    Settings,
)
from checks.cluster.objects.base import AnnotatedMetadata, Object, Part


class ComponentContainer(Part, frozen=True):
    """`env`: the few variables that configure etcd."""

    name: str = ""
    image: str = ""
    command: Arguments = NO_ARGUMENTS
    args: Arguments = NO_ARGUMENTS
    env: Settings = NO_SETTINGS


class ComponentPodSpec(Part, frozen=True):
    containers: tuple[ComponentContainer, ...] | None = None
    node_name: str | None = None


class ControlPlanePod(Object, frozen=True):
    """A pod of kube-system that no controller made, as the kubelet's static pods are."""

    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "Pod"
    metadata: AnnotatedMetadata = field(default_factory=AnnotatedMetadata)
    spec: ComponentPodSpec = field(default_factory=ComponentPodSpec)


class Sample(Part, frozen=True):
    """One counter's value. `labels` are those that `METRICS` names, sorted."""

    name: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    value: float = 0.0

    def label(self, name: str) -> str:
        """A label's value, empty when it has none."""
        return next((value for key, value in self.labels if key == name), "")


class HealthCheck(Part, frozen=True):
    """One line of a verbose health endpoint: which endpoint, which check, and whether it was well."""

    endpoint: str = ""
    name: str = ""
    ok: bool = False


class ApiServerFlags(Object, frozen=True):
    """The flags that the API server that answered runs with, by what it tells of itself (`/flagz`): those of
    `FLAGS` alone, their defaults included. There may be other API servers beside it."""

    api_version: ClassVar[str] = "quarterdeck.dev/v1"
    kind: ClassVar[str] = "ApiServerFlags"
    flags: ExtraArgs = NO_EXTRA_ARGS


class ApiServerMetrics(Object, frozen=True):
    """What the API server that answered counts of itself since it started; there may be others beside it."""

    api_version: ClassVar[str] = "quarterdeck.dev/v1"
    kind: ClassVar[str] = "ApiServerMetrics"
    samples: tuple[Sample, ...] = ()
    health: tuple[HealthCheck, ...] = ()

    def of(self, name: str) -> tuple[Sample, ...]:
        """Every sample of a metric."""
        return tuple(sample for sample in self.samples if sample.name == name)

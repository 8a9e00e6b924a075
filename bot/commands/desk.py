"""What every command works with: the clusters by name, the history, the clock and the settings."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from bot import __version__
from bot.errors import CommandError
from bot.schedule import ScheduleSettings
from bot.schedule.made import all_of
from bot.settings import ClusterSettings, Settings
from checks.cluster.source import InCluster, LiveCluster, Manifests, Sample, Target
from checks.model import Expectations
from checks.nearest import did_you_mean
from reports.history import History


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Desk:
    """Frozen; safe to share between threads, as `history` is."""

    settings: Settings
    history: History
    targets: Mapping[str, Target]
    clock: Callable[[], datetime] = now
    version: str = __version__

    @property
    def reports(self) -> Path:
        """Where rendered reports are kept."""
        return self.settings.data_dir / "reports"

    def showing(self, clusters: Collection[str]) -> Desk:
        """The same desk with these clusters alone: for whom it is, there are no others."""
        seen = {name: each for name, each in self.targets.items() if name in clusters}
        return dataclasses.replace(self, targets=seen)

    def target(self, name: str | None) -> tuple[str, Target]:
        """The named cluster, or the first one. Raises CommandError for an unknown name or none at all."""
        if not self.targets:
            raise CommandError("No cluster is set up.", "Add one under `clusters:` in the settings file.")
        if name is None:
            return next(iter(self.targets.items()))
        if name in self.targets:
            return name, self.targets[name]
        raise CommandError(
            f"There is no cluster called {name}.",
            f"{did_you_mean(name, self.targets)}Known: {', '.join(self.targets)}.",
        )

    def schedules(self) -> tuple[ScheduleSettings, ...]:
        """Those of the settings and those that people made, of the clusters here. Raises HistoryError."""
        every = all_of(self.settings.schedules, self.history)
        return tuple(each for each in every if each.cluster in self.targets)

    def expectations(self, name: str) -> Expectations:
        """What the settings expect of a cluster."""
        for cluster in self.settings.clusters:
            if cluster.name == name:
                return Expectations(cluster.allowed_registries)
        return Expectations()


def target_of(cluster: ClusterSettings) -> Target:
    """Where a cluster of the settings is read from."""
    if cluster.sample:
        return Sample(evidence=cluster.evidence)
    if cluster.manifests is not None:
        return Manifests(cluster.manifests, evidence=cluster.evidence)
    live = InCluster() if cluster.in_cluster else LiveCluster(cluster.kubeconfig, cluster.context)
    return replace(
        live,
        evidence=cluster.evidence,
        kubelet_config=cluster.read_kubelet_config,
        metrics=cluster.read_metrics,
        flags=cluster.read_flags,
        verify=cluster.verify_answers,
    )


def open_desk(settings: Settings) -> Desk:
    """The desk for these settings, its history opened and brought up to date.

    Raises HistoryError when the database cannot be used and CommandError when the data folder cannot be made.
    """
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(
            f"The data folder {settings.data_dir} cannot be made: {error.strerror}.",
            "Set `data_dir` (or QUARTERDECK_DATA_DIR) to a folder that can be written.",
        ) from error
    return Desk(
        settings=settings,
        history=History.open(settings.history_url),
        targets={cluster.name: target_of(cluster) for cluster in settings.clusters},
    )

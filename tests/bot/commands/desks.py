"""A desk with the sample cluster, for the commands' tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.commands.desk import Desk, target_of
from bot.commands.progress import Step
from bot.settings import Settings
from reports.history import History


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


class Steps(list[Step]):
    """Progress that remembers."""

    def __call__(self, step: Step) -> None:
        self.append(step)

    @property
    def stages(self) -> list[str]:
        """The stages, each once, in order."""
        return list(dict.fromkeys(str(step.stage) for step in self))


def desk_in(folder: Path, clock: Clock, **settings: object) -> Desk:
    """A desk whose first cluster is the sample and whose second cannot be read."""
    chosen = Settings.model_validate(
        {
            "clusters": [
                {"name": "harbour", "sample": True},
                {"name": "lost", "kubeconfig": folder / "none.yaml"},
            ],
            "data_dir": folder,
            **settings,
        }
    )
    history = History.open(chosen.history_url, clock=clock)
    return Desk(chosen, history, {each.name: target_of(each) for each in chosen.clusters}, clock=clock)

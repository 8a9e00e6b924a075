"""`report`: the PDF (or HTML) for auditors, of a fresh scan or of one that was kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from bot.answer import Answer, File
from bot.commands.progress import Progress, Stage, Step
from bot.commands.scan import Kept, Occasion, RunScan, recall, scan
from bot.commands.scanned import describe
from bot.errors import CommandError
from reports.document import build
from reports.render.report import MEDIA_TYPES, render

if TYPE_CHECKING:
    from bot.commands.desk import Desk


class MakeReport(Struct, frozen=True, tag=True):
    """Make the report of a run that was kept, or of a fresh scan when none is named."""

    cluster: str | None = None
    run: str | None = None
    frameworks: tuple[str, ...] = ()
    form: str = "pdf"
    namespaces: tuple[str, ...] = ()

    @property
    def canonical(self) -> str:
        words = ["report", *([self.cluster] if self.cluster else [])]
        words += [f"run={self.run}"] if self.run else []
        words += [f"framework={each}" for each in self.frameworks]
        words += [f"namespace={each}" for each in self.namespaces]
        return " ".join([*words, *([f"format={self.form}"] if self.form != "pdf" else [])])


def report(
    desk: Desk, command: MakeReport, *, asker: str, progress: Progress, occasion: Occasion | None = None
) -> Answer:
    """The scan's answer with the rendered report as its file.

    Raises CommandError (also for a kept run with anything beside it: that was settled when it was kept),
    ClusterError, HistoryError or RenderError.
    """
    if command.run:
        if command.cluster or command.frameworks or command.namespaces:
            raise CommandError(
                f"Run {command.run} is of one cluster, the frameworks and the namespaces it was judged by.",
                "Name the run alone, or leave it out for a fresh scan.",
            )
        kept = recall(desk.history, desk.history.run(command.run))
        name, since = kept.scan.cluster.name, kept.since(desk.clock())
        answer = describe(name, command.canonical, kept.scan, run=kept.run, since=since)
    else:
        wanted = RunScan(command.cluster, command.frameworks, command.namespaces)
        answer, kept = scan(desk, wanted, asker=asker, progress=progress, occasion=occasion)
    file = write(kept, form=command.form, folder=desk.reports, progress=progress)
    age = max(0, int((desk.clock() - kept.scan.finished).total_seconds()))
    return replace(answer, command=command.canonical, files=(file,), age_seconds=age)


def write(kept: Kept, *, form: str, folder: Path, progress: Progress) -> File:
    """Render a kept scan into `folder` under its weekly name. Raises RenderError."""
    progress(Step(Stage.RENDERING, detail=f"the {form.upper()}"))
    document = build(kept.scan, drift=kept.drift, previous=kept.before, run_id=kept.run.id)
    path = folder / f"{document.file_stem}.{form}"
    render(document, form, path)
    return File(path.name, f"Compliance report of {kept.scan.cluster.name}", MEDIA_TYPES[form], path)

"""`report`: the PDF (or HTML) for auditors, of a fresh scan or of one that was kept."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from bot.answer import Answer, File
from bot.commands.desk import Desk
from bot.commands.progress import Progress, Stage, Step
from bot.commands.scan import RunScan, describe, scan
from checks.model import Scan
from reports.document import build
from reports.drift import Drift, compare, summary
from reports.history import Run
from reports.render import MEDIA_TYPES, render


class MakeReport(Struct, frozen=True, tag=True):
    """Make the report of a run that was kept, or of a fresh scan when none is named."""

    cluster: str | None = None
    run: str | None = None
    frameworks: tuple[str, ...] = ()
    form: str = "pdf"

    @property
    def canonical(self) -> str:
        words = ["report", *([self.cluster] if self.cluster else [])]
        words += [f"run={self.run}"] if self.run else []
        words += [f"framework={each}" for each in self.frameworks]
        return " ".join([*words, *([f"format={self.form}"] if self.form != "pdf" else [])])


def report(
    desk: Desk, command: MakeReport, *, asker: str, progress: Progress, schedule: str | None = None
) -> Answer:
    """The scan's answer with the rendered report as its file.

    Raises CommandError, ClusterError, HistoryError or RenderError.
    """
    if command.run:
        run = desk.history.run(command.run)
        kept, drift = desk.history.scan(run.id), None
        before = desk.history.previous(run)
        if before:
            drift = compare(desk.history.scan(before.id), kept)
        since = summary(drift, since=before.finished, now=desk.clock()) if drift and before else None
        answer = describe(kept.cluster.name, command.canonical, kept, run=run, since=since)
    else:
        wanted = RunScan(command.cluster, command.frameworks)
        answer, kept, run, drift = scan(desk, wanted, asker=asker, progress=progress, schedule=schedule)
    file = write(kept, run=run, drift=drift, form=command.form, folder=desk.reports, progress=progress)
    return Answer(
        command=command.canonical,
        verdict=answer.verdict,
        tone=answer.tone,
        tables=answer.tables,
        caveats=answer.caveats,
        notes=answer.notes,
        files=(file,),
        cluster=answer.cluster,
        age_seconds=max(0, int((desk.clock() - kept.finished).total_seconds())),
        run_id=run.id,
        extra=answer.extra,
    )


def write(
    scan_: Scan, *, run: Run | None, drift: Drift | None, form: str, folder: Path, progress: Progress
) -> File:
    """Render a scan into `folder` under its weekly name. Raises RenderError."""
    progress(Step(Stage.RENDERING, detail=f"the {form.upper()}"))
    document = build(scan_, drift=drift, run_id=run.id if run else None)
    path = folder / f"{document.file_stem}.{form}"
    render(document, form, path)
    return File(path.name, f"Compliance report of {scan_.cluster.name}", MEDIA_TYPES[form], path)

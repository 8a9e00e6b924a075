"""`export production as csv`: the last run, one that is named, or the answer to a question, as a file."""

from __future__ import annotations

import csv
import io
import re
import shlex
from collections.abc import Iterable
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from bot.answer import Answer, File, to_json
from bot.commands.progress import Progress, Stage, Step
from bot.commands.report import write
from bot.commands.scan import recall
from bot.errors import CommandError
from reports.render.files import replace_file
from reports.render.report import FORMATS
from reports.render.scan_formats import SCAN_FORMATS, encode_scan
from reports.render.scan_formats.csv import safe_cell

if TYPE_CHECKING:
    from bot.commands.desk import Desk
    from reports.history import Run

REPORTS = tuple(name for name in FORMATS if name not in SCAN_FORMATS)
FORMS = (*SCAN_FORMATS, *REPORTS)
OF_ANSWERS = ("csv", "json")
_MEDIA_TYPES = MappingProxyType(
    {
        "csv": "text/csv",
        "json": "application/json",
        "sarif": "application/sarif+json",
        "junit": "application/xml",
    }
)
_ENDINGS = MappingProxyType({"junit": "xml"})


class Export(Struct, frozen=True, tag=True):
    """Export a run: `run`, or the last of a cluster. `question`: the answer to this canonical question."""

    form: str = "csv"
    cluster: str | None = None
    run: str | None = None
    question: str = ""

    @property
    def canonical(self) -> str:
        words = ["export", *([self.cluster] if self.cluster else [])]
        words += [f"of={self.question}"] if self.question else []
        return shlex.join([*words, *([f"run={self.run}"] if self.run else []), f"as={self.form}"])


def export_run(desk: Desk, command: Export, *, progress: Progress) -> Answer:
    """A kept run as a file. Raises CommandError, HistoryError or RenderError."""
    if command.form not in FORMS:
        raise CommandError(
            f"Runs are not exported as {command.form[:40]}.", f"Say one of {', '.join(FORMS)}."
        )
    run = _run(desk, command)
    progress(Step(Stage.RENDERING, detail=f"the {command.form.upper()}"))
    if command.form in REPORTS:
        file = write(recall(desk.history, run), form=command.form, folder=desk.reports, progress=progress)
    else:
        name = f"{_safe(run.cluster_name)}-{run.id}.{_ENDINGS.get(command.form, command.form)}"
        chunks = encode_scan(desk.history.scan(run.id), command.form)
        file = _kept(desk.reports / name, f"Scan of {run.cluster_name}", command.form, chunks)
    return Answer(
        command=command.canonical,
        verdict=f"{run.cluster_name}: the run {run.id} of {run.finished:%Y-%m-%d %H:%M} UTC, "
        f"as {command.form.upper()}.",
        files=(file,),
        age_seconds=max(0, int((desk.clock() - run.finished).total_seconds())),
        run_id=run.id,
        extra={"sha256": run.sha256},
    )


def export_answer(desk: Desk, command: Export, answer: Answer) -> Answer:
    """An answer's tables as a file. Raises CommandError or RenderError."""
    if command.form not in OF_ANSWERS:
        raise CommandError(
            f"Answers are not exported as {command.form[:40]}.", f"Say one of {', '.join(OF_ANSWERS)}."
        )
    if command.form == "json":
        chunks: Iterable[bytes] = (msgspec.json.encode(to_json(answer), order="deterministic"),)
    else:
        chunks = (_csv(answer),)
    stem = f"{_safe(answer.command)[:60]}-{desk.clock():%Y%m%d-%H%M%S}"
    file = _kept(desk.reports / f"{stem}.{command.form}", answer.command, command.form, chunks)
    count = sum(len(table.rows) for table in answer.tables)
    said = f"{answer.verdict} All {count} rows are in the {command.form.upper()}."
    return replace(answer, command=command.canonical, verdict=said, tables=(), evidence=(), files=(file,))


def _run(desk: Desk, command: Export) -> Run:
    if command.run:
        return desk.history.run(command.run)
    name, _ = desk.target(command.cluster)
    run = desk.history.last_of(name)
    if run is None:
        raise CommandError(f"Nothing was kept of {name} to export.", f"Say: scan {name}")
    return run


def _kept(path: Path, title: str, form: str, chunks: Iterable[bytes]) -> File:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(path) as file:
        file.writelines(chunks)
    return File(path.name, title, _MEDIA_TYPES[form], path)


def _csv(answer: Answer) -> bytes:
    """Every table below the other, each with its title; nothing in it is a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    for number, table in enumerate(answer.tables):
        if len(answer.tables) > 1:
            writer.writerows([[]] if number else [])
            writer.writerow([safe_cell(table.title)])
        writer.writerow(table.columns)
        writer.writerows([safe_cell(cell) for cell in row] for row in table.rows)
    return text.getvalue().encode("utf-8", "replace")


def _safe(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", text.casefold()).strip("-.") or "answer"

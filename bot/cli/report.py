"""`quarterdeck report`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot import __version__
from bot.cli.exits import errors, one_message, output_to
from bot.cli.scan import AllowedRegistries, Framework, exit_code
from bot.cli.target import OwnChecks, TargetOptions, takes_target
from bot.commands.progress import Stage, Step
from bot.commands.scan import judge, recall
from bot.errors import CommandError
from bot.terminal import Bar, plain
from checks.model import Expectations
from reports.document import build
from reports.render.report import render


class ReportFormat(StrEnum):
    PDF = "pdf"
    HTML = "html"
    JSON = "json"


@takes_target
def report(
    ctx: typer.Context,
    target: TargetOptions,
    run: Annotated[
        str | None, typer.Option("--run", help="A run that was kept, instead of a target.")
    ] = None,
    framework: Framework = None,
    checks: OwnChecks = None,
    allowed_registry: AllowedRegistries = None,
    form: Annotated[ReportFormat, typer.Option("--format", help="The report's form.")] = ReportFormat.PDF,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Default: a name with cluster and week.")
    ] = None,
) -> None:
    """Make the compliance report: PDF/A with the evidence inside, or the same as HTML.

    \b
    Examples:
      quarterdeck report --sample --output report.pdf
      quarterdeck report --context production --format html -o report.html
      quarterdeck report --run r-20261124-k3f9 -o audit.pdf
    """
    with one_message():
        if run is not None and (target.given or framework or checks or allowed_registry):
            raise CommandError(
                "Beside --run a target or a framework is given, and both were settled when the run was kept.",
                "Leave one of them out.",
            )
        drift, before = None, None
        with Bar(errors) as progress:
            if run is not None:
                from bot.cli.settings import load_settings
                from bot.commands.desk import open_desk

                history = open_desk(load_settings(ctx)).history
                kept = recall(history, history.run(run))
                result, drift, before = kept.scan, kept.drift, kept.before
            else:
                result = judge(
                    target.target(),
                    wanted=tuple(framework or ()),
                    version=__version__,
                    progress=progress,
                    own=tuple(checks or ()),
                    expectations=Expectations(tuple(allowed_registry or ())),
                ).scan
            progress(Step(Stage.RENDERING, detail=f"the {form.upper()}"))
            document = build(result, drift=drift, previous=before, run_id=run)
            path = output or Path(f"{document.file_stem}.{form}")
            with output_to(path):
                render(document, form.value, path)
        errors.print(plain(f"The report of {result.cluster.name} is in {path}."))
        raise typer.Exit(exit_code(result, None))

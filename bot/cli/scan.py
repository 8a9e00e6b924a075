"""`quarterdeck scan`."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot import __version__
from bot.cli.exits import Exit, Finished, errors, one_message, output_to, suggest
from bot.cli.output import write_document
from bot.cli.target import OwnChecks, TargetOptions, takes_target
from bot.commands.scan import RunScan, judge
from bot.commands.scanned import complete, describe_at_length, failed_checks
from bot.registry_name import registry_name
from bot.terminal import Bar, draw, plain, standard_output
from checks.frameworks import DEFAULT_FRAMEWORK
from checks.model import Expectations, Scan, Severity, Status
from reports.render.files import replace_file
from reports.render.scan_formats import encode_scan


class ScanFormat(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    SARIF = "sarif"
    JUNIT = "junit"


def _registries(values: list[str] | None) -> list[str] | None:
    for value in values or ():
        try:
            registry_name(value)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
    return values


Framework = Annotated[
    list[str] | None,
    typer.Option("--framework", metavar="ID", help=f"Framework id; repeatable. Default {DEFAULT_FRAMEWORK}."),
]


AllowedRegistries = Annotated[
    list[str] | None,
    typer.Option(
        "--allowed-registry",
        metavar="REGISTRY",
        callback=_registries,
        help="Where images may come from, such as registry.example.com/team; repeatable.",
    ),
]


@takes_target
def scan(
    ctx: typer.Context,
    target: TargetOptions,
    framework: Framework = None,
    checks: OwnChecks = None,
    namespace: Annotated[
        list[str] | None,
        typer.Option("--namespace", "-n", metavar="NAME", help="Judge only this namespace; repeatable."),
    ] = None,
    form: Annotated[
        ScanFormat, typer.Option("--format", help="How the result is printed.")
    ] = ScanFormat.TABLE,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
    fail_on: Annotated[
        Severity | None, typer.Option("--fail-on", help="End with 1 at a finding this severe or worse.")
    ] = None,
    allowed_registry: AllowedRegistries = None,
    record: Annotated[bool, typer.Option("--record", help="Keep the run in the history.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Name every resource, not the first three.")
    ] = False,
) -> None:
    """Check a cluster, manifests or a saved snapshot.

    \b
    Examples:
      quarterdeck scan --sample
      quarterdeck scan --context production --fail-on high
      quarterdeck scan --manifests ./deploy --format sarif --output scan.sarif
      quarterdeck scan --in-cluster --format json > scan.json
    """
    gc.disable()  # one process, one pass over plain data: collecting finds nothing and costs a quarter
    with one_message():
        wanted = RunScan(frameworks=tuple(framework or ()), namespaces=tuple(namespace or ()))
        with Bar(errors) as progress:
            result, snapshot = judge(
                target.target(),
                wanted=wanted.frameworks,
                version=__version__,
                progress=progress,
                namespaces=wanted.namespaces,
                own=tuple(checks or ()),
                expectations=Expectations(tuple(allowed_registry or ())),
                processes=os.cpu_count() or 1,
            )
        _print(result, form, output, wanted.canonical, everything=everything)
        if form is ScanFormat.TABLE and output is None:
            suggest(_next(target, result, everything=everything))
        if record:
            from bot.cli.settings import load_settings
            from bot.commands.desk import open_desk
            from checks.access.kept import rights_of

            rights = None if wanted.namespaces else rights_of(snapshot)
            with closing(open_desk(load_settings(ctx)).history) as history:
                run = history.save(result, requested_by="command line", rights=rights)
            errors.print(plain(f"Kept as run {run.id}."))
        raise Finished(exit_code(result, fail_on))


def _next(target: TargetOptions, result: Scan, *, everything: bool) -> Iterator[tuple[str, str]]:
    where = f" {target.words}".rstrip()
    if failed := failed_checks(result):
        yield f"quarterdeck checks explain {failed[0].id}", "why it matters, and how to mend it"
        if not everything:
            yield f"quarterdeck scan{where} --all", "every check, every resource, and what was not evaluated"
    yield f"quarterdeck report{where} -o report.pdf", "the report for auditors, with the evidence inside"


def exit_code(result: Scan, fail_on: Severity | None) -> Exit:
    """1 when a finding is as severe as asked, else 4 when something was not read, else 0."""
    if fail_on is not None and any(
        each.status is Status.FAIL and each.severity.rank <= fail_on.rank for each in result.results
    ):
        return Exit.FAIL_ON_MET
    return Exit.DONE if complete(result) else Exit.READ_IN_PART


def _print(result: Scan, form: ScanFormat, output: Path | None, command: str, *, everything: bool) -> None:
    with output_to(output):
        if form is ScanFormat.TABLE:
            answer = describe_at_length(command, result, everything=everything)
            drawn = draw(answer, everything=True)
            if output:
                with replace_file(output) as file:
                    text = Console(file=file.text(), width=160, highlight=False, no_color=True)
                    text.print(drawn)
            else:
                standard_output().print(drawn)
            return
        chunks = encode_scan(result, form.value)
        if output:
            with replace_file(output) as file:
                file.writelines(chunks)
            return
        write_document(chunks)

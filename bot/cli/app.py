"""The command tree. Each subcommand lives in the module of its name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot import __version__, logs
from bot.cli import ask, catalogue, demo, doctor, report, run, scan, settings, slack, snapshot

app = typer.Typer(
    name="quarterdeck",
    help="Keep Kubernetes clusters secure and provably compliant, from Slack.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 --fail-on met, 2 usage, 3 the cluster could not be read, 4 read in part.",
)


def _version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"quarterdeck {__version__}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    settings_file: Annotated[
        Path | None, typer.Option("--settings", help="Settings file; else QUARTERDECK_SETTINGS.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log what happens, to standard error.")] = False,
    version: Annotated[  # noqa: ARG001 - handled by its callback
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Keep Kubernetes clusters secure and provably compliant, from Slack."""
    ctx.obj = settings_file
    logs.configure("auto", "debug" if verbose else "error")


app.command("demo")(demo.demo)
app.command("run")(run.run)
app.command("scan")(scan.scan)
app.command("ask")(ask.ask)
app.command("report")(report.report)
app.command("doctor")(doctor.doctor)
app.add_typer(snapshot.app, name="snapshot")
app.add_typer(catalogue.app, name="checks")
app.add_typer(settings.app, name="settings")
app.add_typer(slack.app, name="slack")

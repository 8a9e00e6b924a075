"""The command tree. Each subcommand lives in the module of its name."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from bot import __version__
from bot.cli.lazy import Subcommand, group

SECTIONS = {
    "Check a cluster": {
        "scan": Subcommand("scan", "scan", "Check a cluster, manifests or a saved snapshot."),
        "report": Subcommand("report", "report", "Make the compliance report: PDF or HTML, evidence inside."),
        "snapshot": Subcommand("snapshot", "app", "Keep a cluster in a file, to be judged later."),
        "diff": Subcommand("diff", "diff", "Show who gained and who lost rights since a saved snapshot."),
        "drift": Subcommand("kept", "drift", "Show what is new and fixed between kept runs."),
        "export": Subcommand("kept", "export", "Write a kept run into a file."),
    },
    "Ask about it": {
        "ask": Subcommand("ask", "ask", "Ask a question and get the answer with its evidence."),
        "list": Subcommand("lists", "list_", "List what fails a check, such as run-as-root."),
        "exposed": Subcommand("lists", "exposed", "Show whether a workload is open to the Internet."),
        "who-can": Subcommand("access", "who_can", "Show who may do something, where, and by which rule."),
        "who-has": Subcommand("access", "who_has", "Show who holds a role; cluster-admin by any name."),
        "can": Subcommand("access", "can", "Show what somebody may do, or whether they may do this."),
        "why": Subcommand("access", "why", "Show each step from somebody to a right."),
        "review": Subcommand("review", "review", "Review access: who is privileged, by what, since when."),
        "escalate": Subcommand("escalate", "escalate", "Show ways to cluster-admin, and what ends them."),
        "blast-radius": Subcommand(
            "blast_radius", "blast_radius", "Show what somebody inside a pod could do."
        ),
    },
    "Look things up": {
        "explain": Subcommand("kept", "explain", "Explain a check or a requirement, and what fails now."),
        "fix": Subcommand("kept", "fix", "Show how to mend what a check finds."),
        "status": Subcommand("kept", "status", "Show the clusters and the age of their last scan."),
        "schedule": Subcommand("schedules", "schedule", "Show what runs by itself, and when next."),
        "schedule-add": Subcommand("schedules", "add", "Scan a cluster at these times from now on."),
        "schedule-remove": Subcommand("schedules", "remove", "End a schedule that somebody made."),
        "help": Subcommand("kept", "help_", "Show what can be asked, here and in Slack."),
        "checks": Subcommand("catalogue", "app", "List the checks and explain them."),
        "frameworks": Subcommand("frameworks", "app", "List the frameworks and what they ask for."),
    },
    "Run the service": {
        "demo": Subcommand("demo", "demo", "See it work: a sample cluster, a local Slack, a first report."),
        "run": Subcommand("run", "run", "Run the service: Slack, schedules, health and metrics."),
        "doctor": Subcommand("doctor", "doctor", "Look at everything that Quarterdeck needs, one line each."),
        "audit": Subcommand("audit", "audit", "Show who asked for what in Slack, and what was decided."),
        "settings": Subcommand("settings", "app", "Check the settings file and print its schema."),
        "slack": Subcommand("slack", "app", "Print the Slack app's manifest."),
    },
}
"""Each lives in the module of `bot.cli` that is named first, as its function or its Typer app."""
COMMANDS = {name: entry for section in SECTIONS.values() for name, entry in section.items()}

app = typer.Typer(
    name="quarterdeck",
    cls=group(SECTIONS),
    help="Keep Kubernetes clusters secure and provably compliant, from Slack.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Try it without a cluster: quarterdeck scan --sample. "
    "Exit codes: 0 done, 1 --fail-on met, 2 usage, 3 the cluster could not be read, 4 read in part.",
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
    logging.getLogger().addHandler(logging.NullHandler())  # nothing is logged but by bot.logs, which redacts
    if verbose:
        from bot import logs

        logs.configure("auto", "debug")

"""`quarterdeck explain`, `fix`, `drift`, `export`, `status`, `help`: without a look at a cluster.

The words are those of Slack, and so are the answers. They come from the settings' clusters and their history.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.answer import Answer
from bot.cli.ask import AnswerFormat, Format, show
from bot.cli.completing import completes
from bot.cli.exits import errors, one_message, output_to
from bot.commands.explain import Explain, Fix
from bot.commands.explain import explain as explained
from bot.commands.explain import fix as fixed
from bot.terminal import Bar

if TYPE_CHECKING:
    from bot.commands.desk import Desk
    from bot.grammar import Command

Cluster = Annotated[
    str | None,
    typer.Option("--cluster", metavar="NAME", help="A cluster of the settings. Default: the first."),
]
OneCluster = Annotated[
    str | None, typer.Argument(metavar="CLUSTER", help="A cluster of the settings. Default: the first.")
]
Resource = Annotated[str, typer.Argument(metavar="RESOURCE", help="Only on this: NAME or NAMESPACE/NAME.")]


def explain(
    ctx: typer.Context,
    topic: Annotated[
        str,
        typer.Argument(
            metavar="CHECK|REQUIREMENT",
            help="A check's id, or a requirement's number: 5.1.3, cis-kubernetes-2.0.1/5.1.3.",
            autocompletion=completes("explain"),
        ),
    ],
    resource: Resource = "",
    cluster: Cluster = None,
    form: Format = AnswerFormat.TABLE,
) -> None:
    """Explain a check or a requirement: why it matters, how it is decided, and what fails in the last run.

    \b
    Examples:
      quarterdeck explain pod-privileged
      quarterdeck explain 5.1.3
      quarterdeck explain pod-privileged payments/ledger --cluster production
    """
    with one_message(), _perhaps(ctx, cluster) as desk:
        show(explained(desk, Explain(topic, resource, cluster)), form)


def fix(
    ctx: typer.Context,
    check: Annotated[
        str, typer.Argument(metavar="CHECK", help="A check's id.", autocompletion=completes("fix"))
    ],
    resource: Resource = "",
    cluster: Cluster = None,
    form: Format = AnswerFormat.TABLE,
) -> None:
    """Show how to mend what a check finds, with an example, and where it is needed.

    \b
    Examples:
      quarterdeck fix pod-privileged
      quarterdeck fix pod-privileged payments/ledger --cluster production
    """
    with one_message(), _perhaps(ctx, cluster) as desk:
        show(fixed(desk, Fix(check, resource, cluster)), form)


def drift(
    ctx: typer.Context,
    since: Annotated[
        str,
        typer.Argument(metavar="SINCE", help="yesterday, 3 days ago, 2026-11-01. Default: the run before."),
    ] = "",
    cluster: Cluster = None,
    form: Format = AnswerFormat.TABLE,
) -> None:
    """Show what is new, fixed and come back between the last kept run and an earlier one.

    \b
    Examples:
      quarterdeck drift
      quarterdeck drift yesterday --cluster production
    """
    from bot.commands.drift import ShowDrift

    say(ctx, ShowDrift(since, cluster), form)


def status(ctx: typer.Context, form: Format = AnswerFormat.TABLE) -> None:
    """Show the clusters of the settings, the age of their last scan, and what runs next.

    \b
    Example:
      quarterdeck status
    """
    from bot.commands.status import ShowStatus

    say(ctx, ShowStatus(), form)


def help_(
    word: Annotated[
        str, typer.Argument(metavar="WORD", help="One word.", autocompletion=completes("help"))
    ] = "",
    form: Format = AnswerFormat.TABLE,
) -> None:
    """Show what can be asked, here by `ask` and in Slack, or one word of it with its examples.

    \b
    Examples:
      quarterdeck help
      quarterdeck help who-can
    """
    from bot.commands.help import ShowHelp
    from bot.commands.help import help_ as helped
    from bot.grammar import WORDS

    show(helped(ShowHelp(word.casefold()), WORDS), form)


def export(
    ctx: typer.Context,
    cluster: OneCluster = None,
    run: Annotated[
        str | None, typer.Option("--run", metavar="ID", help="A kept run. Default: the last.")
    ] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="FORM", help="csv, json, sarif, junit, pdf or html.")
    ] = "csv",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Default: the data folder.")
    ] = None,
) -> None:
    """Write a kept run into a file: csv, json, sarif, junit, pdf or html.

    \b
    Examples:
      quarterdeck export production --format csv -o findings.csv
      quarterdeck export --run r-20261124-k3f9 --format sarif -o scan.sarif
    """
    from bot.commands.export import Export, export_run

    with one_message(), _desk(ctx) as desk, Bar(errors) as progress:
        answer = export_run(desk, Export(form, cluster, run), progress=progress)
        (file,) = answer.files
        if output is not None:
            with output_to(output):
                shutil.copyfile(file.path, output)
        typer.echo(f"{answer.verdict} {output or file.path}", err=True)


def say(ctx: typer.Context, command: Command, form: AnswerFormat) -> None:
    """Print the answer to a command that is about the settings' clusters."""
    with one_message():
        show(carried_out(ctx, command), form)


def carried_out(ctx: typer.Context, command: Command) -> Answer:
    """The answer to a command that is about the settings' clusters. Raises what it raises."""
    from bot.commands.perform import carry_out
    from bot.rights.roles import Asker

    with _desk(ctx) as desk, Bar(errors) as progress:
        return carry_out(desk, command, asker=Asker.of_the_house("command line"), progress=progress)


@contextmanager
def _desk(ctx: typer.Context) -> Iterator[Desk]:
    from bot.cli.settings import load_settings
    from bot.commands.desk import open_desk

    desk = open_desk(load_settings(ctx))
    try:
        yield desk
    finally:
        desk.history.close()


@contextmanager
def _perhaps(ctx: typer.Context, cluster: str | None) -> Iterator[Desk | None]:
    """A desk where there is a cluster to ask about: an explanation needs none."""
    from bot.cli.settings import load_settings

    if cluster is None and not load_settings(ctx).clusters:
        yield None
        return
    with _desk(ctx) as desk:
        yield desk

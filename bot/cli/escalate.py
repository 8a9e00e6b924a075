"""`quarterdeck escalate`: ways to cluster-admin, and what ends them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.ask import AnswerFormat, Format, put
from bot.cli.exits import one_message
from bot.cli.target import TargetOptions, takes_target
from bot.commands.escalate import Escalate


@takes_target
def escalate(
    target: TargetOptions,
    subject: Annotated[
        str, typer.Argument(help="sa:NAMESPACE/NAME, user:NAME or group:NAME; nobody: who can.")
    ] = "",
    picture: Annotated[
        Path | None,
        typer.Option("--picture", metavar="FILE", help="Draw the ways into this file: FILE.svg or FILE.png."),
    ] = None,
    form: Format = AnswerFormat.TABLE,
) -> None:
    """Show how somebody becomes cluster-admin or somebody else, step by step, and what to remove to end it.

    \b
    Examples:
      quarterdeck escalate sa:ci/runner --sample
      quarterdeck escalate group:oidc:engineers --context production --format json
      quarterdeck escalate --context production --picture ways.png
    """
    with one_message():
        put(Escalate(subject), target.target(), form, picture=picture)

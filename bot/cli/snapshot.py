"""`quarterdeck snapshot save`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.exits import Exit, errors, one_message, suggest
from bot.cli.target import OwnChecks, TargetOptions, takes_target
from bot.commands.reading import read
from bot.terminal import Bar, plain
from checks.admission.own import asked, load
from checks.cluster.snapshot_file import save

app = typer.Typer(help="Keep a cluster in a file, to be judged later.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keep a cluster in a file, to be judged later."""


@app.command("save")
@takes_target
def save_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write, such as prod.qdsnap.")],
    target: TargetOptions,
    checks: OwnChecks = None,
) -> None:
    """Read a cluster and keep what was read in a file.

    It holds no secret values and no environment literals.

    \b
    Examples:
      quarterdeck snapshot save prod.qdsnap --context production
      quarterdeck scan --snapshot prod.qdsnap
    """
    with one_message():
        with Bar(errors) as progress:
            own = asked(load(checks or ()))
            taken = read(target.target(), progress, whole=own)
        save(taken, file)
        listed = sum(each.listed for each in taken.coverage)
        missing = [each.kind for each in taken.coverage if each.gap]
        unread = f"; not read: {', '.join(missing)}" if missing else ""
        errors.print(plain(f"{listed} objects of {taken.cluster.name} saved to {file}{unread}."))
        suggest(
            [(f"quarterdeck scan --snapshot {shlex.quote(str(file))}", "judge it, here or anywhere else")]
        )
        raise typer.Exit(Exit.READ_IN_PART if missing or taken.problems else Exit.DONE)

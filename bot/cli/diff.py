"""`quarterdeck diff`: who gained and who lost rights."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.ask import AnswerFormat, Format, show
from bot.cli.exits import Exit, errors, one_message
from bot.cli.target import TargetOptions, takes_target
from bot.commands.access_changes import KINDS, describe
from bot.commands.progress import Reading
from bot.terminal import Bar
from checks.cluster.source import take_snapshot
from checks.cluster.targets import SavedSnapshot


@takes_target
def diff(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help="A file of `snapshot save`.")],
    target: TargetOptions,
    form: Format = AnswerFormat.TABLE,
) -> None:
    """Who gained and who lost rights since a snapshot was saved: what they can do, not which objects changed.

    \b
    Examples:
      quarterdeck diff monday.qdsnap --context production
      quarterdeck diff monday.qdsnap --snapshot today.qdsnap --format json
    """
    with one_message():
        with Bar(errors) as progress:
            reading = Reading(progress)
            then = take_snapshot(SavedSnapshot(before), progress=reading, kinds=KINDS)
            now = take_snapshot(target.target(), progress=reading, missing=reading.missing, kinds=KINDS)
        answer = describe(then, now, f"diff {shlex.quote(str(before))}")
        show(answer, form)
        raise typer.Exit(Exit.READ_IN_PART if answer.extra["incomplete"] else Exit.DONE)

"""`quarterdeck diff`: who gained and who lost rights."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from bot.answer import Answer
from bot.cli.ask import AnswerFormat, Format, show
from bot.cli.exits import Exit, errors, one_message
from bot.cli.target import TargetOptions, takes_target
from bot.commands.access_changes import KINDS, AccessChanges, access_changes_since, describe
from bot.commands.progress import Progress
from bot.commands.reading import read
from bot.terminal import Bar
from checks.cluster.targets import SavedSnapshot


@takes_target
def diff(
    ctx: typer.Context,
    target: TargetOptions,
    before: Annotated[
        Path | None, typer.Argument(metavar="BEFORE", help="A file of `snapshot save`. Default: a kept run.")
    ] = None,
    since: Annotated[
        str, typer.Option("--since", metavar="WHEN", help="monday, 3 days ago, 2026-11-01: the run then.")
    ] = "",
    cluster: Annotated[
        str | None, typer.Option("--cluster", metavar="NAME", help="A cluster of the settings.")
    ] = None,
    form: Format = AnswerFormat.TABLE,
) -> None:
    """Who gained and who lost rights: by what they can do, not by which objects changed.

    Compares with a saved snapshot, or with the run of a cluster of the settings that was kept then.

    \b
    Examples:
      quarterdeck diff monday.qdsnap --context production
      quarterdeck diff monday.qdsnap --snapshot today.qdsnap --format json
      quarterdeck diff --since "3 days ago" --cluster production
    """
    with one_message():
        with Bar(errors) as progress:
            if before is None:
                answer = _since(ctx, AccessChanges(since, cluster), target, progress)
            else:
                answer = _beside(before, AccessChanges(since, cluster), target, progress)
        show(answer, form)
        raise typer.Exit(Exit.READ_IN_PART if answer.extra["incomplete"] else Exit.DONE)


def _since(ctx: typer.Context, asked: AccessChanges, target: TargetOptions, progress: Progress) -> Answer:
    if target.given:
        raise typer.BadParameter("name a file to compare with; kept runs are of --cluster, of the settings")
    from bot.cli.settings import load_settings
    from bot.commands.desk import open_desk

    return access_changes_since(open_desk(load_settings(ctx)), asked, progress=progress)


def _beside(before: Path, asked: AccessChanges, target: TargetOptions, progress: Progress) -> Answer:
    if asked != AccessChanges():
        raise typer.BadParameter("compare with a file, or with a run by --since and --cluster, not both")
    then = read(SavedSnapshot(before), progress, kinds=KINDS)
    now = read(target.target(), progress, kinds=KINDS)
    return describe(then, now, f"diff {shlex.quote(str(before))}")

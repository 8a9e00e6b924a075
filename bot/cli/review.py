"""`quarterdeck review`: the access review, on a terminal, as JSON or as a sheet."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.answer import Answer
from bot.cli.access import Namespace
from bot.cli.ask import AnswerFormat, draw_into, must_be_picture, present, with_history
from bot.cli.exits import Exit, errors, one_message, output_to
from bot.cli.output import write_document
from bot.cli.target import TargetOptions, takes_target
from bot.commands.questions import answer, read
from bot.commands.review import Review
from bot.commands.review_sheet import sheet
from bot.commands.used_documents import EnoughDocument
from bot.errors import CommandError
from bot.terminal import Bar
from checks.access.usage.proposal import own_name

_BINDINGS = "zz-bindings.yaml"
"""Behind all others, as `kubectl apply -f FOLDER` takes files by name."""


class ReviewFormat(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


@takes_target
def review(
    ctx: typer.Context,
    target: TargetOptions,
    namespace: Namespace = "",
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster", metavar="NAME", help="A cluster of the settings; its kept runs tell since when."
        ),
    ] = None,
    narrower: Annotated[
        Path | None,
        typer.Option("--narrower", metavar="FILE", help="Write the narrower roles and bindings, as YAML."),
    ] = None,
    proposals: Annotated[
        Path | None,
        typer.Option(
            "--proposals",
            metavar="FOLDER",
            help="Write what would have been enough by the audit log, a file for each subject.",
        ),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(
            "--picture", metavar="FILE", help="Draw who reaches cluster-admin, and how: FILE.svg or FILE.png."
        ),
    ] = None,
    form: Annotated[
        ReviewFormat, typer.Option("--format", help="How the review is printed.")
    ] = ReviewFormat.TABLE,
) -> None:
    """Review access: who is privileged, by what, since when; what grants nothing; what could be narrower.

    \b
    Examples:
      quarterdeck review --context production
      quarterdeck review --cluster production --format csv > access-review.csv
      quarterdeck review -n payments --sample
      quarterdeck review --context production --narrower narrower.yaml
      quarterdeck review --context production --audit-log /var/log/kubernetes --proposals enough
    """
    with one_message():
        if picture is not None:
            must_be_picture(picture)
        found = _reviewed(ctx, Review(namespace, cluster), target)
        if narrower is not None:
            with output_to(narrower):
                narrower.write_text("---\n".join(each.yaml for each in found.extra["manifests"]), "utf-8")
        if picture is not None:
            draw_into(found, picture)
        if proposals is not None:
            _write(proposals, found)
        if form is not ReviewFormat.CSV:
            present(found, AnswerFormat(form))
        write_document([sheet(found).encode("utf-8", "replace")])
        raise typer.Exit(Exit.READ_IN_PART if found.extra["incomplete"] else Exit.DONE)


def _write(folder: Path, found: Answer) -> None:
    """A file for each subject that could hold less, and one with the old bindings as all these leave them."""
    enough: tuple[EnoughDocument, ...] | None = found.extra.get("enough")
    if enough is None:
        raise CommandError("There is no audit log to propose by.", "Give it with --audit-log.")
    with output_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for each in enough:
            if each.yaml:
                name = own_name(each.subject).removesuffix(":used").replace(":", "_")
                (folder / f"{name}.yaml").write_text(each.yaml, "utf-8")
        (folder / _BINDINGS).write_text(found.extra["bindings_after"], "utf-8")


def _reviewed(ctx: typer.Context, asked: Review, target: TargetOptions) -> Answer:
    if asked.cluster is not None:
        return with_history(ctx, asked, target)
    with Bar(errors) as progress:
        taken = read(target.target(), asked, progress)
    return answer(taken.cluster.name, asked, taken, datetime.now(UTC))

"""`quarterdeck ask`: the questions of Slack, on a terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import msgspec
import typer

from bot.answer import Answer, to_json
from bot.cli.completing import completes
from bot.cli.exits import Exit, errors, one_message, output_to
from bot.cli.output import write_document
from bot.cli.target import TargetOptions, takes_target
from bot.commands.can import CanDo
from bot.commands.drift import ShowDrift
from bot.commands.explain import Explain, Fix
from bot.commands.help import AskBack
from bot.commands.questions import Question, read
from bot.commands.questions import answer as answered
from bot.commands.review import Review
from bot.commands.schedule import ShowSchedule
from bot.commands.schedule_made import AddSchedule, RemoveSchedule
from bot.commands.status import ShowStatus
from bot.commands.verify import sampled, verified
from bot.commands.who_can import WhoCan
from bot.errors import CommandError
from bot.grammar import understand
from bot.terminal import Bar, draw, standard_output
from checks.cluster.source import Target
from checks.nearest import did_you_mean
from reports.render.files import replace_file


class AnswerFormat(StrEnum):
    TABLE = "table"
    JSON = "json"


_PNG, _SVG = ".png", ".svg"
_DRAWN = (_PNG, _SVG)
_KEPT = (Explain, Fix, ShowDrift, ShowSchedule, AddSchedule, RemoveSchedule, ShowStatus)
"""What is answered from the settings' clusters and their history."""

Format = Annotated[AnswerFormat, typer.Option("--format", help="How the answer is printed.")]


@takes_target
def ask(
    ctx: typer.Context,
    question: Annotated[
        str,
        typer.Argument(
            metavar="QUESTION", help='Such as "who has cluster-admin".', autocompletion=completes()
        ),
    ],
    target: TargetOptions,
    form: Format = AnswerFormat.TABLE,
    verify: Annotated[
        bool | None,
        typer.Option(
            "--verify/--no-verify",
            help="Put a sample of an answer about rights to the API server. Default: a small one, in one "
            "second at most, where that is allowed.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Ask a question and get the answer with its evidence.

    \b
    Examples:
      quarterdeck ask "who has cluster-admin" --sample
      quarterdeck ask "who has cluster-admin" --context production --format json
      quarterdeck ask "who can reach web/shop on 8080" --context production
      quarterdeck ask "network matrix of payments" --context production
      quarterdeck ask "what would break if payments became restricted" --context production
      quarterdeck ask "how could sa:ci/deployer become cluster-admin" --context production
      quarterdeck ask "who is privileged in payments" --context production
      quarterdeck ask "are secrets encrypted" --context production --evidence encryption.yaml
      quarterdeck ask "which pods run as root" --context production
      quarterdeck ask "what changed since yesterday"
    """
    with one_message():
        command = understand(question)
        if isinstance(command, _KEPT):
            from bot.cli.kept import carried_out

            show(carried_out(ctx, command), form)
            return
        if not isinstance(command, Question):
            raise CommandError(*_not_a_question(question, command))
        if isinstance(command, Review) and command.cluster:
            present(with_history(ctx, command, target), form)
        place = _named(ctx, command.cluster, target) if command.cluster else target.target()
        put(command, place, form, verify=verify)


def put(
    question: Question,
    place: Target,
    form: AnswerFormat,
    *,
    verify: bool | None = False,
    picture: Path | None = None,
) -> None:
    """Read a target, print the answer to a question and end with its exit code.

    verify: ask the API server itself about a sample of the answer; None: a little, where that is allowed.
    picture: draw it into this file.
    """
    if picture is not None:
        must_be_picture(picture)
    with Bar(errors) as progress:
        taken = read(place, question, progress)
    answer = answered(taken.cluster.name, question, taken, datetime.now(UTC))
    if verify is not False and isinstance(question, WhoCan | CanDo):
        answer = (verified if verify else sampled)(answer, question, place, taken)
    if picture is not None:
        draw_into(answer, picture)
    present(answer, form)


def with_history(ctx: typer.Context, question: Review, target: TargetOptions) -> Answer:
    """The answer of a cluster of the settings, with what its kept runs say."""
    if target.given:
        raise CommandError(
            f"{question.cluster} is a cluster of the settings, and the options say what is read, too.",
            "Leave one of them out.",
        )
    from bot.cli.kept import carried_out

    return carried_out(ctx, question)


def present(answer: Answer, form: AnswerFormat) -> NoReturn:
    """Print an answer and end with its exit code."""
    show(answer, form)
    raise typer.Exit(Exit.DONE if not answer.extra["incomplete"] else Exit.READ_IN_PART)


def must_be_picture(where: Path) -> None:
    """Raises CommandError for a file's name that does not say which kind of picture to draw."""
    if where.suffix not in _DRAWN:
        raise CommandError(f"{where} is no picture's name.", f"End it with {' or '.join(_DRAWN)}.")


def draw_into(answer: Answer, where: Path) -> None:
    """Draw an answer into a file. Raises CommandError or RenderError."""
    from reports.render.page import svg
    from reports.render.png import picture

    if answer.picture is None:
        errors.print(f"There is nothing to draw: {where} was not written.")
        return
    drawn = svg(answer.picture.drawing, answer.picture.title)
    data = picture(drawn) if where.suffix == _PNG else drawn.encode()
    with output_to(where), replace_file(where) as file:
        file.write(data)


def show(answer: Answer, form: AnswerFormat) -> None:
    """Print an answer: one JSON document, or text for people."""
    if form is AnswerFormat.JSON:
        encoded = msgspec.json.encode(to_json(answer), order="deterministic")
        write_document([msgspec.json.format(encoded, indent=2), b"\n"])
        return
    standard_output().print(draw(answer, everything=True, rest="--format json has all"))


def _not_a_question(question: str, command: object) -> tuple[str, str]:
    hint = f"Did you mean: {command.meant}? " if isinstance(command, AskBack) else ""
    return (
        f"“{question[:80]}” is not a question I can answer yet.",
        f'{hint}Try: quarterdeck ask "who has cluster-admin"; `quarterdeck ask --help` has more questions.',
    )


def _named(ctx: typer.Context, name: str, options: TargetOptions) -> Target:
    if options.given:
        raise CommandError(
            f"The question names {name}, and the options say what is read, too.", "Leave one of them out."
        )
    from bot.cli.settings import load_settings
    from bot.commands.desk import target_of

    known = {each.name: each for each in load_settings(ctx).clusters}
    if name in known:
        return target_of(known[name])
    raise CommandError(
        f"There is no cluster called {name} in the settings.",
        f"{did_you_mean(name, known)}Use --context for a kubeconfig's.",
    )

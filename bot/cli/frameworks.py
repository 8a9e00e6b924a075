"""`quarterdeck frameworks`: which there are, and every requirement of one with what speaks for it."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.answer import Answer, Table
from bot.cli.ask import AnswerFormat
from bot.cli.ask import show as give
from bot.cli.exits import one_message
from bot.errors import CommandError
from checks.frameworks import Framework, Requirement, framework_ids, load
from checks.frameworks.page import applies_to, counts
from checks.nearest import did_you_mean

app = typer.Typer(help="List the frameworks and what they ask for.", no_args_is_help=True)
Form = Annotated[AnswerFormat, typer.Option("--format", help="How it is printed.")]

INDICATIVE = (
    "An indicative mapping of ours: it lists the controls that checks bear on, not the whole standard, and "
    "none of them passes by checks alone. It is no certification."
)


@app.command("list")
def list_(form: Form = AnswerFormat.TABLE) -> None:
    """List every framework with how many requirements it has and how many of them have checks."""
    loaded = load(framework_ids())
    columns = ("Framework", "Title", "For", "Requirements", "With checks", "For a person", "Not visible")
    answer = Answer(
        command="frameworks list",
        verdict=f"{len(loaded)} frameworks are built in.",
        tables=(Table("", columns, tuple(_row(each) for each in loaded), code=("Framework",)),),
        extra={"frameworks": [_summary(each) for each in loaded]},
    )
    give(answer, form)


@app.command("show")
def show(
    framework_id: Annotated[str, typer.Argument(metavar="ID", help="A framework's id.")],
    form: Form = AnswerFormat.TABLE,
) -> None:
    """Show every requirement of a framework: its checks, and what they leave open.

    \b
    Example:
      quarterdeck frameworks show cis-eks-1.8.0
    """
    with one_message():
        give(_shown(_find(framework_id)), form)


def _find(framework_id: str) -> Framework:
    known = framework_ids()
    if framework_id in known:
        return load([framework_id])[0]
    raise CommandError(
        f"There is no framework called {framework_id}.",
        f"{did_you_mean(framework_id, known)}`quarterdeck frameworks list` shows them all.",
    )


def _shown(framework: Framework) -> Answer:
    rows = tuple(
        (item.id, item.title, str(item.level or "-"), item.assessment, _spoken_for(item))
        for item in framework.requirements
    )
    columns = ("No.", "Requirement", "Level", "Assessed", "Checks, and what they leave open")
    counted = counts(framework)
    return Answer(
        command=f"frameworks show {framework.id}",
        verdict=(
            f"{framework.title} {framework.version}, for {applies_to(framework)}: {len(rows)} requirements, "
            f"{counted['checks']} with checks, {counted['manual']} for a person, "
            f"{counted['not_evaluated']} not visible."
        ),
        tables=(Table("", columns, rows),),
        caveats=(INDICATIVE,) if framework.indicative else (),
        extra={"framework": framework},
    )


def _spoken_for(item: Requirement) -> str:
    rest = f"{item.rest.status.replace('_', ' ')}: {item.rest.reason}" if item.rest else ""
    checks = f"themes {', '.join(item.themes)}" if item.themes else ", ".join(item.checks)
    return "; ".join(filter(None, (checks, rest)))


def _row(framework: Framework) -> tuple[str, ...]:
    counted = counts(framework)
    numbers = (
        len(framework.requirements),
        counted["checks"],
        counted["manual"],
        counted["not_evaluated"],
    )
    title = f"{framework.title} {framework.version}{' (indicative)' if framework.indicative else ''}"
    return (framework.id, title, applies_to(framework), *(str(number) for number in numbers))


def _summary(framework: Framework) -> dict[str, object]:
    return {
        "id": framework.id,
        "title": framework.title,
        "version": framework.version,
        "provider": framework.for_provider,
        "indicative": framework.indicative,
        "requirements": len(framework.requirements),
        "counts": dict(counts(framework)),
    }

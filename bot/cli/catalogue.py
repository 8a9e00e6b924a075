"""`quarterdeck checks`: what is checked, why, and how it is mended."""

from __future__ import annotations

import difflib
from typing import Annotated

import typer

from bot.answer import Answer, Table
from bot.cli.exits import one_message
from bot.errors import CommandError
from bot.terminal import draw, standard_output
from checks import frameworks, registry
from checks.model import Check

app = typer.Typer(help="The checks.", no_args_is_help=True)


def _requirements(check: str) -> str:
    """`cis-kubernetes-1.12.0 5.1.1, 5.1.3; cis-kubernetes-2.0.1 5.1.1`, or nothing."""
    numbers = {
        each.id: ", ".join(item.id for item in each.requirements if check in item.checks)
        for each in frameworks.load(frameworks.framework_ids())
    }
    return "; ".join(f"{framework} {listed}" for framework, listed in numbers.items() if listed)


@app.command("list")
def list_() -> None:
    """List every check with its severity and requirements."""
    rows = tuple(
        (each.id, each.severity.value, each.title, _requirements(each.id)) for each in registry.all_checks()
    )
    table = Table(f"{len(rows)} checks", ("Check", "Severity", "Title", "Maps to"), rows, code=("Check",))
    answer = Answer(command="checks list", verdict=f"{len(rows)} checks are built in.", tables=(table,))
    standard_output().print(draw(answer, everything=True))


@app.command("explain")
def explain(check_id: Annotated[str, typer.Argument(metavar="ID", help="A check's id.")]) -> None:
    """Explain one check: why it matters, what it needs, how to mend a finding.

    \b
    Example:
      quarterdeck checks explain rbac-wildcard-role
    """
    with one_message():
        standard_output().print(draw(_explained(_find(check_id)), everything=True))


def _find(check_id: str) -> Check:
    known = {each.id: each for each in registry.all_checks()}
    if check_id in known:
        return known[check_id]
    near = difflib.get_close_matches(check_id, known, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise CommandError(
        f"There is no check called {check_id}.", f"{hint}`quarterdeck checks list` shows them all."
    )


def _explained(check: Check) -> Answer:
    facts = (
        ("Severity", check.severity.value),
        ("Why", check.rationale),
        ("Judges", ", ".join(check.population) or "the cluster"),
        ("Needs", ", ".join(check.needs) or "-"),
        ("Maps to", _requirements(check.id) or "-"),
        ("What to do", check.remediation.text),
        ("For example", check.remediation.snippet),
    )
    return Answer(
        command=f"checks explain {check.id}",
        verdict=f"{check.id}: {check.title}",
        tables=(Table("", ("", " "), facts),),
    )

"""`quarterdeck checks`: what is checked, why, and how it is mended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from bot.answer import Answer, Table
from bot.cli.ask import AnswerFormat, show
from bot.cli.exits import one_message
from bot.cli.target import OwnChecks
from bot.commands.explain import explained
from bot.errors import CommandError
from bot.terminal import draw, standard_output
from checks import frameworks, registry
from checks.admission import own
from checks.admission.policy import Policy
from checks.admission.running import as_checks, with_requirements
from checks.admission.trying import tried
from checks.described import Described, described
from checks.model import Severity, Theme
from checks.nearest import did_you_mean

app = typer.Typer(help="List the checks and explain them.", no_args_is_help=True)
Form = Annotated[AnswerFormat, typer.Option("--format", help="How it is printed.")]


def _own(paths: list[Path] | None) -> tuple[Policy, ...]:
    return tuple(each.policy for each in own.load(paths or ()))


def _described(policies: tuple[Policy, ...]) -> Iterator[Described]:
    loaded = with_requirements(frameworks.load(frameworks.framework_ids()), policies)
    for each in (*registry.all_checks(), *as_checks(policies)):
        yield described(each, loaded)


def _wanted(check: Described, framework: str | None, severity: Severity | None, theme: Theme | None) -> bool:
    return (
        (not framework or framework in check.requirements)
        and (not severity or check.severity is severity)
        and (not theme or check.theme is theme)
    )


@app.command("list")
def list_(
    checks: OwnChecks = None,
    framework: Annotated[
        str | None, typer.Option("--framework", metavar="ID", help="Only those that it asks for.")
    ] = None,
    severity: Annotated[Severity | None, typer.Option("--severity", help="Only of this severity.")] = None,
    theme: Annotated[Theme | None, typer.Option("--theme", help="Only about this.")] = None,
    form: Form = AnswerFormat.TABLE,
) -> None:
    """List every check with its severity and requirements.

    \b
    Example:
      quarterdeck checks list --framework cis-eks-1.8.0 --severity high
    """
    with one_message():
        policies = _own(checks)
        if framework:
            frameworks.load([framework])
    found = [each for each in _described(policies) if _wanted(each, framework, severity, theme)]
    rows = tuple((each.id, each.severity.value, each.theme.value, each.title) for each in found)
    table = Table("", ("Check", "Severity", "Theme", "Title"), rows, code=("Check",))
    more = f", {len(policies)} are your own" if checks else ""
    picked = f"; {len(rows)} are as wanted" if framework or severity or theme else ""
    verdict = f"{len(registry.all_checks())} checks are built in{more}{picked}."
    show(
        Answer(command="checks list", verdict=verdict, tables=(table,), extra={"checks": found}),
        form,
    )


@app.command("test")
def test(paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Files or folders.")]) -> None:
    """Try own checks on the examples in their files.

    Ends with 1 when one is not as expected.

    \b
    Example:
      quarterdeck checks test checks.yaml
    """
    with one_message():
        results = tuple(tried(own.load(paths)))
        wrong = sum(not each.right for each in results)
        rows = tuple(
            (each.check, each.name or "-", each.expected, each.came, each.message) for each in results
        )
        columns = ("Check", "Example", "Expected", "Is", "Because")
        verdict = f"{len(rows) - wrong} of {len(rows)} are as expected."
        answer = Answer(
            command="checks test", verdict=verdict, tables=(Table("", columns, rows, code=("Check",)),)
        )
        standard_output().print(draw(answer, everything=True))
        raise typer.Exit(1 if wrong else 0)


@app.command("explain")
def explain(
    check_id: Annotated[str, typer.Argument(metavar="ID", help="A check's id.")],
    checks: OwnChecks = None,
    form: Form = AnswerFormat.TABLE,
) -> None:
    """Explain one check.

    Why it matters, how it decides, what it needs, and how to mend a finding.

    \b
    Example:
      quarterdeck checks explain rbac-wildcard-role
    """
    with one_message():
        check = _find(check_id, _own(checks))
        show(explained(check, f"checks explain {check.id}"), form)


def _find(check_id: str, policies: tuple[Policy, ...]) -> Described:
    known = {each.id: each for each in _described(policies)}
    if check_id in known:
        return known[check_id]
    raise CommandError(
        f"There is no check called {check_id}.",
        f"{did_you_mean(check_id, known)}`quarterdeck checks list` shows them all.",
    )

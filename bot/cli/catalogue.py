"""`quarterdeck checks`: what is checked, why, and how it is mended."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated

import typer

from bot.answer import Answer, Table
from bot.cli.ask import AnswerFormat, show
from bot.cli.exits import one_message
from bot.cli.target import OwnChecks
from bot.errors import CommandError
from bot.terminal import draw, standard_output
from checks import frameworks, registry
from checks.admission import own
from checks.admission.policy import Policy
from checks.admission.running import as_checks, with_requirements
from checks.admission.trying import tried
from checks.cluster.kinds import KINDS
from checks.model import Check, Severity

app = typer.Typer(help="The checks.", no_args_is_help=True)
Form = Annotated[AnswerFormat, typer.Option("--format", help="How it is printed.")]


def _own(paths: list[Path] | None) -> tuple[Policy, ...]:
    return tuple(each.policy for each in own.load(paths or ()))


def _mapped(policies: tuple[Policy, ...] = ()) -> dict[str, dict[str, list[str]]]:
    """Each check's requirements: check, framework, numbers."""
    mapped: dict[str, dict[str, list[str]]] = {}
    for framework in with_requirements(frameworks.load(frameworks.framework_ids()), policies):
        for requirement in framework.requirements:
            for check in requirement.checks:
                mapped.setdefault(check, {}).setdefault(framework.id, []).append(requirement.id)
    return mapped


def _written(numbers: dict[str, list[str]]) -> str:
    """`cis-kubernetes-1.12.0 5.1.1, 5.1.3; cis-kubernetes-2.0.1 5.1.1`, or nothing."""
    return "; ".join(f"{framework} {', '.join(listed)}" for framework, listed in numbers.items())


@app.command("list")
def list_(
    checks: OwnChecks = None,
    framework: Annotated[
        str | None, typer.Option("--framework", metavar="ID", help="Only what speaks for this framework.")
    ] = None,
    severity: Annotated[Severity | None, typer.Option("--severity", help="Only this severity.")] = None,
    form: Form = AnswerFormat.TABLE,
) -> None:
    """List every check with its severity and requirements.

    \b
    Examples:
      quarterdeck checks list --framework cis-eks-1.8.0
      quarterdeck checks list --severity critical --format json
    """
    with one_message():
        policies = _own(checks)
        if framework is not None:
            frameworks.load((framework,))
        mapped = _mapped(policies)
        builtin = registry.all_checks()
        chosen = [
            each
            for each in (*builtin, *as_checks(policies))
            if severity in (None, each.severity)
            and (framework is None or framework in mapped.get(each.id, ()))
        ]
        rows = tuple(
            (each.id, each.severity.value, each.title, _written(mapped.get(each.id, {}))) for each in chosen
        )
        table = Table(f"{len(rows)} checks", ("Check", "Severity", "Title", "Maps to"), rows, code=("Check",))
        more = f", {len(policies)} are your own" if checks else ""
        verdict = f"{len(builtin)} checks are built in{more}."
        if len(rows) < len(builtin) + len(policies):
            verdict = f"{verdict.removesuffix('.')}; {len(rows)} of them are asked for."
        show(Answer(command="checks list", verdict=verdict, tables=(table,)), form)


@app.command("test")
def test(paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Files or folders.")]) -> None:
    """Try own checks on the examples in their files; end with 1 when one is not as expected.

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
    """Explain one check: why it matters, what it needs, how to mend a finding.

    \b
    Example:
      quarterdeck checks explain rbac-wildcard-role
    """
    with one_message():
        show(_explained(check_id, _own(checks)), form)


def _find(check_id: str, policies: tuple[Policy, ...]) -> Check:
    known = {each.id: each for each in (*registry.all_checks(), *as_checks(policies))}
    if check_id in known:
        return known[check_id]
    near = difflib.get_close_matches(check_id, known, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise CommandError(
        f"There is no check called {check_id}.", f"{hint}`quarterdeck checks list` shows them all."
    )


def _explained(check_id: str, policies: tuple[Policy, ...]) -> Answer:
    check = _find(check_id, policies)
    besides = (*check.also, *check.hints)
    facts = (
        ("Severity", f"{check.severity.value}: {check.because}" if check.because else check.severity.value),
        ("Why", check.rationale),
        ("Judges", ", ".join(check.population) or "the cluster"),
        ("How", check.how or " ".join((check.function.__doc__ or "").split()) or "-"),
        ("Needs", ", ".join(check.needs) or "-"),
        *((("Looks at besides", ", ".join(besides)),) if besides else ()),
        *(("Given by", f"{kind}: {KINDS[kind].elsewhere}") for kind in check.kinds if KINDS[kind].elsewhere),
        ("Maps to", _written(_mapped(policies).get(check.id, {})) or "-"),
        ("What to do", check.remediation.text),
        ("For example", check.remediation.snippet),
    )
    return Answer(
        command=f"checks explain {check.id}",
        verdict=f"{check.id}: {check.title}",
        tables=(Table("", ("", " "), facts),),
    )

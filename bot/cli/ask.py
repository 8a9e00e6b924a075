"""`quarterdeck ask`: the questions of Slack, on a terminal."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, assert_never

import msgspec
import typer

from bot import logs
from bot.answer import Answer, to_json
from bot.cli import target as t
from bot.cli.exits import Exit, errors, one_message
from bot.commands import encrypted, reach, what_if, who_has
from bot.commands.encrypted import IsEncrypted
from bot.commands.help import ShowHelp
from bot.commands.progress import Progress
from bot.commands.reach import CanReach
from bot.commands.what_if import WhatIf
from bot.commands.who_has import WhoHas
from bot.errors import CommandError
from bot.grammar import understand
from bot.terminal import Bar, draw, standard_output
from checks.cluster.source import Target

if TYPE_CHECKING:
    from bot.settings import Settings

log = logs.get("ask")


class AnswerFormat(StrEnum):
    TABLE = "table"
    JSON = "json"


def ask(
    ctx: typer.Context,
    question: Annotated[str, typer.Argument(help='A question such as "who has cluster-admin".')],
    context: t.Context = None,
    kubeconfig: t.Kubeconfig = None,
    in_cluster: t.FromInside = False,
    manifests: t.ManifestPath = None,
    snapshot: t.SnapshotFile = None,
    sample: t.UseSample = False,
    evidence: t.Evidence = None,
    form: Annotated[
        AnswerFormat, typer.Option("--format", help="How the answer is printed.")
    ] = AnswerFormat.TABLE,
) -> None:
    """Ask a question and get the answer with its evidence.

    \b
    Examples:
      quarterdeck ask "who has cluster-admin" --sample
      quarterdeck ask "who has cluster-admin" --context production --format json
      quarterdeck ask "who can reach web/shop on 8080" --context production
      quarterdeck ask "what would break if payments became restricted" --context production
      quarterdeck ask "are secrets encrypted" --context production --evidence encryption.yaml
    """
    with one_message():
        command = understand(question)
        if not isinstance(command, WhoHas | IsEncrypted | CanReach | WhatIf):
            raise CommandError(*_not_a_question(question, command))
        target = t.choose(
            context=context,
            kubeconfig=kubeconfig,
            in_cluster=in_cluster,
            manifests=manifests,
            snapshot=snapshot,
            sample=sample,
            evidence=evidence,
        )
        if command.cluster:
            given = any((context, kubeconfig, in_cluster, manifests, snapshot, sample, evidence))
            from bot.cli.settings import load_settings

            target = _named(command.cluster, load_settings(ctx), given=given)
        with Bar(errors) as progress:
            answer = _answer(command, target, progress)
        show(answer, form)
        raise typer.Exit(Exit.DONE if not answer.extra["incomplete"] else Exit.READ_IN_PART)


def _answer(command: WhoHas | IsEncrypted | CanReach | WhatIf, target: Target, progress: Progress) -> Answer:
    match command:
        case WhoHas():
            taken = who_has.read(target, progress)
            return who_has.describe(taken.cluster.name, command.canonical, taken, datetime.now(UTC))
        case IsEncrypted():
            taken = encrypted.read(target, progress)
            return encrypted.describe(taken.cluster.name, command, taken, datetime.now(UTC))
        case CanReach():
            taken = reach.read(target, progress)
            return reach.describe(taken.cluster.name, command, taken, datetime.now(UTC))
        case WhatIf():
            taken = what_if.read(target, progress)
            return what_if.describe(taken.cluster.name, command, taken, datetime.now(UTC))
        case _:
            assert_never(command)


def show(answer: Answer, form: AnswerFormat) -> None:
    """Print an answer: one JSON document, or text for people."""
    if form is AnswerFormat.JSON:
        encoded = msgspec.json.encode(to_json(answer), order="deterministic")
        sys.stdout.buffer.write(msgspec.json.format(encoded, indent=2) + b"\n")
        sys.stdout.buffer.flush()
        return
    standard_output().print(draw(answer, everything=True))


def _not_a_question(question: str, command: object) -> tuple[str, str]:
    hint = (
        f"Did you mean: {command.suggestion}? "
        if isinstance(command, ShowHelp) and command.suggestion
        else ""
    )
    return (
        f"“{question[:80]}” is not a question I can answer yet.",
        f'{hint}Try: quarterdeck ask "who has cluster-admin".',
    )


def _named(name: str, settings: Settings, *, given: bool) -> Target:
    if given:
        raise CommandError(
            f"The question names {name} and the options name another target.", "Leave one of them out."
        )
    from bot.commands.desk import target_of

    for cluster in settings.clusters:
        if cluster.name == name:
            return target_of(cluster)
    raise CommandError(
        f"There is no cluster called {name} in the settings.", "Use --context for a kubeconfig's."
    )

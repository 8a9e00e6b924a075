"""`quarterdeck list` and `quarterdeck exposed`: where checks fail, and what is open to outside."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.ask import AnswerFormat, Format, put
from bot.cli.completing import completes
from bot.cli.exits import one_message
from bot.cli.target import TargetOptions, takes_target
from bot.commands.exposed import IsExposed
from bot.commands.lists import ListFailing


@takes_target
def list_(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME|CHECK",
            help="run-as-root, privileged, no-default-deny …, or a check's id.",
            autocompletion=completes("list"),
        ),
    ],
    target: TargetOptions,
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", metavar="NAME", help="Only in this namespace.")
    ] = "",
    form: Format = AnswerFormat.TABLE,
) -> None:
    """List what fails a check or a few of a kind, now.

    \b
    Examples:
      quarterdeck list run-as-root --sample
      quarterdeck list no-default-deny --context production
      quarterdeck list pod-net-raw -n payments --context production --format json
    """
    with one_message():
        put(ListFailing(name, namespace, full=True), target.target(), form)


@takes_target
def exposed(
    name: Annotated[str, typer.Argument(metavar="NAMESPACE/NAME", help="A workload or a Service.")],
    target: TargetOptions,
    form: Format = AnswerFormat.TABLE,
) -> None:
    """Whether a workload or a Service is open to the Internet: what publishes it, and what guards it.

    \b
    Examples:
      quarterdeck exposed web/booking --sample
      quarterdeck exposed web/shop --context production --format json
    """
    with one_message():
        put(IsExposed(name), target.target(), form)

"""`quarterdeck blast-radius`: what somebody inside a pod could do."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.ask import AnswerFormat, Format, put
from bot.cli.exits import one_message
from bot.cli.target import TargetOptions, takes_target
from bot.commands.blast_radius import BlastRadius


@takes_target
def blast_radius(
    target: TargetOptions,
    words: Annotated[
        list[str], typer.Argument(metavar="[KIND] NAMESPACE/NAME", help="A pod, or a workload and its kind.")
    ],
    form: Format = AnswerFormat.TABLE,
) -> None:
    """Show what somebody inside a pod could do: rights, ways to more, its node, secrets and neighbours.

    \b
    Examples:
      quarterdeck blast-radius pod web/booking-7f9c6b8d5-x2x9k --sample
      quarterdeck blast-radius payments/ledger --sample
      quarterdeck blast-radius daemonset monitoring/node-exporter --context production --format json
    """
    with one_message():
        if len(words) > 2:
            raise typer.BadParameter("name one pod or workload, as in: blast-radius pod payments/api-0")
        *kind, name = words
        put(BlastRadius(name, "".join(kind)), target.target(), form)

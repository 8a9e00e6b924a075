"""`quarterdeck schedule`, `schedule-add`, `schedule-remove`: what the service does by itself.

Those that are made here are the same as those made in Slack: kept in the history that the service shares.
"""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.ask import AnswerFormat, Format
from bot.cli.kept import OneCluster, say

Name = Annotated[str, typer.Argument(metavar="NAME", help="What it is called, in small letters.")]


def schedule(ctx: typer.Context, cluster: OneCluster = None, form: Format = AnswerFormat.TABLE) -> None:
    """Show what runs by itself, when next, and what became of it the last time.

    \b
    Example:
      quarterdeck schedule
    """
    from bot.commands.schedule import ShowSchedule

    say(ctx, ShowSchedule(cluster), form)


def add(
    ctx: typer.Context,
    name: Name,
    cluster: OneCluster = None,
    *,
    cron: Annotated[
        str,
        typer.Option(
            metavar="CRON",
            help="Minute, hour, day, month, weekday; or @daily, @weekly.",
        ),
    ],
    channel: Annotated[
        str,
        typer.Option(metavar="ID", help="The Slack channel's id, C0123ABCD."),
    ],
    timezone: Annotated[str, typer.Option(metavar="ZONE", help="That CRON is meant in.")] = "UTC",
    report: Annotated[bool, typer.Option("--report", help="Post the PDF report, too.")] = False,
    framework: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Instead of those of the settings; repeatable.")
    ] = None,
    form: Format = AnswerFormat.TABLE,
) -> None:
    """Scan a cluster of the settings at these times from now on; the service takes it up within a minute.

    \b
    Example:
      quarterdeck schedule-add weekly production --cron "0 7 * * mon" --timezone Europe/Berlin \\
        --channel C0123ABCD --report
    """
    from bot.commands.schedule_made import AddSchedule

    command = AddSchedule(name, cron, cluster, timezone, channel, report, tuple(framework or ()))
    say(ctx, command, form)


def remove(ctx: typer.Context, name: Name, form: Format = AnswerFormat.TABLE) -> None:
    """End a schedule that somebody made, here or in Slack.

    \b
    Example:
      quarterdeck schedule-remove weekly
    """
    from bot.commands.schedule_made import RemoveSchedule

    say(ctx, RemoveSchedule(name), form)

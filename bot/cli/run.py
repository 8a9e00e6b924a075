"""`quarterdeck run`: the service."""

from __future__ import annotations

import typer

from bot import logs
from bot.cli.exits import one_message


def run(ctx: typer.Context) -> None:
    """Run the service: Slack, schedules, health and metrics.

    \b
    Example:
      SLACK_BOT_TOKEN=xoxb-… SLACK_APP_TOKEN=xapp-… quarterdeck --settings quarterdeck.yaml run
    """
    from bot.cli.settings import load_settings
    from bot.service import run as serve

    with one_message():
        settings = load_settings(ctx)
        logs.configure(settings.log.format, settings.log.level)
        serve(settings)

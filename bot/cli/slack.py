"""`quarterdeck slack`: what Slack needs to know of the app."""

from __future__ import annotations

import typer

from bot.cli.exits import one_message

app = typer.Typer(help="Print the Slack app's manifest.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Print the Slack app's manifest."""


@app.command("manifest")
def manifest(ctx: typer.Context) -> None:
    """Print the app manifest: paste it at "Create New App, From a manifest".

    \b
    Example:
      quarterdeck slack manifest > manifest.yaml
    """
    from bot.cli.settings import load_settings
    from bot.slack.manifest import render

    with one_message():
        typer.echo(render(load_settings(ctx).slack.command), nl=False)

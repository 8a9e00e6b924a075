"""`quarterdeck slack`: what Slack needs to know of the app."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.exits import one_message

app = typer.Typer(help="Print the Slack app's manifest.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Print the Slack app's manifest."""


@app.command("manifest")
def manifest(
    ctx: typer.Context,
    url: Annotated[
        str,
        typer.Option(
            "--url", metavar="URL", help="Where the service answers from the Internet, for slack.mode http."
        ),
    ] = "",
    agent: Annotated[
        bool,
        typer.Option(
            "--agent",
            help="Suggest prompts in the Messages tab, where the workspace has agents.",
        ),
    ] = False,
) -> None:
    """Print the app manifest: paste it at "Create New App, From a manifest".

    \b
    Examples:
      quarterdeck slack manifest > manifest.yaml
      quarterdeck slack manifest --agent > manifest.yaml
      quarterdeck slack manifest --url https://quarterdeck.example.com > manifest.yaml
    """
    from bot.cli.settings import load_settings
    from bot.errors import SettingsError
    from bot.slack.manifest import EVENTS_PATH, render

    with one_message():
        settings = load_settings(ctx)
        slack = settings.slack
        if slack.mode == "http" and not url:
            raise SettingsError(
                "Slack must know where to send its requests: `slack.mode` is http.",
                "Name it: quarterdeck slack manifest --url https://quarterdeck.example.com",
            )
        if url and not url.startswith("https://"):
            raise SettingsError(f"{url} is no address that Slack sends to.", "It must begin with https://.")
        address = url.rstrip("/") + EVENTS_PATH if url else ""
        typer.echo(render(slack.command, address, settings.rights, agent=agent), nl=False)

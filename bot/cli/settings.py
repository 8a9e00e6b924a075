"""`quarterdeck settings`, and how other subcommands get the settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bot.cli.exits import one_message

if TYPE_CHECKING:
    from bot.settings import Settings

app = typer.Typer(help="Check the settings file and print its schema.", no_args_is_help=True)


def load_settings(ctx: typer.Context) -> Settings:
    """The settings of this invocation: `--settings`, else the environment. Raises SettingsError."""
    from bot.settings import load

    named = ctx.find_root().obj
    return load(named if isinstance(named, Path) else None)


@app.command("schema")
def schema() -> None:
    """Print the JSON Schema of the settings file, for editors and CI."""
    from bot.settings import Settings

    typer.echo(json.dumps(Settings.model_json_schema(), indent=2))


@app.command("check")
def check(ctx: typer.Context) -> None:
    """Read the settings and say whether they can be used."""
    with one_message():
        settings = load_settings(ctx)
        from checks.wording import plural

        clusters, schedules = len(settings.clusters), len(settings.schedules)
        typer.echo(f"The settings are right: {plural(clusters, 'cluster')}, {plural(schedules, 'schedule')}.")

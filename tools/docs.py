"""Generates the generated documents; `python -m tools.docs --check` only says whether they are fresh."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from bot import published
from bot.cli.app import app
from bot.grammar import WORDS
from bot.settings import Settings
from checks import catalogue, frameworks, registry, schema
from checks.access.escalation import page as escalation
from checks.admission import own
from checks.frameworks import page, written
from tools import platform_rules

ROOT = Path(__file__).parents[1]
SETTINGS_INTRODUCTION = """\
# Settings

One YAML file, named by `--settings` or `QUARTERDECK_SETTINGS`. An environment variable overrides a top-level
key (`QUARTERDECK_DATA_DIR`); secrets belong there or in files, not in the settings file. Generated from the
code; [schema/settings.json](schema/settings.json) says the same to editors and CI.

`quarterdeck settings check` says whether a file can be used.
"""
COMMANDS_INTRODUCTION = """\
# The command line

Generated from `--help`. Exit codes: 0 done; 1 `--fail-on` met; 2 usage; 3 the cluster could not be read at
all; 4 read in part. With `--format json` standard output is one JSON document; progress and logs go to
standard error. `quarterdeck --install-completion` completes commands, checks, lists and questions.
"""
WORDS_INTRODUCTION = """
## What can be said

In Slack (`/quarterdeck WORD …`, a mention, a direct message) and to `quarterdeck ask`: the words in short,
and sentences that mean them. Every answer names the canonical command that was understood.
"""


def documents() -> dict[str, str]:
    """Every generated document: its path from the root, and what it should hold."""
    loaded = frameworks.load(frameworks.framework_ids())
    return {
        "docs/checks.md": catalogue.markdown(registry.all_checks(), loaded),
        "docs/frameworks.md": page.markdown(loaded),
        "docs/escalation.md": escalation.markdown(),
        "docs/slack-platform-rules.md": platform_rules.markdown(),
        "docs/settings.md": "\n".join(_settings()) + "\n",
        "docs/commands.md": "\n".join(_commands()) + "\n",
        "docs/schema/scan.v1.json": _json(schema.scan_schema()),
        "docs/schema/own-checks.json": _json(own.schema()),
        "docs/schema/framework.v1.json": _json(written.framework_schema()),
        "docs/schema/framework-rows.v1.json": _json(written.rows_schema()),
        **{f"docs/schema/{name}.v1.json": _json(found) for name, found in published.schemas().items()},
        "docs/schema/settings.json": _json(Settings.model_json_schema()),
    }


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, sort_keys=True) + "\n"


def _settings() -> Iterator[str]:
    yield from SETTINGS_INTRODUCTION.splitlines()
    whole = Settings.model_json_schema()
    yield from _section("Top level", whole)
    for name, part in sorted(whole.get("$defs", {}).items()):
        yield from _section(name.removesuffix("Settings"), part)


def _section(title: str, part: dict[str, Any]) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    if text := part.get("description"):
        yield ""
        yield from text.splitlines()
    yield ""
    yield "| Key | Type | Default | Meaning |"
    yield "| --- | --- | --- | --- |"
    for key, field in part.get("properties", {}).items():
        default = field.get("default")
        shown = f"`{json.dumps(default)}`" if default is not None and not isinstance(default, dict) else ""
        meaning = str(field.get("description", "")).replace("|", "\\|")
        yield f"| `{key}` | {_type(field)} | {shown} | {meaning} |"


def _type(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_type(each) for each in field["anyOf"] if each.get("type") != "null")
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2].removesuffix("Settings")
    if "enum" in field:
        return ", ".join(f"`{each}`" for each in field["enum"])
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    return str(field.get("format") or field.get("type", ""))


def _commands() -> Iterator[str]:
    yield from COMMANDS_INTRODUCTION.splitlines()
    root = typer.main.get_command(app)
    yield from _help(root, "quarterdeck")
    yield from _words()


def _words() -> Iterator[str]:
    """What can be said, from the table that understands it."""
    yield from WORDS_INTRODUCTION.splitlines()
    for word in WORDS:
        yield ""
        yield f"### `{word.name}`"
        yield ""
        yield f"{word.summary}. `{word.usage}`"
        yield ""
        yield from (f"- {example}" for example in word.examples)
        if word.known:
            yield ""
            yield "| Name | Stands for |"
            yield "| --- | --- |"
            yield from (f"| `{name}` | {meaning} |" for name, meaning in word.known)


def _help(command: Any, path: str) -> Iterator[str]:
    context = command.make_context(path, [], resilient_parsing=True)
    subcommands = getattr(command, "commands", {})
    if not subcommands:
        yield ""
        yield f"## `{path}`"
        yield ""
        text = " ".join((command.help or "").split("\b")[0].split())
        yield text
        example = (command.help or "").partition("\b")[2]
        if example:
            yield ""
            yield "```"
            yield from (line[2:] for line in example.strip("\n").splitlines()[1:])
            yield "```"
        yield ""
        yield "| Option | Meaning |"
        yield "| --- | --- |"
        for parameter in command.get_params(context):
            record = parameter.get_help_record(context)
            if record:
                yield f"| `{record[0]}` | {str(record[1]).replace('|', chr(92) + '|')} |"
    for name, each in sorted(subcommands.items()):
        yield from _help(each, f"{path} {name}")


def stale() -> list[str]:
    """The documents that are not what they should be."""
    return [
        name
        for name, content in documents().items()
        if not (ROOT / name).exists() or (ROOT / name).read_text("utf-8") != content
    ]


def main() -> None:
    """Write the documents, or with --check name the stale ones and end with 1."""
    if "--check" in sys.argv[1:]:
        found = stale()
        print("\n".join(f"{name} is stale: run make docs" for name in found) or "fresh")
        sys.exit(1 if found else 0)
    for name, content in documents().items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
        print(name)


if __name__ == "__main__":
    main()

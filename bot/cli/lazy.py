"""Subcommands that are imported when they are called, so that `--help` and completion answer at once."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import Any

import typer
import typer.core
from msgspec import Struct


class Subcommand(Struct, frozen=True):
    """Where a subcommand is (a module of `bot.cli`, its function or Typer app) and its line in the list."""

    module: str
    attribute: str
    help: str

    def load(self, name: str) -> Any:
        """Import it and make it a command. Raises ImportError or AttributeError for a wrong entry."""
        found = getattr(importlib.import_module(f"bot.cli.{self.module}"), self.attribute)
        holder = typer.Typer(rich_markup_mode=None)
        if isinstance(found, typer.Typer):
            holder.add_typer(found, name=name)
        else:
            holder.command(name)(found)
            holder.callback()(lambda: None)  # keeps a holder of one command a group
        return typer.main.get_group(holder).commands[name]


class _Loaded(Mapping[str, Any]):
    """The commands by name; each is loaded when it is looked at."""

    def __init__(self, entries: Mapping[str, Subcommand]) -> None:
        self._entries = entries
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = self._entries[name].load(name)
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def group(sections: Mapping[str, Mapping[str, Subcommand]]) -> type[typer.core.TyperGroup]:
    """The class of a command group with these subcommands, in this order, under these headings."""
    entries = {name: entry for section in sections.values() for name, entry in section.items()}
    width = max(map(len, entries))

    class Group(typer.core.TyperGroup):
        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            self.commands = _Loaded(entries)  # type: ignore[assignment]

        def format_commands(self, _ctx: Any, formatter: Any) -> None:
            for heading, section in sections.items():
                with formatter.section(heading):
                    formatter.write_dl([(f"{name:{width}}", entry.help) for name, entry in section.items()])

    return Group

"""What the flags of a command line say, once they are read as the component reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from checks.cluster.objects.arguments import DROPPED, FLAGS, Takes, words

_TRUE = ("1", "t", "T", "TRUE", "true", "True")
_FALSE = ("0", "f", "F", "FALSE", "false", "False")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h)")
_DURATION = re.compile(rf"[-+]?(?:0|(?:{_PART.pattern})+)")


class FlagValue(Struct, frozen=True, gc=False):
    """A flag that is set: every value it was given, in order, and where the last of them stands.

    `known` is false where a value comes from a variable or was not kept: nothing may be concluded from it.
    """

    name: str
    values: tuple[str, ...]
    path: str
    known: bool = True

    @property
    def text(self) -> str:
        """The value that counts: the last one, or all of them where the flag adds to a list."""
        if FLAGS.get(self.name) is Takes.LIST:
            return ",".join(self.values)
        return self.values[-1]

    @property
    def items(self) -> tuple[str, ...]:
        """The value as a list."""
        return tuple(item for item in (part.strip() for part in self.text.split(",")) if item)

    @property
    def switch(self) -> bool | None:
        """The value as a switch; None when it is none."""
        return True if self.text in _TRUE else False if self.text in _FALSE else None

    @property
    def number(self) -> int | None:
        """The value as a whole number; None when it is none."""
        digits = self.text.removeprefix("-")
        return int(self.text) if digits.isascii() and digits.isdigit() and len(digits) < 20 else None

    @property
    def seconds(self) -> float | None:
        """The value as a duration of Go's; None when it is none."""
        return seconds(self.text)

    def entry(self, key: str) -> str | None:
        """One entry of a list of `key=value`, as `--feature-gates` has; the last one counts."""
        found = [item.partition("=")[2] for item in self.items if item.partition("=")[0].strip() == key]
        return found[-1].strip() if found else None

    def __str__(self) -> str:
        return f"--{self.name}={self.text}"


def seconds(text: str) -> float | None:
    """A duration as Go writes it (`1m30s`); None for what is none."""
    if len(text) > 100 or not _DURATION.fullmatch(text):
        return None
    total = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    return -total if text.startswith("-") else total


class CommandLine(Struct, frozen=True):
    """The flags of one process. `complete` is false where a variable or a script may hold more of them."""

    flags: Mapping[str, FlagValue]
    complete: bool


def read(tokens: Sequence[str], places: Sequence[str]) -> CommandLine:
    """The flags among the words after a program's name; `places` says where each word stands."""
    values: dict[str, list[str]] = {}
    paths: dict[str, str] = {}
    complete = True
    for word in words(tokens):
        if not word.name:
            complete = complete and word.value == "--"
            continue
        values.setdefault(word.name, []).append("true" if word.value is None else word.value)
        paths[word.name] = places[word.places[0]]
    flags = {
        name: FlagValue(name, tuple(given), paths[name], not any(map(_unknown, given)))
        for name, given in values.items()
    }
    return CommandLine(flags, complete)


def _unknown(value: str) -> bool:
    return DROPPED in value or "$" in value or "`" in value

"""What a thing that can be said is made of, for Slack and the command line alike."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.grammar.sentences import Sentence

C_co = TypeVar("C_co", covariant=True)

_SHORT = {"-n": "namespace"}
_PLACE = re.compile(
    r"(?P<what>|\S.*?)(?:^|\s)(?:in|on|of|for)\s(?:the\s)?(?:(?P<before>namespace|ns|cluster)\s)?"
    r"(?P<name>[a-z0-9][a-z0-9.-]*)(?:\s(?P<behind>namespace|ns|cluster))?",
    re.IGNORECASE,
)
_FLAGS = {"-A": "all-namespaces", "--all-namespaces": "all-namespaces", "--full": "full"}


@dataclass(frozen=True)
class Arguments:
    """What followed the first word: plain words, and `key=value` or `--key value` options by key."""

    words: tuple[str, ...]
    options: dict[str, tuple[str, ...]]

    def one(self, key: str) -> str | None:
        """An option's value, the last one given."""
        values = self.options.get(key, ())
        return values[-1] if values else None

    def word(self, place: int) -> str:
        """The word in a place, empty where there are not so many."""
        return self.words[place] if place < len(self.words) else ""

    @property
    def cluster(self) -> str | None:
        """The cluster: `cluster=NAME`, or the first plain word."""
        return self.cluster_at(0)

    def cluster_at(self, place: int) -> str | None:
        """The cluster: `cluster=NAME`, or the plain word in a place."""
        return self.one("cluster") or self.word(place) or None


@dataclass(frozen=True)
class Word(Generic[C_co]):
    """One thing that can be said: in short, as sentences, what it does, and how it becomes a command.

    `places` are the kinds of what follows it in its short form, in order; `options` are its keys. `build`
    gives None for what it does not understand. `known` are names of its own, each with what it stands for.
    """

    name: str
    usage: str
    summary: str
    examples: tuple[str, ...]
    options: frozenset[str]
    build: Callable[[Arguments], C_co | None]
    places: tuple[str, ...] = ("cluster",)
    aliases: tuple[str, ...] = ()
    known: tuple[tuple[str, str], ...] = ()
    sentences: tuple[Sentence[C_co], ...] = ()

    def command(self, rest: str) -> C_co | None:
        """What the words after it make of it; None for too many, or for an option that it does not have."""
        found, placed = self._in_short(rest), self._placed(rest)
        return found if found or placed is None else self._in_short(placed)

    def _placed(self, rest: str) -> str | None:
        """`… in payments` as an option: people say it so behind a word in its short form, too."""
        said = _PLACE.fullmatch(rest)
        if said is None:
            return None
        kind = said["before"] or said["behind"]
        spaced = "namespace" in self.options and self.places[:1] != ("cluster",)
        option = "cluster" if kind == "cluster" or not (kind or spaced) else "namespace"
        return f"{said['what']} {option}={said['name']}"

    def _in_short(self, rest: str) -> C_co | None:
        arguments = arguments_of(rest)
        if arguments is None or not self._has_room_for(arguments):
            return None
        return self.build(arguments)

    def _has_room_for(self, arguments: Arguments) -> bool:
        most = 60 if "rest" in self.places else len(self.places)
        return len(arguments.words) <= most and self.options >= set(arguments.options)


def arguments_of(rest: str) -> Arguments | None:
    """Words and options of a line; None where an option lacks its value."""
    try:
        tokens = shlex.split(rest)
    except ValueError:
        tokens = rest.split()
    words: list[str] = []
    options: dict[str, tuple[str, ...]] = {}
    pending: str | None = None
    for token in tokens:
        key, equals, value = token.partition("=")
        key = key.lstrip("-").casefold() if token.startswith("--") or equals else _SHORT.get(token, "")
        if pending:
            options[pending], pending = (*options.get(pending, ()), token), None
        elif token in _FLAGS:
            options[_FLAGS[token]] = ("yes",)
        elif key and equals:
            options[key] = (*options.get(key, ()), value)
        elif key:
            pending = key
        else:
            words.append(token)
    return None if pending else Arguments(tuple(words), options)

"""What a thing that can be said is made of, for Slack and the command line alike."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

C_co = TypeVar("C_co", covariant=True)

CLUSTER = r"(?: (?:(?:in|on|of|for) )?(?:the )?(?:cluster )?(?P<cluster>[a-z0-9][a-z0-9.-]*))?(?: cluster)?$"
"""How a question ends that may name a cluster."""

NAMESPACE = r"(?:the )?(?:namespace )?(?P<namespace>[a-z0-9][a-z0-9-]*)(?: namespace)?"
"""How a question names a namespace."""

_SHORT = {"-n": "namespace"}
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

    @property
    def cluster(self) -> str | None:
        """The cluster: `cluster=NAME`, or the first plain word."""
        return self.one("cluster") or (self.words[0] if self.words else None)


@dataclass(frozen=True)
class Word(Generic[C_co]):
    """One thing that can be said: how, what it does, and how it becomes a command (None: not understood).

    `begins_questions`: sentences begin with it too, so they are tried first.
    """

    name: str
    usage: str
    summary: str
    examples: tuple[str, ...]
    options: frozenset[str]
    build: Callable[[Arguments], C_co | None]
    aliases: tuple[str, ...] = ()
    most_words: int = 1
    begins_questions: bool = False

    def command(self, rest: str) -> C_co | None:
        """What the words after it make of it; None for too many, or for an option that it does not have."""
        arguments = arguments_of(rest)
        if arguments is None or len(arguments.words) > self.most_words:
            return None
        return self.build(arguments) if self.options >= set(arguments.options) else None


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

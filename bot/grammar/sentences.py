"""Sentences as templates, such as `who can {verbs} {what} [in {namespace}]`: to match and to complete.

`[x]` may be left out, `(a|b)` is one of them, `{slot}` is a slot of the kind of its name (`{slot:kind}` of
another), `<name>` a phrase, `pod(s)` stands for both. Matching walks from word to word and never looks into
one but to recognise it, so that no text takes long, however it was made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from msgspec import Struct

from bot.grammar.slots import KINDS, Kind

C_co = TypeVar("C_co", covariant=True)

PHRASES: Mapping[str, str] = {
    "who": "(who|which (users|people|subjects|accounts|service accounts|serviceaccounts|groups|identities)"
    "|what (users|service accounts|groups)|anyone who|everyone who|everybody who)",
    "may": "(can|could|may|is able to|are able to|is allowed to|are allowed to|has permission to)",
    "admin": "(cluster-admin(s)|cluster admin(s)|clusteradmin(s))",
    "show": "[(show|list|print|display|get) [me]] [all] [the]",
    "cluster": "[(in|on|of|for|from) [the] [cluster] {cluster} [cluster]]",
    "namespace": "[the] [(namespace|ns)] {namespace} [(namespace|ns)]",
    "within": "[(in|of|for|inside|within) <namespace>]",
    "place": "[in <namespace>] <cluster>",
    "all": "[(the|all|any|every|a|an|our|my)] [the]",
    "pods": "(pod(s)|workload(s)|container(s)|deployment(s)|things|stuff)",
    "since": "since [the] {since}",
    "do": "{verbs} <all> {what} [[(named|called)] {name}]",
    "anywhere": "[(in (any|all|every|some|what) namespace(s)|anywhere|everywhere)]",
    "broken": "(is|was|were|get(s)) (compromised|hacked|broken into|owned|pwned)",
}
"""Parts of many sentences."""


class Literal(Struct, frozen=True):
    """One word, in one of its forms."""

    forms: frozenset[str]


class Slot(Struct, frozen=True):
    """A place for what is named."""

    name: str
    kind: Kind


class Choice(Struct, frozen=True):
    """One of several; an empty Sequence among them makes it optional."""

    options: tuple[Node, ...]


class Sequence(Struct, frozen=True):
    """One after the other."""

    parts: tuple[Node, ...]


Node = Literal | Slot | Choice | Sequence
Expected = Literal | Slot
_NOTHING = Sequence(())
_PART = re.compile(r"\(s\)|<[a-z-]+>|\{[a-z]+(?::[a-z]+)?\}|[\[\]()|]|[^\s\[\](){}<>|]+")


def template(text: str, phrases: Mapping[str, str]) -> Node:
    """A template as a tree. Raises KeyError for a phrase or a kind that there is not."""
    return _choice(_PART.findall(text)[::-1], phrases)


def _choice(left: list[str], phrases: Mapping[str, str]) -> Node:
    options = [_sequence(left, phrases)]
    while left and left[-1] == "|":
        left.pop()
        options.append(_sequence(left, phrases))
    return options[0] if len(options) == 1 else Choice(tuple(options))


def _sequence(left: list[str], phrases: Mapping[str, str]) -> Node:
    parts: list[Node] = []
    while left and left[-1] not in ("|", ")", "]"):
        parts.append(_part(left, phrases))
    return parts[0] if len(parts) == 1 else Sequence(tuple(parts))


def _part(left: list[str], phrases: Mapping[str, str]) -> Node:
    part = left.pop()
    if part in ("(", "["):
        inner = _choice(left, phrases)
        left.pop()
        return inner if part == "(" else Choice((inner, _NOTHING))
    if part.startswith("<"):
        return template(phrases[part[1:-1]], phrases)
    if part.startswith("{"):
        name, _, kind = part[1:-1].partition(":")
        return Slot(name, KINDS[kind or name])
    if left and left[-1] == "(s)":
        left.pop()
        return Literal(frozenset({part, f"{part}s"}))
    return Literal(frozenset({part}))


class Line(Struct, frozen=True):
    """A text, word by word: as it was written, and without capital letters."""

    words: tuple[str, ...]
    folded: tuple[str, ...]

    @classmethod
    def of(cls, words: Iterable[str]) -> Line:
        """A line of these words."""
        kept = tuple(words)
        return cls(kept, tuple(word.casefold() for word in kept))


Found = tuple[tuple[str, str], ...]


def walk(  # noqa: C901 - one case a kind of node
    node: Node, line: Line, at: int, wanted: list[Expected] | None = None
) -> Iterator[tuple[int, Found]]:
    """Where a node can end that begins `at` a word, and what stood in its slots.

    `wanted` is filled with what could have come after the line's end.
    """
    match node:
        case Sequence(parts):
            yield from _walk_all(parts, line, at, wanted)
        case Choice(options):
            for option in options:
                yield from walk(option, line, at, wanted)
        case Literal() | Slot() if at == len(line.words):
            if wanted is not None:
                wanted.append(node)
        case Literal(forms):
            if line.folded[at] in forms:
                yield at + 1, ()
        case Slot(name, kind):
            for end in range(min(len(line.words), at + kind.most), at, -1):
                text = " ".join(line.words[at:end])
                if kind.takes(text):
                    yield end, ((name, text.casefold() if kind.folds else text),)


def _walk_all(
    parts: tuple[Node, ...], line: Line, at: int, wanted: list[Expected] | None
) -> Iterator[tuple[int, Found]]:
    if not parts:
        yield at, ()
        return
    for end, found in walk(parts[0], line, at, wanted):
        for last, more in _walk_all(parts[1:], line, end, wanted):
            yield last, found + more


class Said(Struct, frozen=True):
    """What stood in the slots of a sentence: `said["namespace"]`, empty where nothing did."""

    slots: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.slots.get(name, "")

    @property
    def cluster(self) -> str | None:
        """The cluster that was named."""
        return self.slots.get("cluster")

    @property
    def specific(self) -> int:
        """Fewer words in slots are a closer match: of two sentences the one that names more is meant."""
        return sum(len(value.split()) for value in self.slots.values())


@dataclass(frozen=True)
class Sentence(Generic[C_co]):
    """One way to say something: how, and the command it becomes (None where it says nothing after all)."""

    text: str
    build: Callable[[Said], C_co | None]
    phrases: Mapping[str, str]

    @cached_property
    def tree(self) -> Node:
        """The template, read once."""
        return template(self.text, {**PHRASES, **self.phrases})

    @cached_property
    def begins(self) -> frozenset[str] | None:
        """The words that it can begin with; None where that may be any."""
        wanted: list[Expected] = []
        for _ in walk(self.tree, Line((), ()), 0, wanted):
            return None
        forms = [each.forms for each in wanted if isinstance(each, Literal)]
        return frozenset().union(*forms) if len(forms) == len(wanted) else None

    def match(self, line: Line) -> Said | None:
        """What was said, if the whole line is this sentence."""
        if self.begins is not None and (not line.folded or line.folded[0] not in self.begins):
            return None
        for end, found in walk(self.tree, line, 0):
            if end == len(line.words):
                return Said(dict(found))
        return None


def spoken(
    build: Callable[[Said], C_co | None], *templates: str, **phrases: str
) -> tuple[Sentence[C_co], ...]:
    """Sentences that become the same command. `phrases` are their own, by name with `_` for `-`."""
    own = {name.replace("_", "-"): text for name, text in phrases.items()}
    return tuple(Sentence(text, build, own) for text in templates)

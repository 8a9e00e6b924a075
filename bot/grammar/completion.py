"""What a text may go on as: the words of the grammar, their places and options, and every sentence."""

from __future__ import annotations

from collections.abc import Iterator

from bot.grammar import EXAMPLES, WORDS, word
from bot.grammar.live import Live
from bot.grammar.plain import said_in_full
from bot.grammar.sentences import Expected, Line, Literal, walk
from bot.grammar.slots import KINDS, Kind
from bot.grammar.word import Arguments, Word, arguments_of

MOST = 100
"""As many as a select in Slack takes."""
_LONGEST = 300
_OPTIONS = {
    "cluster": "cluster",
    "namespace": "namespace",
    "framework": "framework",
    "run": "run",
    "as": "form",
}
"""The kind of what is behind an option's `=`."""


def complete(prefix: str, live: Live, most: int = MOST, *, sentences: bool = True) -> list[str]:
    """Whole lines that begin with what was typed so far, the last word of which may be unfinished.

    Without `sentences`: as the words have it in short alone.
    """
    if len(prefix) > _LONGEST:
        return []
    before, _, begun = prefix.rpartition(" ")
    start = f"{before} " if before else ""
    found = dict.fromkeys(f"{start}{each}" for each in _in_short(before, begun.casefold(), live))
    if sentences:
        found |= dict.fromkeys(each for each in EXAMPLES if each.startswith(prefix) and prefix)
        found |= dict.fromkeys(f"{start}{each}" for each in _spoken(before, begun.casefold(), live))
    return list(found)[:most]


def _in_short(before: str, begun: str, live: Live) -> Iterator[str]:
    """What the last word may become, of the word that the line begins with."""
    first, _, rest = before.partition(" ")
    known = word(first)
    candidates = _of_word(known, rest, live) if known else (each.name for each in WORDS if not before)
    yield from (each for each in candidates if each.casefold().startswith(begun))


def _spoken(before: str, begun: str, live: Live) -> Iterator[str]:
    """What the last word may become in a sentence."""
    yield from (each for each in sorted(_of_sentences(before, live)) if each.casefold().startswith(begun))


def _of_word(known: Word[object], rest: str, live: Live) -> Iterator[str]:
    arguments = arguments_of(rest) or Arguments((), {})
    place = len(arguments.words)
    if place < len(known.places):
        yield from _names(KINDS[known.places[place]], live)
    for option in sorted(known.options - set(arguments.options)):
        if option not in _OPTIONS:
            continue
        names = tuple(_names(KINDS[_OPTIONS[option]], live))
        yield from (f"{option}={name}" for name in names or ("",))


def _of_sentences(before: str, live: Live) -> set[str]:
    line = said_in_full(before) if before else Line((), ())
    wanted: list[Expected] = []
    for each in WORDS:
        for sentence in each.sentences:
            for _ in walk(sentence.tree, line, 0, wanted):
                continue
    found: set[str] = set()
    for expected in set(wanted):
        found.update(expected.forms if isinstance(expected, Literal) else _names(expected.kind, live))
    return found


def _names(kind: Kind, live: Live) -> Iterator[str]:
    yield from live[kind.names]

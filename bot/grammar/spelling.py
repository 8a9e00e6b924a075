"""What was probably meant by a word that is spelt wrong, among the words that the grammar has."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator

_SHORTEST = 3
_LONGEST = 30
_MOST = 16
"""Words of a text that are looked at."""


class Speller:
    """Words that are known, found by a misspelling of one letter: too many, missing, other or swapped."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = frozenset(word for word in known if len(word) >= _SHORTEST)
        self._by_part: defaultdict[str, set[str]] = defaultdict(set)
        for word in self._known:
            for part in _parts(word):
                self._by_part[part].add(word)

    def near(self, word: str) -> list[str]:
        """The known words that may have been meant, the likeliest first; none for one that is known."""
        word = word.casefold()
        if word in self._known or len(word) < _SHORTEST or len(word) > _LONGEST:
            return []
        found = set().union(*(self._by_part.get(part, ()) for part in _parts(word)))
        return sorted(found, key=lambda each: (_alike(word, each), each), reverse=True)

    def mended(self, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """The text with all its misspellings mended, then with one of them in another way, then with one."""
        near = {at: found for at, word in enumerate(words[:_MOST]) if (found := self.near(word))}
        likeliest = {at: found[0] for at, found in near.items()}
        if near:
            yield _with(words, likeliest)
        for at, found in near.items():
            yield from (_with(words, {**likeliest, at: other}) for other in found[1:3])
        if len(near) > 1:
            yield from (_with(words, {at: word}) for at, word in likeliest.items())


def _with(words: tuple[str, ...], other: dict[int, str]) -> tuple[str, ...]:
    return tuple(other.get(at, word) for at, word in enumerate(words))


def _parts(word: str) -> Iterator[str]:
    """The word, and the word without one letter: two words that share one are a letter apart or two."""
    yield word
    yield from (word[:at] + word[at + 1 :] for at in range(len(word)))


def _alike(one: str, other: str) -> tuple[bool, bool, float]:
    """How much two words are alike: letters swapped, then the same beginning, then what they share."""
    swapped, begins = sorted(one) == sorted(other), one[0] == other[0]
    return swapped, begins, difflib.SequenceMatcher(None, one, other).ratio()

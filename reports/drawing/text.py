"""How wide words are, about, and how they are broken or cut to fit a box."""

from __future__ import annotations

import re

_NARROW = frozenset("ijlt.,:;'|!fI-()/[] ")
_WIDE = frozenset("mwMW@%")
_BREAKS = re.compile(r"(?<=[\s/@])|(?<=[:.-])(?=\w)")
_BETTER = frozenset(" /@")
"""Where a name or a sentence has its parts; the other breaks are for where none of these will do."""


def width(words: str, size: float) -> float:
    """In pixels, rather too much than too little: the font at hand may be a wider one than ours."""
    return sum(map(_share, words)) * size


def _share(char: str) -> float:
    if char in _NARROW:
        return 0.37
    if char in _WIDE:
        return 0.95
    if char.isupper():
        return 0.69
    return 0.6 if char.isascii() else 1.05


def broken(words: str, size: float, most: int, lines: int = 2) -> tuple[str, ...]:
    """The words in at most so many lines no wider than `most`; the last one is cut in its middle."""
    made: list[str] = []
    rest = " ".join(words.split())
    while rest and len(made) < lines - 1 and width(rest, size) > most:
        head = _head(rest, size, most)
        made.append(head.rstrip())
        rest = rest[len(head) :].lstrip()
    return (*made, _cut(rest, size, most)) if rest else tuple(made)


def _head(words: str, size: float, most: int) -> str:
    """As much as fits, up to where it may be broken: between parts, if the rest fits into a line then."""
    fits = _fitting(words, size, most)
    ends = [each.end() for each in _BREAKS.finditer(words) if len(words[: each.end()].rstrip()) <= fits]
    good = [end for end in ends if words[end - 1] in _BETTER and width(words[end:], size) <= most]
    end = max(good or ends, default=0)
    return words[:end] if good or end > fits // 3 else words[:fits]


def _cut(words: str, size: float, most: int) -> str:
    """Long names keep their ends, which tell them apart."""
    if width(words, size) <= most:
        return words
    head = words[: _fitting(words, size, most // 2)]
    tail = words[::-1][: _fitting(words[::-1], size, most - round(width(f"{head}…", size)))][::-1]
    return f"{head}…{tail}"


def _fitting(words: str, size: float, most: int) -> int:
    """How many characters fit, one at least."""
    left = float(most)
    for at, char in enumerate(words):
        left -= _share(char) * size
        if left < 0:
            return max(at, 1)
    return len(words)

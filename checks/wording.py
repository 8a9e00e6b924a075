"""Numbers and lists in words, for every message alike. It knows nothing of what it words."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice


def plural(number: int, word: str) -> str:
    """`1 finding`, `2 findings`."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def some(names: Collection[str], most: int = 5) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(islice(names, most)) + more

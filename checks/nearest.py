"""What somebody probably meant who wrote a name that there is not: worded once for every message."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_MOST = 3


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`Did you mean NAME? `, or nothing where no name is near: the one spelt alike, else what it begins.

    With a blank at its end, to stand before what else there is to say.
    """
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    if not near and len(name) > 1:
        near = [each for each in names if each.startswith(name.casefold())][:_MOST]
    return f"Did you mean {' or '.join(near)}? " if near else ""

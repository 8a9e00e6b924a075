"""Values of types that only Kubernetes knows (a quantity, a URL, an address).

Each is a map with `is` and `text`, because the library passes no others to what is written in Python. What is
wrong raises ValueError, which is the expression's error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Special = dict[str, str]


UNMODELLED = "not modelled here"


class Unmodelled(Exception):
    """The API server could answer this and this process cannot; the message says what it is."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is {UNMODELLED}")


def special(what: str, text: str) -> Special:
    return {"is": what, "text": text}


def text_of(value: Special, what: str) -> str:
    if value.get("is") != what:
        raise ValueError(f"this is no {what}")
    return value["text"]


def holds(function: Callable[..., Any]) -> Callable[..., bool]:
    """Whether a function takes a text: `isQuantity` of `quantity`."""

    def asked(*given: Any) -> bool:
        try:
            function(*given)
        except ValueError:
            return False
        return True

    return asked

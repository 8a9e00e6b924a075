"""Values that may be secrets: of a literal only what it looks like is kept, of a key only its size."""

from __future__ import annotations

import base64
import binascii
from functools import cache
from typing import Any

from checks.cluster.objects.disguise import looks_like
from checks.cluster.objects.reduced import Reduced


class Literal(Reduced):
    """A value written out in an object, of which only what it looks like is kept.

    `like`: "" for an empty one, `text` for one that looks like nothing special, else what secret it looks
    like, as `disguise.looks_like` names it.
    """

    __slots__ = ("like",)

    def __init__(self, like: str) -> None:
        self.like = like

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and self.like == other.like

    def __hash__(self) -> int:
        return hash(self.like)

    def __repr__(self) -> str:
        return f"Literal({self.like!r})"

    @classmethod
    def from_wire(cls, value: Any) -> Literal:
        """Of the value itself, or of what `to_wire` gave. Raises ValueError."""
        if isinstance(value, str):
            return _literal(looks_like(value))
        if isinstance(value, dict) and isinstance(value.get("like"), str):
            return _literal(value["like"])
        raise ValueError(f"Expected `str`, got `{type(value).__name__}`")

    def to_wire(self) -> dict[str, str]:
        return {"like": self.like}


@cache
def _literal(like: str) -> Literal:
    return Literal(like)


class KeySize(Reduced):
    """A key written out in base64, of which only the number of bytes is kept; -1 for what is not base64."""

    __slots__ = ("size",)

    def __init__(self, size: int) -> None:
        self.size = size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KeySize) and self.size == other.size

    def __hash__(self) -> int:
        return hash(self.size)

    def __repr__(self) -> str:
        return f"KeySize({self.size})"

    @classmethod
    def from_wire(cls, value: Any) -> KeySize:
        """Of the key itself, or of what `to_wire` gave. Raises ValueError."""
        if isinstance(value, str):
            return KeySize(_size_of(value))
        if isinstance(value, dict) and isinstance(value.get("size"), int):
            return KeySize(value["size"])
        raise ValueError(f"Expected `str`, got `{type(value).__name__}`")

    def to_wire(self) -> dict[str, int]:
        return {"size": self.size}


def _size_of(key: str) -> int:
    try:
        return len(base64.b64decode(key.replace("\r", "").replace("\n", ""), validate=True))
    except (binascii.Error, ValueError):
        return -1

"""Values that keep less than the wire says: how they are decoded, and how they are written again."""

from __future__ import annotations

from typing import Any, Self


class Reduced:
    """Base of types that drop, while they are decoded, what must not or need not be kept.

    What `to_wire` gives is plain data that `from_wire` reads back to an equal value.
    """

    __slots__ = ()

    @classmethod
    def from_wire(cls, value: Any) -> Self:
        """Raises ValueError for what it cannot be made of."""
        raise NotImplementedError

    def to_wire(self) -> Any:
        raise NotImplementedError

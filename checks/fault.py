"""What a component refuses in a file it is given: where, and why."""

from __future__ import annotations

from msgspec import Struct


class Fault(Struct, frozen=True, gc=False):
    """Where in the file, and what is wrong: read together they are a sentence."""

    at: str
    what: str

    def __str__(self) -> str:
        return f"{self.at} {self.what}"

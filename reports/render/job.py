"""What the process that asks for a PDF and the one that draws it say to each other."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Job(Struct, frozen=True):
    """One PDF to draw, sent to the child's standard input as MessagePack.

    `moment` dates the document and its attachment, so that drawing it again gives the same bytes.
    """

    html: str
    evidence: bytes
    sha256: str
    moment: datetime
    output: str
    memory: int
    seconds: int


class Outcome(StrEnum):
    DONE = "done"
    MISSING_LIBRARY = "missing library"
    CANNOT_WRITE = "cannot write"
    TOO_MUCH_MEMORY = "too much memory"
    FAILED = "failed"


class Said(Struct, frozen=True):
    """The child's only line of output, as JSON. `warnings` are the drawing library's, about our templates."""

    outcome: Outcome
    detail: str = ""
    errno: int = 0
    warnings: tuple[str, ...] = ()

"""What the process that asks for a drawing and the one that makes it say to each other."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class PdfJob(Struct, frozen=True, tag="pdf"):
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


class PngJob(Struct, frozen=True, tag="png"):
    """One SVG to turn into a PNG, `zoom` times as large."""

    svg: str
    zoom: float
    output: str
    memory: int
    seconds: int


Job = PdfJob | PngJob


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

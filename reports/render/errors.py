"""Everything that can go wrong while something is drawn or written. No other exception leaves this room.

RenderError
 |- UnknownFormat     no such format
 |- MissingLibrary    a system library that draws the PDF is not installed
 |- CannotWrite       no permission, no folder, a full disk: nothing half is left behind
 |- TookTooLong       the time limit
 |- TooMuchMemory     the memory limit
 `- DrawingFailed     the child process that draws broke
"""

from __future__ import annotations

import errno
from pathlib import Path

from msgspec import Struct

from checks.errors import QuarterdeckError


class Drawn(Struct, frozen=True):
    """What is drawn apart, and what does instead if that fails."""

    name: str
    instead: str


PDF = Drawn("PDF", "--format html")
PICTURE = Drawn("picture", "an SVG (--picture FILE.svg)")
APT_PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")


class RenderError(QuarterdeckError):
    """Base of what can go wrong with a report or an export."""


class UnknownFormat(RenderError):
    """There is no such format."""

    def __init__(self, form: str, known: tuple[str, ...]) -> None:
        super().__init__(f"There is no format {form!r}.", f"Choose one of: {', '.join(known)}.")


class MissingLibrary(RenderError):
    """A system library is not there. WeasyPrint draws with Pango."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            f"The PDF cannot be drawn: a system library is missing ({detail}).",
            f"Debian: apt-get install {' '.join(APT_PACKAGES)} (macOS: brew install pango). "
            "The formats html and json need none.",
        )


class CannotWrite(RenderError):
    """The file cannot be written. What was there before still is."""

    def __init__(self, path: Path, error: OSError) -> None:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        step = "Free some space on that disk" if full else "Choose a folder that can be written to"
        super().__init__(
            f"{path} cannot be written: {error.strerror or error}.",
            f"{step} and try again; nothing was kept.",
        )


class TookTooLong(RenderError):
    """The time limit was met."""

    def __init__(self, seconds: float, what: Drawn = PDF) -> None:
        super().__init__(
            f"Drawing the {what.name} took more than {seconds:g} seconds and was stopped.",
            f"Try again when the machine is less busy, or use {what.instead}, which takes a second.",
        )


class TooMuchMemory(RenderError):
    """The memory limit was met."""

    def __init__(self, limit: int, what: Drawn = PDF) -> None:
        super().__init__(
            f"Drawing the {what.name} needed more than {limit >> 20} MiB and was stopped.",
            f"Limit it to less (fewer namespaces or frameworks, one subject), or use {what.instead}.",
        )


class DrawingFailed(RenderError):
    """The child process broke in a way that nobody foresaw."""

    def __init__(self, detail: str, what: Drawn = PDF) -> None:
        super().__init__(
            f"The {what.name} could not be drawn: {detail}.",
            f"This is a defect: report it with this message. {what.instead[:1].upper()}{what.instead[1:]} "
            "works meanwhile.",
        )

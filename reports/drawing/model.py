"""What goes into a picture of ways, and what comes out of the layout: places in pixels, words cut to fit."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Deed(Struct, frozen=True):
    """What is done: in a word, the rights it takes, by what it goes, the binding that gives the rights.
    `ends`: the cut takes that binding away."""

    does: str
    rights: tuple[str, ...] = ()
    uses: str = ""
    by: str = ""
    ends: bool = False

    def __str__(self) -> str:
        by = f"remove {self.by}" if self.ends else self.by
        return "; ".join(filter(None, (self.does, *self.rights, self.uses, by)))


class Act(Struct, frozen=True):
    """Somebody does something, and is or holds something else then."""

    source: str
    deed: Deed
    target: str


class Look(StrEnum):
    """What a box is. Frames tell them apart, colour only helps."""

    START = "start"
    WAY = "way"
    GOAL = "goal"
    DEED = "deed"
    CUT = "cut"


class Tone(StrEnum):
    """How words are set."""

    PLAIN = "plain"
    STRONG = "strong"
    FAINT = "faint"
    ALARM = "alarm"


class Text(Struct, frozen=True):
    """A line of words, from `x` and its base line `y`; `tone` is how it is set."""

    words: str
    x: int
    y: int
    size: int
    tone: Tone


class Box(Struct, frozen=True):
    """Somebody, or a deed. `name` is all of what the lines say, which may be cut."""

    name: str
    look: Look
    x: int
    y: int
    width: int
    height: int
    texts: tuple[Text, ...]


class Line(Struct, frozen=True):
    """From a box to the next, as an SVG path; `head` is its arrow's, where it leads to somebody."""

    path: str
    head: str
    cut: bool


class Drawing(Struct, frozen=True, tag="ways"):
    """A picture, and the same in words. `left_out`: how many who are on the ways are not in it."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    told: str
    left_out: int

"""Where each identity and each act of ways to more rights stands in a picture: columns by acts to go.

Thirty boxes can be read; ways beyond that are left out and counted. Pure: it knows names, not clusters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

MOST_BOXES = 30
MOST_COLUMNS = 8
WIDE, HIGH = 240, 34
_ACROSS, _DOWN = 450, 58
_EDGE, _LINE = 24, 24
_LONGEST, _LABEL = 36, 34


class Arrow(Struct, frozen=True):
    """An act: from whom to whom, in a word, by which binding; `ends`: the cut takes that binding away."""

    source: str
    target: str
    label: str
    by: str = ""
    ends: bool = False


class Box(Struct, frozen=True):
    """Somebody who is or becomes something. `text` is `name`, cut short where it is long."""

    name: str
    text: str
    x: int
    y: int
    kind: str


class Line(Struct, frozen=True):
    """An act as a line, with its words at `x`, `y`."""

    path: str
    label: str
    by: str
    x: int
    y: int
    ends: bool


class Drawing(Struct, frozen=True):
    """A picture of ways. `left_out`: how many boxes there would be more."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    left_out: int


def drawn(ways: Sequence[Sequence[Arrow]], goal: str) -> Drawing:
    """The ways as boxes and lines, from left to right, the goal last."""
    kept, left_out = _kept(ways)
    arrows = tuple(dict.fromkeys(arrow for way in kept for arrow in way))
    left = _acts_left(arrows)
    most = max(left.values(), default=0)
    places = _placed(arrows, left, most)
    starts = {way[0].source for way in kept}
    boxes = tuple(
        Box(
            name,
            _short(name, _LONGEST),
            x,
            y,
            "goal" if name == goal else "start" if name in starts else "way",
        )
        for name, (x, y) in places.items()
    )
    return Drawing(
        2 * _EDGE + most * _ACROSS + WIDE,
        2 * _EDGE + max((box.y for box in boxes), default=0) + HIGH,
        boxes,
        tuple(_lines(arrows, places)),
        left_out,
    )


def _kept(ways: Sequence[Sequence[Arrow]]) -> tuple[list[Sequence[Arrow]], int]:
    """The ways, in order, that fit into the boxes that can be read, and how many boxes the others need."""
    names: set[str] = set()
    others: set[str] = set()
    kept = []
    for way in ways:
        own = {name for arrow in way for name in (arrow.source, arrow.target)}
        if way and len(names | own) <= MOST_BOXES:
            kept.append(way)
            names |= own
        else:
            others |= own
    return kept, len(others - names)


def _acts_left(arrows: Sequence[Arrow]) -> dict[str, int]:
    """How many acts it is at most from each name to an end, circles not gone round."""
    left = {name: 0 for arrow in arrows for name in (arrow.source, arrow.target)}
    for _ in range(MOST_BOXES):
        before = dict(left)
        for arrow in arrows:
            left[arrow.source] = min(max(left[arrow.source], left[arrow.target] + 1), MOST_COLUMNS)
        if left == before:
            break
    return left


def _placed(arrows: Sequence[Arrow], left: dict[str, int], most: int) -> dict[str, tuple[int, int]]:
    """Each name's box, column by column from the right, near to what it leads to."""
    places: dict[str, tuple[int, int]] = {}
    for column in range(most + 1):
        names = [name for name, acts in left.items() if acts == column]
        ahead = {name: _height_ahead(name, arrows, places) for name in names}
        for row, name in enumerate(sorted(names, key=lambda name: (ahead[name], name))):
            places[name] = (_EDGE + (most - column) * _ACROSS, _EDGE + row * _DOWN)
    return places


def _height_ahead(name: str, arrows: Sequence[Arrow], places: dict[str, tuple[int, int]]) -> float:
    ahead = [places[arrow.target][1] for arrow in arrows if arrow.source == name and arrow.target in places]
    return sum(ahead) / len(ahead) if ahead else 0.0


def _lines(arrows: Sequence[Arrow], places: dict[str, tuple[int, int]]) -> Iterator[Line]:
    """Each act from the right of one box to the left of the next, its words beside where it starts, once for
    acts that differ only in where they lead."""
    said: dict[str, dict[tuple[str, str], None]] = {}
    for arrow in arrows:
        (x, y), (to_x, to_y) = places[arrow.source], places[arrow.target]
        left, right, start, end = x + WIDE, to_x - 6, y + HIGH // 2, to_y + HIGH // 2
        bend = left + (right - left) * 3 // 4
        path = f"M{left} {start}C{bend} {start} {bend} {end} {right} {end}"
        own, words = said.setdefault(arrow.source, {}), (arrow.label, arrow.by)
        label, by = ("", "") if words in own else words
        own[words] = None
        place = start + (len(own) - 1) * _LINE
        yield Line(path, _short(label, _LABEL), _short(by, _LABEL), left + 8, place, arrow.ends)


def _short(text: str, most: int) -> str:
    """Long names keep their ends, which tell them apart."""
    if len(text) <= most:
        return text
    head = most // 2 - 1
    return f"{text[:head]}…{text[-(most - head - 1) :]}"

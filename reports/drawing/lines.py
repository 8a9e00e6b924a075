"""Lines through the columns, as SVG paths: level across a column, bending between two."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

_HEAD, _HALF = 8, 4

Span = tuple[int, int, int]
"""Where a box or a bend is: its column's left and right, and its height."""


def path(spans: Sequence[Span], *, arrow: bool) -> str:
    """From the first of the spans to the last, with room for an arrow's head."""
    points = _points(spans)
    if arrow:
        points[-1] = (points[-1][0] - _HEAD * _way(spans), points[-1][1])
    drawn = "M{} {}".format(*points[0])
    for number, ((x, y), (to_x, to_y)) in enumerate(pairwise(points)):
        bend = (x + to_x) // 2
        level = number % 2 or y == to_y
        drawn += f"H{to_x}" if level else f"C{bend} {y} {bend} {to_y} {to_x} {to_y}"
    return drawn


def head(spans: Sequence[Span]) -> str:
    """The arrow's head, its point at the last span."""
    x, y = _points(spans)[-1]
    back = x - _HEAD * _way(spans)
    return f"M{back} {y - _HALF}L{x} {y}L{back} {y + _HALF}z"


def _points(spans: Sequence[Span]) -> list[tuple[int, int]]:
    ahead = _way(spans) > 0
    points: list[tuple[int, int]] = []
    for left, right, at in spans:
        points += ((left, at), (right, at)) if ahead else ((right, at), (left, at))
    return points[1:-1]


def _way(spans: Sequence[Span]) -> int:
    """1 to the right, -1 to the left, as a line goes that closes a circle."""
    return 1 if spans[0][0] <= spans[-1][0] else -1

"""How a cluster moved from run to run: its score as a line, what is open and severe as bars beneath.

Places are in pixels. What the picture shows it also tells in words (`told`), for whoever does not see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from msgspec import Struct

FEWEST = 3
"""Runs below which a row of numbers says as much."""
WIDTH, HEIGHT = 640, 300
_LEFT, _RIGHT = 56, 16
_TOP, _BASE = 18, 150
"""Of the score: where 100 and 0 are."""
_BARS_TOP, _BARS_BASE = 186, 256
_BAR = 26
_LABELS = 6
"""Dates that have room beneath the bars."""


class Point(Struct, frozen=True):
    """One run: when it was, its score of 100, its open findings that are critical and high."""

    when: datetime
    score: int
    critical: int
    high: int


class Dot(Struct, frozen=True):
    """A score in its place. `said` is written above it, "" for nothing."""

    x: float
    y: float
    said: str


class Bar(Struct, frozen=True):
    """What is open at one run: the bar's parts from its base up, and what is written above and beneath."""

    x: float
    width: float
    critical_y: float
    critical_height: float
    high_y: float
    high_height: float
    top: float
    said: str
    date: str


class Trend(Struct, frozen=True, tag="trend"):
    """The picture, and the same in words."""

    width: int
    height: int
    dots: tuple[Dot, ...]
    path: str
    grid: tuple[tuple[float, int], ...]
    """Lines of the score's scale: how high, and for which score."""
    bars: tuple[Bar, ...]
    base: float
    told: str


def trend(points: Sequence[Point]) -> Trend:
    """The picture of these runs, oldest first. Raises ValueError for fewer than `FEWEST`."""
    if len(points) < FEWEST:
        raise ValueError(f"{len(points)} runs make no trend")
    step = (WIDTH - _LEFT - _RIGHT) / len(points)
    middles = [round(_LEFT + step * (number + 0.5), 1) for number in range(len(points))]
    dots = tuple(_dots(points, middles))
    return Trend(
        width=WIDTH,
        height=HEIGHT,
        dots=dots,
        path="M" + "L".join(f"{dot.x:g} {dot.y:g}" for dot in dots),
        grid=tuple((_height(score), score) for score in (0, 25, 50, 75, 100)),
        bars=tuple(_bars(points, middles, min(_BAR, step * 0.6))),
        base=_BARS_BASE,
        told=_told(points),
    )


def _height(score: float) -> float:
    return round(_BASE - (_BASE - _TOP) * score / 100, 1)


def _dots(points: Sequence[Point], middles: Sequence[float]) -> list[Dot]:
    """Each score; the first, the last and every one that differs from the one before are written out."""
    told = [True, *(one.score != other.score for one, other in pairwise(points))]
    told[-1] = True
    return [
        Dot(x, _height(point.score), str(point.score) if say else "")
        for point, x, say in zip(points, middles, told, strict=True)
    ]


def _bars(points: Sequence[Point], middles: Sequence[float], width: float) -> list[Bar]:
    most = max(1, *(point.critical + point.high for point in points))
    every = -(-len(points) // _LABELS)
    scale = (_BARS_BASE - _BARS_TOP) / most
    made = []
    for number, (point, x) in enumerate(zip(points, middles, strict=True)):
        critical, high = point.critical * scale, point.high * scale
        shown = (len(points) - 1 - number) % every == 0
        made.append(
            Bar(
                x=round(x - width / 2, 1),
                width=round(width, 1),
                critical_y=round(_BARS_BASE - critical, 1),
                critical_height=round(critical, 1),
                high_y=round(_BARS_BASE - critical - high, 1),
                high_height=round(high, 1),
                top=round(_BARS_BASE - critical - high - 4, 1),
                said=f"{point.critical + point.high:,}",
                date=f"{point.when.day} {point.when:%b}" if shown else "",
            )
        )
    return made


def _told(points: Sequence[Point]) -> str:
    first, last = points[0], points[-1]
    return (
        f"{len(points)} runs from {first.when:%Y-%m-%d} to {last.when:%Y-%m-%d}: the score went from "
        f"{first.score} to {last.score} of 100, open critical findings from {first.critical} to "
        f"{last.critical}, open high ones from {first.high} to {last.high}."
    )

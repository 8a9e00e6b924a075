"""How high in its column each box stands: as near as can be to what it is joined to, and never on another."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from reports.drawing.layers import Layered

_ROUNDS = 30
_APART = 14
_BEND = 6
"""As high as a bend of a line, which holds its distance as a box does."""
_STRAIGHT = 4.0
"""How much more a bend insists on its height: long lines become straight."""


def heights(layers: Layered, tall: Sequence[int]) -> dict[int, int]:
    """The middle of every box (`tall` each) and bend, the topmost box at 0."""
    size = {each: tall[each] if each < len(tall) else _BEND for column in layers.columns for each in column}
    left, right = _joined(layers)
    middle = {each: float(at) for column in layers.columns for each, at in _stacked(column, size)}
    for number in range(_ROUNDS):
        sides = (left, right) if number > _ROUNDS // 2 else ((left,), (right,))[number % 2]
        columns = layers.columns if number % 2 == 0 else layers.columns[::-1]
        for column in columns:
            wanted = [_wanted(each, sides, middle) for each in column]
            weights = [1.0 if each < len(tall) else _STRAIGHT for each in column]
            gaps = [(size[a] + size[b]) / 2 + _APART for a, b in pairwise(column)]
            middle.update(zip(column, spread(wanted, weights, gaps), strict=True))
    top = min((middle[each] - size[each] / 2 for each in middle), default=0.0)
    return {each: round(at - top) for each, at in middle.items()}


def _stacked(column: Sequence[int], size: dict[int, int]) -> list[tuple[int, float]]:
    """One below the other, around 0."""
    at = -sum(size[each] + _APART for each in column) / 2
    made = []
    for each in column:
        made.append((each, at + size[each] / 2))
        at += size[each] + _APART
    return made


def _joined(layers: Layered) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    place = {each: number for number, column in enumerate(layers.columns) for each in column}
    left: dict[int, list[int]] = {}
    right: dict[int, list[int]] = {}
    for route in layers.routes:
        for one, other in pairwise(route):
            a, b = (one, other) if place[one] < place[other] else (other, one)
            right.setdefault(a, []).append(b)
            left.setdefault(b, []).append(a)
    return left, right


def _wanted(each: int, sides: Sequence[dict[int, list[int]]], middle: dict[int, float]) -> float:
    near = [middle[other] for side in sides for other in side.get(each, ())]
    return sum(near) / len(near) if near else middle[each]


def spread(wanted: Sequence[float], weights: Sequence[float], gaps: Sequence[float]) -> list[float]:
    """The heights nearest to those wanted (least squares) in this order, the gaps between them kept.

    Pooling of neighbours that violate the order: what is too near moves on together.
    """
    offsets = [0.0]
    for gap in gaps:
        offsets.append(offsets[-1] + gap)
    pools: list[tuple[float, float, int]] = []
    for want, weight, offset in zip(wanted, weights, offsets, strict=False):
        total, heavy, count = (want - offset) * weight, weight, 1
        while pools and pools[-1][0] / pools[-1][1] > total / heavy:
            before, mass, many = pools.pop()
            total, heavy, count = total + before, heavy + mass, count + many
        pools.append((total, heavy, count))
    levels = [total / heavy for total, heavy, count in pools for _ in range(count)]
    return [level + offset for level, offset in zip(levels, offsets, strict=False)]

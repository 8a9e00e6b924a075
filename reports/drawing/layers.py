"""Boxes in columns so that lines go one way and cross little: the method of Sugiyama, Tagawa and Toda (1981).

Circles are opened, each box gets the column that its longest way to an end asks for, lines over several
columns bend in each, and the order in the columns is swept from side to side while that undoes crossings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec import Struct

_SWEEPS = 12

Edge = tuple[int, int]


class Layered(Struct, frozen=True):
    """Columns from left to right, each from its top. Numbers past those of the boxes are bends of lines.

    `routes`: for each edge, in the order that they were given, what it goes by from its source to its target.
    """

    columns: tuple[tuple[int, ...], ...]
    routes: tuple[tuple[int, ...], ...]


def layered(count: int, edges: Sequence[Edge]) -> Layered:
    """The columns of `count` boxes with these edges between them."""
    back = _going_back(count, edges)
    forward = [(b, a) if number in back else (a, b) for number, (a, b) in enumerate(edges)]
    left = _acts_left(count, forward)
    columns: list[list[int]] = [[] for _ in range(max(left, default=0) + 1)]
    for box in range(count):
        columns[-1 - left[box]].append(box)
    routes, bends = [], count
    for number, (a, b) in enumerate(forward):
        between = range(left[a] - 1, left[b], -1)
        route = (a, *range(bends, bends + len(between)), b)
        for bend, place in zip(route[1:-1], between, strict=True):
            columns[-1 - place].append(bend)
        bends += len(between)
        routes.append(route[::-1] if number in back else route)
    return Layered(_ordered(columns, routes), tuple(routes))


def _going_back(count: int, edges: Sequence[Edge]) -> set[int]:
    """The edges that close a circle, found by walking into the depth."""
    out: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for number, (a, b) in enumerate(edges):
        out[a].append((number, b))
    back: set[int] = set()
    done: set[int] = set()
    for start in range(count):
        path = {start: None}
        walk = [(start, iter(out[start]))] if start not in done else []
        while walk:
            box, rest = walk[-1]
            for number, target in rest:
                if target in path:
                    back.add(number)
                elif target not in done:
                    path[target] = None
                    walk.append((target, iter(out[target])))
                    break
            else:
                done.add(box)
                path.pop(box, None)
                walk.pop()
    return back


def _acts_left(count: int, edges: Sequence[Edge]) -> list[int]:
    """For each box how many edges its longest way to an end has."""
    left = [0] * count
    for _ in range(count):
        before = list(left)
        for a, b in edges:
            left[a] = max(left[a], left[b] + 1)
        if left == before:
            break
    return left


def _ordered(
    columns: Sequence[Sequence[int]], routes: Sequence[Sequence[int]]
) -> tuple[tuple[int, ...], ...]:
    """The columns in the best order that sweeping finds."""
    after: dict[int, list[int]] = {}
    before: dict[int, list[int]] = {}
    place = {box: number for number, column in enumerate(columns) for box in column}
    for route in routes:
        for one, other in pairwise(route):
            a, b = (one, other) if place[one] < place[other] else (other, one)
            after.setdefault(a, []).append(b)
            before.setdefault(b, []).append(a)
    order = [list(column) for column in columns]
    best, fewest = order, _crossings(order, after)
    for sweep in range(_SWEEPS):
        order = _swept(order, after if sweep % 2 else before, rightward=not sweep % 2)
        _exchanged(order, after, before)
        crossings = _crossings(order, after)
        if crossings < fewest:
            best, fewest = [list(column) for column in order], crossings
    return tuple(map(tuple, best))


def _swept(order: list[list[int]], beside: dict[int, list[int]], *, rightward: bool) -> list[list[int]]:
    """Each column sorted by the middle of what its boxes are joined to on one side."""
    swept = [list(column) for column in order]
    numbers = range(1, len(swept)) if rightward else range(len(swept) - 2, -1, -1)
    for number in numbers:
        at = _rows(swept[number - 1 if rightward else number + 1])
        rows = _rows(swept[number])
        swept[number].sort(key=lambda box: (_middle(beside.get(box, ()), at, rows[box]), rows[box]))
    return swept


def _middle(boxes: Sequence[int], at: dict[int, int], otherwise: int) -> float:
    return sum(at[box] for box in boxes) / len(boxes) if boxes else float(otherwise)


def _exchanged(order: list[list[int]], after: dict[int, list[int]], before: dict[int, list[int]]) -> None:
    """Neighbours in a column change places where that undoes crossings."""
    for number, column in enumerate(order):
        sides = [
            (beside, _rows(order[other]))
            for beside, other in ((before, number - 1), (after, number + 1))
            if 0 <= other < len(order)
        ]
        for row in range(len(column) - 1):
            one, other = column[row], column[row + 1]
            now = sum(_inverted(beside, at, one, other) for beside, at in sides)
            then = sum(_inverted(beside, at, other, one) for beside, at in sides)
            if then < now:
                column[row], column[row + 1] = other, one


def _inverted(beside: dict[int, list[int]], at: dict[int, int], upper: int, lower: int) -> int:
    return sum(at[a] > at[b] for a in beside.get(upper, ()) for b in beside.get(lower, ()))


def _crossings(order: Sequence[Sequence[int]], after: dict[int, list[int]]) -> int:
    return sum(_crossing(column, _rows(following), after) for column, following in pairwise(order))


def _crossing(column: Sequence[int], at: dict[int, int], after: dict[int, list[int]]) -> int:
    ends = [sorted(at[box] for box in after.get(each, ())) for each in column]
    flat = [end for each in ends for end in each]
    return sum(flat[i] > flat[j] for i, j in _pairs(len(flat)))


def _pairs(count: int) -> Iterator[tuple[int, int]]:
    return ((i, j) for i in range(count) for j in range(i + 1, count))


def _rows(column: Sequence[int]) -> dict[int, int]:
    return {box: row for row, box in enumerate(column)}

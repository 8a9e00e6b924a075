"""The picture of ways to more rights: somebody, the deed with its rights and binding, whom they are then.

Thirty can be read; ways beyond that are left out and counted.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from reports.drawing.alike import Done, together
from reports.drawing.heights import heights
from reports.drawing.layers import Edge, Layered, layered
from reports.drawing.lines import head, path
from reports.drawing.model import Act, Deed, Drawing, Line, Look
from reports.drawing.node import Node, deed, placed, somebody

MOST_BOXES = 30
_MOST_DEEDS = 40
_EDGE, _BETWEEN = 20, 46
_TOLD = 4_000


def drawn(ways: Sequence[Sequence[Act]], goal: str, *, within: tuple[int, int] | None = None) -> Drawing:
    """The ways from left to right, the goal last: as many of the first ones as can be read.

    within: a width and a height that the picture must not exceed, unless a single way does.
    """
    kept = _readable(ways)
    every = _names(ways)
    while True:
        picture = _picture(kept, goal, len(every - _names(kept)))
        if within is None or len(kept) <= 1 or _fits(picture, within):
            return picture
        kept = kept[: len(kept) - max(1, len(kept) // 8)]


def _fits(picture: Drawing, within: tuple[int, int]) -> bool:
    return picture.width <= within[0] and picture.height <= within[1]


def _names(ways: Sequence[Sequence[Act]]) -> set[str]:
    return {name for way in ways for act in way for name in (act.source, act.target)}


def _readable(ways: Sequence[Sequence[Act]]) -> list[Sequence[Act]]:
    """The ways, in order, that do not make more boxes than can be read."""
    kept: list[Sequence[Act]] = []
    names: set[str] = set()
    deeds: set[Deed] = set()
    for way in ways:
        more, done = names | _names([way]), deeds | {act.deed for act in way}
        if way and len(more) <= MOST_BOXES and len(done) <= _MOST_DEEDS:
            kept.append(way)
            names, deeds = more, done
    return kept


class _Boxes:
    """Each box once, by number."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._numbers: dict[Node, int] = {}

    def number(self, node: Node) -> int:
        if node not in self._numbers:
            self._numbers[node] = len(self.nodes)
            self.nodes.append(node)
        return self._numbers[node]


def _picture(ways: Sequence[Sequence[Act]], goal: str, left_out: int) -> Drawing:
    starts = {way[0].source for way in ways}
    done = together(act for way in ways for act in way)
    boxes, edges = _Boxes(), dict[Edge, None]()
    for each in done:
        at = boxes.number(deed(each.deed, each.targets))
        who = [boxes.number(somebody(names, _look(names, goal, starts))) for names in each.doers]
        whom = [boxes.number(somebody((name,), _look((name,), goal, starts))) for name in each.targets]
        edges |= dict.fromkeys((*((one, at) for one in who), *((at, one) for one in whom)))
    return _laid_out(boxes.nodes, list(edges), told(done), left_out)


def _look(names: tuple[str, ...], goal: str, starts: set[str]) -> Look:
    if names == (goal,):
        return Look.GOAL
    return Look.START if names[0] in starts else Look.WAY


def told(done: Sequence[Done]) -> str:
    """The picture in words, for those who do not see it."""
    said = " ".join(
        f"{', '.join(name for names in each.doers for name in names)}: {each.deed}, which gives "
        f"{', '.join(each.targets)}."
        for each in done
    )
    return said if len(said) <= _TOLD else f"{said[:_TOLD]}…"


class _Column(Struct, frozen=True):
    left: int
    right: int


def _laid_out(nodes: Sequence[Node], edges: Sequence[Edge], words: str, left_out: int) -> Drawing:
    layers = layered(len(nodes), edges)
    middles = {each: _EDGE + at for each, at in heights(layers, [node.tall for node in nodes]).items()}
    columns = _columns(layers, nodes)
    boxes = tuple(
        placed(
            node, columns[each].left, middles[each] - node.tall // 2, columns[each].right - columns[each].left
        )
        for each, node in enumerate(nodes)
    )
    lines = []
    for (one, other), route in zip(edges, layers.routes, strict=True):
        spans = [(columns[each].left, columns[each].right, middles[each]) for each in route]
        looks = (nodes[one].look, nodes[other].look)
        arrow = looks[1] not in (Look.DEED, Look.CUT)
        lines.append(Line(path(spans, arrow=arrow), head(spans) if arrow else "", Look.CUT in looks))
    width = _EDGE + max((column.right for column in columns.values()), default=0)
    height = _EDGE + max((box.y + box.height for box in boxes), default=0)
    return Drawing(width, height, boxes, tuple(lines), words, left_out)


def _columns(layers: Layered, nodes: Sequence[Node]) -> dict[int, _Column]:
    """Where the column of each box and bend is, as wide as its widest box."""
    found: dict[int, _Column] = {}
    left = _EDGE
    for column in layers.columns:
        wide = max((nodes[each].wide for each in column if each < len(nodes)), default=0)
        found |= dict.fromkeys(column, _Column(left, left + wide))
        left += wide + _BETWEEN
    return found

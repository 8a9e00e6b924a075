"""One box: its words, broken to fit, and how much room they take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from reports.drawing.model import Box, Deed, Look, Text, Tone
from reports.drawing.text import broken, width

_PAD = 9
_WIDE_DEED, _WIDE = 232, 190
_NAMED = 6
_MOST_RIGHTS = 3
_KINDS = ("ServiceAccount", "User", "Group")


class Words(Struct, frozen=True):
    """A line that has no place yet."""

    words: str
    size: int
    tone: Tone = Tone.PLAIN

    @property
    def tall(self) -> int:
        return self.size + 4

    @property
    def wide(self) -> int:
        return round(width(self.words, self.size * _heft(self.tone)))


def _heft(tone: Tone) -> float:
    """How much wider bold letters are."""
    return 1.13 if tone in (Tone.STRONG, Tone.ALARM) else 1.0


class Node(Struct, frozen=True):
    """A box that has no place yet. `key` tells two of the same words apart."""

    name: str
    look: Look
    lines: tuple[Words, ...]
    key: tuple[str, ...] = ()

    @property
    def wide(self) -> int:
        return 2 * _PAD + max((each.wide for each in self.lines), default=0)

    @property
    def tall(self) -> int:
        return 2 * _PAD - 4 + sum(each.tall for each in self.lines)


def somebody(names: tuple[str, ...], look: Look) -> Node:
    """Whoever is or becomes something: one by kind and name, or a crowd with the first of its names."""
    if len(names) == 1:
        return Node(names[0], look, tuple(_one(names[0])))
    lines = [Words(f"{len(names)} who can do the same", 10, Tone.FAINT)]
    lines += (Words(each, 11) for name in names[:_NAMED] for each in broken(_short(name), 11, _WIDE, 1))
    if len(names) > _NAMED:
        lines.append(Words(f"and {len(names) - _NAMED} more", 11, Tone.STRONG))
    return Node(", ".join(names), look, tuple(lines))


def _short(name: str) -> str:
    """As it is typed: `sa:NAMESPACE/NAME`."""
    return name.replace("ServiceAccount ", "sa:").replace("User ", "user:").replace("Group ", "group:")


def _one(name: str) -> Iterator[Words]:
    kind, _, rest = name.partition(" ")
    if kind in _KINDS and rest:
        yield Words(kind, 10, Tone.FAINT)
        name = rest
    yield from (Words(each, 12, Tone.STRONG) for each in broken(name, 12 * _heft(Tone.STRONG), _WIDE))


def deed(done: Deed, targets: tuple[str, ...]) -> Node:
    """What is done, to become one of the targets."""
    lines = list(_set((done.does,), 11, Tone.STRONG))
    lines += _set(done.rights[:_MOST_RIGHTS], 10)
    if len(done.rights) > _MOST_RIGHTS:
        lines.append(Words(f"and {len(done.rights) - _MOST_RIGHTS} more rights", 10))
    lines += _set((done.uses,), 10, Tone.FAINT)
    lines += _set((f"remove {done.by}",), 10, Tone.ALARM) if done.ends else _set((done.by,), 10, Tone.FAINT)
    return Node(str(done), Look.CUT if done.ends else Look.DEED, tuple(lines), targets)


def _set(texts: Iterable[str], size: int, tone: Tone = Tone.PLAIN) -> Iterator[Words]:
    for text in texts:
        for line in broken(text, size * _heft(tone), _WIDE_DEED):
            yield Words(line, size, tone)


def placed(node: Node, x: int, y: int, wide: int) -> Box:
    """The box where it stands, with its lines."""
    texts = []
    base = y + _PAD - 6
    for line in node.lines:
        base += line.tall
        texts.append(Text(line.words, x + _PAD, base, line.size, line.tone))
    return Box(node.name, node.look, x, y, wide, node.tall, tuple(texts))

"""Rows of text in columns, for any width: nothing is cut off, and no name is broken that fits on a line.

Where there is no room for all columns side by side, the longest of them go beneath their row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

GAP = 2
"""Blanks between two columns."""
EASY = 24
"""A column of running text that is narrower than this is no pleasure to read."""
INDENT, DEEP = 4, 12
"""What stands beneath its row is indented so far, or as the second column is where the first is narrow."""


@dataclass(frozen=True)
class Column:
    """A column's heading and its cells. `whole`: no cell is broken between words either, where it fits."""

    heading: str
    cells: tuple[Text, ...]
    whole: bool = False

    @cached_property
    def numeric(self) -> bool:
        """Whether it holds whole numbers only: they stand to the right."""
        return bool(self.cells) and all(each.plain.isdigit() for each in self.cells)

    @cached_property
    def most(self) -> int:
        """The width at which no cell needs a second line."""
        return max((cell_len(line) for each in self._texts for line in each.splitlines()), default=1) or 1

    @cached_property
    def least(self) -> int:
        """The width at which no word is broken, and a text is still easy to read."""
        if self.whole:
            return self.most
        longest = max((cell_len(word) for each in self._texts for word in each.split()), default=1)
        return max(longest, min(self.most, EASY))

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        return (self.heading, *(each.plain for each in self.cells))


class Columns:
    """What Rich prints of some columns of equal length."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = tuple(columns)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        beside, beneath = _parted(self._columns, options.max_width)
        widths = _widths(beside, options.max_width)
        if any(each.heading.strip() for each in self._columns):
            headings = [Text(each.heading, style="bold") for each in beside]
            yield from _lines(console, beside, headings, widths)
            yield Text("─" * (sum(widths) + GAP * (len(widths) - 1)), style="dim")
        indent = widths[0] + GAP if widths[0] < DEEP and beneath else INDENT
        for place in range(len(beside[0].cells)):
            yield from _lines(console, beside, [each.cells[place] for each in beside], widths)
            for each in beneath:
                name = f"{each.heading}: " if len(beneath) > 1 else ""
                yield from _below(console, name, each, place, indent, options.max_width)


def _parted(columns: tuple[Column, ...], room: int) -> tuple[list[Column], list[Column]]:
    """The columns side by side, and those that have no room there: the longest, but never the first."""
    beside, beneath = list(columns), []
    while len(beside) > 1 and sum(each.least + GAP for each in beside) - GAP > room:
        longest = max(beside[1:], key=lambda each: each.most)
        beside.remove(longest)
        beneath.append(longest)
    return beside, sorted(beneath, key=columns.index)


def _widths(columns: list[Column], room: int) -> list[int]:
    """What each column gets: what it needs, then of what is left those first that want little more."""
    widths = [min(each.least, room) for each in columns]
    wanted = [max(0, each.most - width) for each, width in zip(columns, widths, strict=True)]
    left = max(0, room - sum(widths) - GAP * (len(columns) - 1))
    for done, place in enumerate(sorted(range(len(columns)), key=wanted.__getitem__)):
        more = min(wanted[place], left // (len(columns) - done))
        widths[place] += more
        left -= more
    return widths


def _lines(
    console: Console, columns: list[Column], cells: Sequence[Text], widths: list[int]
) -> Iterator[Text]:
    """One row: as many lines as its highest cell."""
    wrapped = [
        list(cell.wrap(console, width, overflow="fold")) for cell, width in zip(cells, widths, strict=True)
    ]
    for line in range(max(map(len, wrapped))):
        parts = Text(no_wrap=True, overflow="ignore")
        blanks = 0
        for column, cell, width in zip(columns, wrapped, widths, strict=True):
            text = cell[line] if line < len(cell) else Text()
            text.rstrip()
            fill = width - cell_len(text.plain)
            before = fill if column.numeric else 0
            parts.append(" " * (blanks + before)).append_text(text)
            blanks = fill - before + GAP
        parts.rstrip()
        yield parts


def _below(console: Console, name: str, column: Column, place: int, indent: int, room: int) -> Iterator[Text]:
    """A cell beneath its row, named where others stand there too; nothing for an empty one."""
    cell = column.cells[place]
    if cell.plain in ("", "-"):
        return
    text = Text(name, style="dim").append_text(cell)
    for line in text.wrap(console, max(1, room - indent), overflow="fold"):
        line.rstrip()
        yield Text(" " * indent, no_wrap=True, overflow="ignore").append_text(line)

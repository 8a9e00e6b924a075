"""Tables as Slack can show them: its own table block, or a list; page by page where they are long.

What is not shown is said: "16 to 30 of 340 shown". All rows are in the CSV that `sheet` makes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

from msgspec import Struct

from bot.answer import Picture, Table
from bot.sheet import as_csv
from bot.slack import limits
from bot.slack.mrkdwn import code, escape, fit, literal, risky, shorten, visible

Block = dict[str, Any]

MAX_ROWS = limits.TABLE_ROWS.most - 1  # and the header
MAX_COLUMNS = limits.TABLE_COLUMNS.most
MAX_CELL = 240
MAX_TITLE = 150
MAX_LINE = 600
"""Characters of a line of code."""
MAX_SECTION = limits.SECTION.most - 100
MAX_LIST = 20
"""Sections that one list may take: the message holds other blocks, too."""
NOTHING = "-"
SEVERITY_SIGNS = {"critical": "🔴", "high": "🟠", "medium": "🟡", "low": "🔵"}
"""Beside the word, never instead of it."""


class Layout(StrEnum):
    """How answers are drawn: for Slack, or for clients that know neither table blocks nor Slack's dates."""

    TABLE = "table"
    LIST = "list"


class Upload(Struct, frozen=True):
    """A file for the thread: a report on disk, all rows of a table that could not be shown whole, or a
    picture that is drawn once it is sent. `alt` says what a picture shows."""

    name: str
    title: str
    content: bytes | Path | Picture
    alt: str = ""


class Drawn(Struct, frozen=True):
    """A drawn page of a table: its blocks, which rows they show, and the characters they hold.

    `cut`: a cell was shortened. `page` counts from 0; `last` where no row follows.
    """

    blocks: tuple[Block, ...]
    start: int
    shown: int
    size: int
    cut: bool
    page: int = 0
    last: bool = True

    @property
    def rows(self) -> range:
        return range(self.start, self.start + self.shown)


def mrkdwn(text: str) -> Block:
    """A text object that Slack does not search for addresses and names (`verbatim`)."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def section(text: str) -> Block:
    return {"type": "section", "text": mrkdwn(text)}


def context(text: str) -> Block:
    return {"type": "context", "elements": [mrkdwn(text)]}


def draw_page(table: Table, layout: Layout, budget: int, *, most: int, page: int = 0) -> Drawn:
    """A page of a table: as many rows as `budget` characters hold, `most` at most; beyond the last, the last.

    The pages before are drawn, too: where a page begins depends on how long their rows are.
    """
    drawn = draw_table(table, layout, budget, most=most)
    while drawn.page < page and not drawn.last:
        drawn = draw_table(table, layout, budget, most=most, start=drawn.rows.stop, page=drawn.page + 1)
    return drawn


def draw_table(
    table: Table, layout: Layout, budget: int, *, most: int = MAX_ROWS, start: int = 0, page: int = 0
) -> Drawn:
    """A table's title, rows from `start` on, and which of them those are if not all.

    A few more than `most` where no row is left for another page then.
    """
    title = (
        marked(table.title, _bold(fit(table.title.strip(), MAX_TITLE, literal)))
        if table.title.strip()
        else ""
    )
    budget -= len(title) + 60
    left = len(table.rows) - start
    few = left <= min(most + most // 3, MAX_ROWS)
    rows = table.rows[start : start + (left if few else most)]
    if len(table.columns) == 1 and table.columns[0] in table.code and rows:
        body = _fenced(rows, budget)
    else:
        named = any(column.strip() for column in table.columns) and len(table.columns) <= MAX_COLUMNS
        native = layout is Layout.TABLE and named and rows
        body = (_native(table, rows, budget) if native else None) or _listed(table, rows, budget)
    end = start + body.shown
    total = max(table.total or 0, len(table.rows))
    blocks = (*([section(title)] if title else []), *body.blocks)
    if body.shown < total:
        blocks = (*blocks, context(_extent(start, end, total, kept=len(table.rows))))
    cut = body.cut or len(table.title) > MAX_TITLE or any(len(each) > MAX_CELL for each in table.columns)
    last = end >= len(table.rows) or not body.shown
    return Drawn(blocks, start, body.shown, body.size + len(title) + 60, cut, page, last)


def _extent(start: int, end: int, total: int, *, kept: int) -> str:
    """Which rows these are; after the last page, that there are more than the answer holds."""
    which = f"{end} of {total} shown" if start == 0 else f"{start + 1} to {end} of {total} shown"
    return f"{which}; this answer holds the first {kept}" if end == kept < total else which


def marked(text: str, shown: str) -> str:
    """With the sign of the severity that the text begins with."""
    sign = SEVERITY_SIGNS.get(text.partition(":")[0].casefold())
    return f"{sign} {shown}" if sign else shown


def _bold(shown: str) -> str:
    """Bold, unless an asterisk of the text's own would end it early."""
    return shown if "*" in shown else f"*{shown}*"


def sheet(table: Table) -> Upload:
    """All rows as CSV."""
    stem = re.sub(r"[^\w-]+", "-", visible(table.title).casefold()).strip("-")[:60] or "table"
    text = as_csv(table.columns, table.rows)
    return Upload(f"{stem}.csv", fit(table.title, 150, visible), text.encode("utf-8", "replace"))


def _cells(table: Table, row: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Column and cell, as many as there are columns."""
    padded = (*row, *("" for _ in table.columns))
    return zip(table.columns, padded, strict=False)


class _Body(Struct, frozen=True):
    """The rows of a table that had room."""

    blocks: tuple[Block, ...]
    shown: int
    size: int
    cut: bool


def _native(table: Table, wanted: tuple[tuple[str, ...], ...], budget: int) -> _Body | None:
    """A table block, or None where not even one row has room."""
    rows = [[_cell(column, coded=False) for column in table.columns]]
    used = sum(map(_size, rows[0]))
    cut = False
    for row in wanted:
        cells = [_cell(cell, coded=column in table.code) for column, cell in _cells(table, row)]
        if used + (size := sum(map(_size, cells))) > budget:
            break
        rows.append(cells)
        used += size
        cut = cut or any(len(visible(cell)) > MAX_CELL for cell in row)
    if len(rows) == 1:
        return None
    settings = [{"is_wrapped": True} for _ in table.columns]
    return _Body(({"type": "table", "rows": rows, "column_settings": settings},), len(rows) - 1, used, cut)


def _cell(text: str, *, coded: bool) -> Block:
    shown = marked(text, fit(text, MAX_CELL, visible))
    if not shown.strip():
        return {"type": "raw_text", "text": NOTHING}
    if not coded and not risky(shown) and escape(shown) == shown:
        return {"type": "raw_text", "text": shown}
    piece = {"type": "text", "text": shown, "style": {"code": True}}
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [piece]}]}


def _size(cell: Block) -> int:
    return (
        len(cell["text"]) if cell["type"] == "raw_text" else len(cell["elements"][0]["elements"][0]["text"])
    )


def _listed(table: Table, wanted: tuple[tuple[str, ...], ...], budget: int) -> _Body:
    texts: list[str] = []
    used = shown = 0
    cut = False
    for row in wanted:
        line, shortened = _line(table, row)
        if used + len(line) + 1 > budget:
            break
        if texts and len(texts[-1]) + 1 + len(line) <= MAX_SECTION:
            texts[-1] += f"\n{line}"
        elif len(texts) < MAX_LIST:
            texts.append(line)
        else:
            break
        used += len(line) + 1
        shown += 1
        cut = cut or shortened
    if not table.rows:
        texts = ["none"]
    return _Body(tuple(section(text) for text in texts), shown, used, cut)


def _fenced(wanted: tuple[tuple[str, ...], ...], budget: int) -> _Body:
    """Lines of code as one piece that can be copied, each with the blanks that it begins with."""
    texts: list[str] = []
    used = shown = 0
    cut = False
    for row in wanted:
        line, shortened = shorten("".join(row[:1]), MAX_LINE, _unfenced)
        if used + len(line) + 8 > budget:
            break
        if texts and len(texts[-1]) + len(line) + 8 <= MAX_SECTION:
            texts[-1] += f"\n{line}"
        elif len(texts) < MAX_LIST:
            texts.append(line)
            used += 8
        else:
            break
        used += len(line) + 1
        shown += 1
        cut = cut or shortened
    return _Body(tuple(section(f"```\n{text}\n```") for text in texts), shown, used, cut)


def _unfenced(text: str) -> str:
    """A line of code that cannot end its fence."""
    return escape(visible(text).replace("`", "'"))


def _line(table: Table, row: tuple[str, ...]) -> tuple[str, bool]:
    """One row: what leads in bold, names in code, numbers and `named` cells with their column's name.

    And whether any of it was shortened.
    """
    parts: list[str] = []
    cut = False
    for column, cell in _cells(table, row):
        if cell.strip() in ("", NOTHING):
            continue
        if sum(map(len, parts)) > MAX_SECTION - 2 * MAX_CELL:
            parts.append("…")
            cut = True
            break
        coded = column in table.code
        shown, shortened = shorten(cell.strip(), MAX_CELL, code if coded else literal)
        cut = cut or shortened
        if not parts:
            parts.append(marked(cell, shown if coded else _bold(shown)))
        else:
            head = fit(column, 40, literal)
            if column in table.named:
                shown = f"{head}: {shown}"
            elif cell.strip().isdecimal():
                shown = f"{head} {shown}"
            parts.append(shown)
    return f"• {' · '.join(parts) or NOTHING}", cut

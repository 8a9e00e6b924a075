"""Tables as Slack can show them: its own table block, or a list; what does not fit is said and kept as CSV.

Limits are Slack's (docs.slack.dev, Block Kit reference: table block, section block) with some room left.
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
from bot.slack.mrkdwn import code, escape, fit, literal, risky, visible

Block = dict[str, Any]

MAX_ROWS = 99  # and the header: a table block holds 100
MAX_COLUMNS = 20
MAX_CELL = 240
MAX_SECTION = 2900
NOTHING = "-"


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
    """A drawn table: its blocks, the rows they show, the characters they hold."""

    blocks: tuple[Block, ...]
    shown: int
    size: int


def mrkdwn(text: str) -> Block:
    """A text object that Slack does not search for addresses and names (`verbatim`)."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def section(text: str) -> Block:
    return {"type": "section", "text": mrkdwn(text)}


def context(text: str) -> Block:
    return {"type": "context", "elements": [mrkdwn(text)]}


def draw_table(table: Table, layout: Layout, budget: int) -> Drawn:
    """A table's title, as many rows as `budget` characters hold, and how many that are if not all."""
    title = _bold(fit(table.title, 150, literal).strip() or "Table")
    budget -= len(title) + 60
    native = layout is Layout.TABLE and 1 <= len(table.columns) <= MAX_COLUMNS and table.rows
    body = _native(table, budget) if native else _listed(table, budget)
    total = max(table.total or 0, len(table.rows))
    blocks = (section(title), *body.blocks)
    if body.shown < total:
        blocks = (*blocks, context(f"{body.shown} of {total} shown"))
    return Drawn(blocks, body.shown, body.size + len(title) + 60)


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


def _native(table: Table, budget: int) -> Drawn:
    rows = [[_cell(column, coded=False) for column in table.columns]]
    used = sum(map(_size, rows[0]))
    for row in table.rows[:MAX_ROWS]:
        cells = [_cell(cell, coded=column in table.code) for column, cell in _cells(table, row)]
        if used + (size := sum(map(_size, cells))) > budget:
            break
        rows.append(cells)
        used += size
    if len(rows) == 1:
        return _listed(table, budget)
    settings = [{"is_wrapped": True} for _ in table.columns]
    return Drawn(({"type": "table", "rows": rows, "column_settings": settings},), len(rows) - 1, used)


def _cell(text: str, *, coded: bool) -> Block:
    shown = fit(text, MAX_CELL, visible)
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


def _listed(table: Table, budget: int) -> Drawn:
    texts: list[str] = []
    used = shown = 0
    for row in table.rows:
        line = _line(table, row)
        if used + len(line) + 1 > budget or len(texts) > 20:
            break
        if texts and len(texts[-1]) + 1 + len(line) <= MAX_SECTION:
            texts[-1] += f"\n{line}"
        else:
            texts.append(line)
        used += len(line) + 1
        shown += 1
    if not table.rows:
        texts = ["none"]
    return Drawn(tuple(section(text) for text in texts), shown, used)


def _line(table: Table, row: tuple[str, ...]) -> str:
    """One row: what leads in bold, names in code, numbers and `named` cells with their column's name."""
    parts: list[str] = []
    for column, cell in _cells(table, row):
        if cell.strip() in ("", NOTHING):
            continue
        coded = column in table.code
        shown = fit(cell.strip(), MAX_CELL, code if coded else literal)
        if not parts:
            parts.append(shown if coded else _bold(shown))
        else:
            head = fit(column, 40, literal)
            if column in table.named:
                shown = f"{head}: {shown}"
            elif cell.strip().isdecimal():
                shown = f"{head} {shown}"
            parts.append(shown)
        if sum(map(len, parts)) > MAX_SECTION - 2 * MAX_CELL:
            parts.append("…")
            break
    return f"• {' · '.join(parts) or NOTHING}"

"""Rows as CSV that a spreadsheet shows and never runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_NOTHING = "-"


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The rows beneath their columns. A cell that would be run as a formula is quoted with an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_inert(cell) for cell in row] for row in rows)
    return text.getvalue()


def _inert(cell: str) -> str:
    return f"'{cell}" if cell[:1] in tuple("=+-@\t\r") and cell != _NOTHING else cell

"""One line a result, for a spreadsheet: auditors take their samples from it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import msgspec

from checks.model import Result, Scan

COLUMNS = (
    *("status", "severity", "check", "title", "api_version", "kind", "namespace", "name", "uid", "locus"),
    *("message", "reason", "evidence", "requirements", "fingerprint"),
)
_BATCH = 500
_STARTS_FORMULA = tuple("=+-@\t\r\n|%＝＋－＠")  # noqa: RUF001


def csv_chunks(scan: Scan) -> Iterator[bytes]:
    """RFC 4180 lines, UTF-8. No cell is ever taken for a formula by a spreadsheet program."""
    titles = {check.id: check.title for check in scan.checks}
    yield lines([COLUMNS])
    for start in range(0, len(scan.results), _BATCH):
        yield lines([_row(result, titles) for result in scan.results[start : start + _BATCH]])


def safe_cell(text: str) -> str:
    """The text, after an apostrophe where a spreadsheet program would take it for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_STARTS_FORMULA) else text


def _row(result: Result, titles: dict[str, str]) -> tuple[str, ...]:
    resource = result.resource
    return (
        result.status.value,
        result.severity.value,
        result.check,
        titles.get(result.check, ""),
        resource.api_version,
        resource.kind,
        resource.namespace or "",
        resource.name,
        resource.uid or "",
        result.locus,
        result.message,
        result.reason or "",
        msgspec.json.encode(result.evidence, order="sorted").decode() if result.evidence else "",
        " ".join(result.requirements),
        result.fingerprint,
    )


def lines(rows: list[tuple[str, ...]]) -> bytes:
    """Rows as CSV, no cell of which is taken for a formula."""
    text = io.StringIO()
    csv.writer(text).writerows([safe_cell(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")

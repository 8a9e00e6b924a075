"""What an answer rests on, as tables: the evidence, and the sentences that have no room in its message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from bot.answer import Answer, Table
from checks.model import Evidence

LINES = 8
"""Notes, and caveats, that the first message says."""
CORE = '""'
"""How an empty name, such as that of the core API group, is written."""


def further(answer: Answer) -> Iterator[Table]:
    """What was observed, as a table, and the notes and caveats that the first message had no room for."""
    for title, lines in (("Notes", answer.notes), ("Keep in mind", answer.caveats)):
        if len(lines) > LINES:
            yield Table(title, (title,), tuple((line,) for line in lines))
    if answer.evidence:
        yield _facts(answer.evidence)


def _facts(evidence: Sequence[Evidence]) -> Table:
    """What was observed where; what was expected once, where it is the same of all."""
    columns = ("Object", "Path", "Observed", "Expected")
    rows: tuple[tuple[str, ...], ...] = tuple(
        (each.source or "", each.path, seen(each.observed), each.expected) for each in evidence
    )
    expected = {each.expected for each in evidence}
    if len(rows) > 1 and len(expected) == 1 and expected != {""}:
        rows = tuple(row[:-1] for row in rows)
        return Table(f"Evidence (expected: {expected.pop()})", columns[:-1], rows, code=columns[:-1])
    return Table("Evidence", columns, rows, code=columns[:-1], named=("Expected",))


def seen(value: Any) -> str:
    """An observed value for people: fields and lists without the signs of JSON, anything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and value and all(map(_words, value.values())):
        return "; ".join(f"{name}: {', '.join(each or CORE for each in value[name])}" for name in value)
    return msgspec.json.encode(value).decode()


def _words(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(each, str) for each in value)

"""`--help` is what a newcomer reads first: every command explains itself, its examples line by line."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from bot.cli.app import app

LEAVES = (
    ("demo",),
    ("run",),
    ("scan",),
    ("ask",),
    ("report",),
    ("doctor",),
    ("snapshot", "save"),
    ("checks", "list"),
    ("checks", "explain"),
    ("frameworks", "show"),
    ("slack", "manifest"),
)


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_examples_stand_on_lines_of_their_own(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "60"})
    lines = result.stdout.splitlines()
    heading = next(place for place, line in enumerate(lines) if line.strip() in ("Example:", "Examples:"))
    examples = lines[heading + 1 : lines.index("", heading)]
    assert result.exit_code == 0
    assert examples
    assert all(line.startswith("    ") and "quarterdeck" in line for line in examples)
    assert "\\b" not in result.stdout
    assert "\b" not in result.stdout

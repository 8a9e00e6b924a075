"""What `doctor` looks like: one line each when piped, broken before the edge of a terminal."""

from io import StringIO

import pytest
from rich.console import Console

from bot.cli.doctor import show
from bot.slack.inspection import Finding

WRONG = Finding(
    False, "Channel C0NOTHERE: There is no such channel, or it is private. " * 2, "Use its id. " * 9
)
FINDINGS = (
    Finding(True, "There is a bot token"),
    WRONG,
    Finding(None, "User group S0 has no members", "Add."),
)


def shown(width: int, *, terminal: bool) -> list[str]:
    sink = StringIO()
    console = Console(file=sink, width=width, force_terminal=terminal, color_system=None, highlight=False)
    console.soft_wrap = not terminal
    for finding in FINDINGS:
        show(console, "slack", finding)
    return [line.rstrip() for line in sink.getvalue().splitlines()]


@pytest.mark.parametrize("width", [80, 160])
def test_on_a_terminal_no_line_is_wider_and_what_to_do_begins_its_own(width: int) -> None:
    lines = shown(width, terminal=True)
    assert max(map(len, lines)) <= width
    assert lines[0] == "✔ ok    slack: There is a bot token."
    assert lines[-2:] == ["• note  slack: User group S0 has no members.", "        Add."]
    assert sum(line.startswith("        Use its id.") for line in lines) >= 1
    assert all(line[:8].strip() == "" or line[1:8].strip() in ("ok", "wrong", "note") for line in lines)


def test_piped_each_is_one_line() -> None:
    lines = shown(80, terminal=False)
    assert len(lines) == len(FINDINGS)
    assert lines[2] == "• note  slack: User group S0 has no members. Add."

"""A person at a terminal is told what to type next; a file or a pipe gets the answer only."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.app import app

pytestmark = pytest.mark.slow


def on_a_terminal(*arguments: str, width: int = 80) -> str:
    """What a terminal of this width is shown."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    program = Path(sys.executable).with_name("quarterdeck")
    clean = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES", "CI")}
    process = subprocess.Popen(
        [program, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env={**clean, "TERM": "dumb"}
    )
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:  # Linux says so that the other end is closed
        pass
    process.wait(60)
    os.close(ours)
    return shown.decode().replace("\r\n", "\n")


def test_a_scan_ends_with_what_to_do_next() -> None:
    shown = on_a_terminal("scan", "--sample")
    _, _, after = shown.partition("\nNext\n")
    assert "quarterdeck checks explain pod-privileged  why it matters" in after
    assert "quarterdeck scan --sample --all " in after
    assert "quarterdeck report --sample -o report.pdf " in after
    assert max(map(len, shown.splitlines())) <= 80
    assert re.search(r"^10 of \d+ shown; --all shows the rest\.$", shown, re.MULTILINE)


def test_a_message_is_broken_between_words() -> None:
    lines = on_a_terminal("scan", "--sample", "--framework", "cis").splitlines()
    assert any(line.startswith("Did you mean cis-aks-1.8.0 or cis-eks-1.8.0 or") for line in lines)
    assert all(len(line) <= 80 for line in lines)
    assert any(line.startswith("pod-security-") or " pod-security-baseline," in line for line in lines)


def test_nothing_of_it_is_piped() -> None:
    result = CliRunner().invoke(app, ["scan", "--sample"])
    assert "What moves the score most" in result.stdout
    assert "Next" not in result.output

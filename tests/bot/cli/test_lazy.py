"""Asking for help imports nothing heavy, and the list of commands says what they are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.app import COMMANDS

ROOT = Path(__file__).parents[3]
HEAVY = ("kubernetes", "sqlalchemy", "weasyprint", "slack_bolt", "structlog", "pydantic", "yaml", "jinja2")
_SAY = (
    "import sys, runpy\ntry:\n runpy.run_module('bot', run_name='__main__')\nfinally:\n print(*sys.modules)"
)


def test_help_imports_nothing_heavy() -> None:
    run = subprocess.run(
        [sys.executable, "-c", _SAY, "--help"], capture_output=True, text=True, cwd=ROOT, check=True
    )
    imported = run.stdout.splitlines()[-1].split()
    assert "typer" in imported
    assert sorted({name for name in HEAVY if name in imported}) == []


def test_judging_a_file_imports_neither_a_client_nor_a_database() -> None:
    run = subprocess.run(
        [sys.executable, "-c", _SAY, "scan", "--snapshot", "none"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert run.returncode == 3
    imported = run.stdout.splitlines()[-1].split()
    assert "checks.cluster.snapshot_file" in imported
    needless = ("kubernetes", "urllib3", "requests", "sqlalchemy", "alembic", "apscheduler")
    assert sorted({name for name in needless if name in imported}) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_command_is_there_and_its_line_fits_a_terminal(name: str) -> None:
    command = COMMANDS[name].load(name)
    assert command.name == name
    assert len(COMMANDS[name].help) <= 66
    assert COMMANDS[name].help.endswith(".")

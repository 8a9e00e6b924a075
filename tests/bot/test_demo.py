"""The demonstration, unattended: all is posted in the local Slack, or shown on the terminal without it."""

import json
from collections import Counter
from pathlib import Path

import pytest
from pypdf import PdfReader
from typer.testing import CliRunner

from bot import local_slack
from bot.cli.app import app

pytestmark = pytest.mark.slow


def counted() -> str:
    """What a scan of the sample by itself counts, as people read it."""
    result = CliRunner().invoke(app, ["scan", "--sample", "--format", "json"], catch_exceptions=False)
    results = json.loads(result.stdout)["results"]
    failures = Counter(each["severity"] for each in results if each["status"] == "fail")
    assert failures["critical"] > 0
    return f"harbour: {failures['critical']} critical, {failures['high']} high"


def the_report(folder: Path) -> Path:
    (pdf,) = (folder / "reports").glob("harbour-*.pdf")
    assert len(PdfReader(pdf).pages) > 10
    return pdf


@pytest.mark.slack
def test_once_does_the_whole_way_and_says_what_it_did(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["demo", "--once", "--folder", str(tmp_path)], catch_exceptions=False)
    assert result.exit_code == 0
    assert "The local Slack is at http://127.0.0.1:" in result.stdout
    assert counted() in result.stdout
    assert "Posted in #security" in result.stdout
    assert str(the_report(tmp_path)) in result.stdout.replace("\n", "")
    assert [stage for stage in ("Reading", "Judging", "Rendering") if stage not in result.stderr] == []


def test_without_the_local_slack_the_terminal_has_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_slack, "BINARY", tmp_path / "absent")
    monkeypatch.setenv("PATH", str(tmp_path))
    result = CliRunner().invoke(app, ["demo", "--once", "--folder", str(tmp_path)], catch_exceptions=False)
    assert result.exit_code == 0
    assert counted() in result.stdout
    assert "have cluster-admin besides the built-in group system:masters" in result.stdout
    assert the_report(tmp_path).name in result.stdout.replace("\n", "")
    assert "npm" in result.stderr

"""`quarterdeck escalate` and `blast-radius` on the command line: words, picture, exit codes."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from typer.testing import CliRunner

from bot.cli.app import app


def test_the_picture_is_drawn_beside_the_answer(tmp_path: Path) -> None:
    where = tmp_path / "ways.svg"
    result = CliRunner().invoke(app, ["escalate", "sa:ci/runner", "--sample", "--picture", str(where)])
    assert result.exit_code == 0
    words = ["".join(each.itertext()) for each in ET.parse(where).iter("{http://www.w3.org/2000/svg}text")]
    assert {"ServiceAccount ci/runner", "cluster-admin", "remove ci/runner"} <= set(words)


def test_a_picture_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    where = tmp_path / "missing" / "ways.svg"
    result = CliRunner().invoke(app, ["escalate", "--sample", "--picture", str(where)])
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_a_pod_may_be_named_with_and_without_its_kind() -> None:
    for words in (["payments/ledger"], ["deployment", "payments/ledger"]):
        result = CliRunner().invoke(app, ["blast-radius", *words, "--sample", "--format", "json"])
        assert result.exit_code == 0
        assert '"kind": "Deployment"' in result.stdout
    assert CliRunner().invoke(app, ["blast-radius", "a", "b", "c/d", "--sample"]).exit_code == 2

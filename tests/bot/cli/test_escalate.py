"""`quarterdeck escalate` and `blast-radius` on the command line: words, picture, exit codes."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from typer.testing import CliRunner, Result

from bot.cli.app import app


def test_the_picture_is_drawn_beside_the_answer(tmp_path: Path) -> None:
    where = tmp_path / "ways.svg"
    result = CliRunner().invoke(app, ["escalate", "sa:ci/runner", "--sample", "--picture", str(where)])
    assert result.exit_code == 0
    words = ["".join(each.itertext()) for each in ET.parse(where).iter("{http://www.w3.org/2000/svg}text")]
    assert {"ci/runner", "cluster-admin", "remove RoleBinding ci/runner"} <= set(words)


def test_a_picture_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    where = tmp_path / "missing" / "ways.svg"
    result = CliRunner().invoke(app, ["escalate", "--sample", "--picture", str(where)])
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_a_picture_is_what_its_name_says(tmp_path: Path) -> None:
    png, gif, none = (tmp_path / name for name in ("ways.png", "ways.gif", "none.svg"))

    def run(subject: str, where: Path) -> Result:
        return CliRunner().invoke(app, ["escalate", subject, "--sample", "--picture", str(where)])

    assert run("sa:ci/runner", png).exit_code == 0
    assert png.read_bytes().startswith(b"\x89PNG")
    assert "End it with .png or .svg" in run("sa:ci/runner", gif).stderr
    nobody = run("user:nobody", none)
    assert nobody.exit_code == 0
    assert "There is nothing to draw" in nobody.stderr
    assert not gif.exists()
    assert not none.exists()


def test_a_pod_may_be_named_with_and_without_its_kind() -> None:
    for words in (["payments/ledger"], ["deployment", "payments/ledger"]):
        result = CliRunner().invoke(app, ["blast-radius", *words, "--sample", "--format", "json"])
        assert result.exit_code == 0
        assert '"kind": "Deployment"' in result.stdout
    assert CliRunner().invoke(app, ["blast-radius", "a", "b", "c/d", "--sample"]).exit_code == 2

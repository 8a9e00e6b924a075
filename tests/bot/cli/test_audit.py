"""`quarterdeck audit`: the log of the settings' database, for people and for programs."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

from bot.cli.app import app
from bot.commands.perform import perform
from bot.grammar import understand
from bot.rights.roles import Asker, Held, Rights, Role
from tests.bot.commands.desks import Clock, desk_in

SCHEMA = Path(__file__).parents[3] / "docs" / "schema" / "audit.v1.json"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A settings file whose database knows of two commands, one of them refused."""
    desk = desk_in(tmp_path, Clock())
    perform(desk, understand("status"), asker=Asker("U0ERIN", Rights((Held(Role.VIEWER),)), "C0OPS"))
    perform(desk, understand("scan"), asker=Asker("U0OSCAR", Rights((Held(Role.VIEWER),)), "C0OPS"))
    desk.history.close()
    file = tmp_path / "quarterdeck.yaml"
    file.write_text(json.dumps({"data_dir": str(tmp_path)}), "utf-8")
    return file


def audit(settings: Path, *options: str) -> str:
    run = CliRunner().invoke(app, ["--settings", str(settings), "audit", *options])
    assert run.exit_code == 0, run.output
    return run.stdout


def test_people_see_the_newest_first(settings: Path) -> None:
    said = audit(settings)
    assert "2 commands, 1 of them refused." in said.splitlines()[0]
    assert said.index("U0OSCAR") < said.index("U0ERIN")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), ["scan", "status"]),
        (("--denied",), ["scan"]),
        (("--user", "U0ERIN"), ["status"]),
        (("--since", "yesterday"), ["scan", "status"]),
        (("--limit", "1"), ["scan"]),
    ],
)
def test_it_is_published_json(settings: Path, options: tuple[str, ...], expected: list[str]) -> None:
    answer = json.loads(audit(settings, "--format", "json", *options))
    jsonschema.validate(answer, json.loads(SCHEMA.read_text("utf-8")))
    assert [each["command"] for each in answer["entries"]] == expected


def test_it_is_csv_for_a_spreadsheet(settings: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(audit(settings, "--format", "csv"))))
    assert [
        (row["asker"], row["channel"], row["command"], row["decision"], row["result"]) for row in rows
    ] == [
        ("U0OSCAR", "C0OPS", "scan", "refused", "refused"),
        ("U0ERIN", "C0OPS", "status", "allowed", "bad"),
    ]
    assert rows[0]["run"] == ""


def test_a_moment_that_is_none_is_said(settings: Path) -> None:
    run = CliRunner().invoke(app, ["--settings", str(settings), "audit", "--since", "whenever"])
    assert run.exit_code == 2

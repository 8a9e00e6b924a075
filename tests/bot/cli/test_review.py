"""`quarterdeck review` on the command line: forms, files, kept runs, exit codes."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from bot.cli.app import app
from checks.cluster.snapshot_file import save
from tests.checks.access.rbac_objects import binding, cluster, role, rule
from tests.checks.cluster.audit_log.events import event, lines

LOG = lines(
    event(
        "list",
        {"resource": "pods", "namespace": "ci"},
        requestReceivedTimestamp="2026-12-01T06:00:00.000000Z",
    )
)
SCHEMA = Path(__file__).parents[3] / "docs" / "schema" / "review.v1.json"


def run(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.stdout, result.stderr


def test_each_form_of_the_sample() -> None:
    code, said, _ = run("review", "--sample")
    assert code == 0
    assert said.index("Privileged by what people granted") < said.index("Bindings that grant nothing")
    code, said, _ = run("review", "--sample", "--format", "json")
    assert code == 0
    jsonschema.validate(json.loads(said), json.loads(SCHEMA.read_text()))
    code, said, _ = run("review", "--sample", "--format", "csv", "-n", "ci")
    assert code == 0
    assert "runner" in {row["subject"] for row in csv.DictReader(io.StringIO(said))}


@pytest.mark.parametrize("question", ["review", "who is privileged", "access review of ci"])
def test_it_can_be_asked(question: str) -> None:
    code, said, _ = run("ask", question, "--sample")
    assert code == 0
    assert "privileged" in said.splitlines()[0]


def test_what_is_proposed_can_be_written_to_a_file(tmp_path: Path) -> None:
    where = tmp_path / "narrower.yaml"
    assert run("review", "--sample", "--narrower", str(where))[0] == 0
    (document,) = yaml.safe_load_all(where.read_text("utf-8"))
    assert (document["kind"], document["metadata"]["name"]) == ("Role", "runner")
    code, _, said = run("review", "--sample", "--narrower", str(tmp_path / "no" / "file"))
    assert (code, "cannot be written" in said) == (2, True)


def test_who_reaches_cluster_admin_can_be_drawn(tmp_path: Path) -> None:
    where = tmp_path / "review.svg"
    assert run("review", "--sample", "--picture", str(where))[0] == 0
    assert "ServiceAccount ci/runner" in where.read_text("utf-8")
    code, _, said = run("review", "--sample", "--picture", str(tmp_path / "review.gif"))
    assert (code, "is no picture's name" in said) == (2, True)
    none = tmp_path / "none.svg"
    code, _, said = run("review", "--sample", "-n", "ci", "--picture", str(none))
    assert (code, "nothing to draw" in said, none.exists()) == (0, True, False)


def test_what_was_read_in_part_has_its_exit_code(tmp_path: Path) -> None:
    save(
        cluster(
            role("reader", rule("get", "core", "secrets")),
            binding("b", "reader", "user:a"),
            missing={"RoleBinding": "no right"},
        ),
        tmp_path / "part",
    )
    for form in ("table", "csv"):
        assert run("review", "--snapshot", str(tmp_path / "part"), "--format", form)[0] == 4


@pytest.mark.parametrize("words", [("review",), ("ask", "review cluster=harbour")])
def test_a_cluster_of_the_settings_has_its_kept_runs(tmp_path: Path, words: tuple[str, ...]) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"clusters:\n  - {{name: harbour, sample: true}}\ndata_dir: {tmp_path}\n", "utf-8")
    named = (*words, "--cluster", "harbour") if words == ("review",) else words
    code, said, _ = run("--settings", str(settings), *named)
    assert code == 0
    assert "not known: no earlier run" in said
    code, _, said = run("--settings", str(settings), *named, "--sample")
    assert (code, "Leave one of them out" in said) == (2, True)


def test_what_would_have_been_enough_is_a_file_for_each_subject(tmp_path: Path) -> None:
    (tmp_path / "audit.log").write_bytes(LOG)
    folder = tmp_path / "new" / "enough"
    words = ("review", "--sample", "--audit-log", str(tmp_path / "audit.log"), "--proposals", str(folder))
    code, said, _ = run(*words)
    assert code == 0
    assert "What would have been enough" in said
    text = (folder / "sa_ci_runner.yaml").read_text("utf-8")
    assert text.startswith("# Enough for ServiceAccount ci/runner, by ")
    assert "# Then: kubectl delete rolebinding runner -n ci" in text
    last = max(folder.iterdir())
    assert last.name == "zz-bindings.yaml"
    assert "# Then: kubectl delete rolebinding runner -n ci" in last.read_text("utf-8")


def test_proposals_without_a_log_are_refused(tmp_path: Path) -> None:
    code, _, said = run("review", "--sample", "--proposals", str(tmp_path / "enough"))
    assert (code, "There is no audit log" in said) == (2, True)
    assert not (tmp_path / "enough").exists()


def test_a_saved_snapshot_has_its_log_with_it(tmp_path: Path) -> None:
    (tmp_path / "audit.log").write_bytes(LOG)
    log, saved = str(tmp_path / "audit.log"), str(tmp_path / "saved")
    assert run("snapshot", "save", saved, "--sample", "--audit-log", log)[0] == 0
    code, said, _ = run("review", "--snapshot", saved)
    assert code == 0
    assert "What was used of what was given" in said

"""`quarterdeck diff`: a saved snapshot against another, as people and scripts ask it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from bot.cli.app import app
from checks.cluster.snapshot import Snapshot
from checks.cluster.snapshot_file import save
from tests.checks.access.rbac_objects import binding, cluster, role, rule
from tests.harness.fixture_snapshot import MOMENT

SCHEMA = Path(__file__).parents[3] / "docs" / "schema" / "diff.v1.json"
HELPER = role("helper", rule("*", "*", "*"), rule("*", urls="*"))
READER = role("reader", rule("get list", "core", "pods"))


def diff(folder: Path, before: Snapshot, after: Snapshot, *options: str) -> tuple[int, str]:
    for name, snapshot in (("before", before), ("after", after)):
        save(snapshot, folder / name)
    words = ["diff", str(folder / "before"), "--snapshot", str(folder / "after"), *options]
    run = CliRunner().invoke(app, words)
    return run.exit_code, run.output


def test_who_came_to_cluster_admin_is_said_first(tmp_path: Path) -> None:
    before = cluster(HELPER, READER, binding("b", "reader", "user:bob"))
    code, said = diff(tmp_path, before, cluster(HELPER, READER, binding("a", "helper", "sa:ci/deployer")))
    assert code == 0
    first = said.splitlines()[0]
    assert f"since {MOMENT:%Y-%m-%d %H:%M} UTC 1 subject gained rights and 1 subject lost some" in first
    assert "ServiceAccount ci/deployer came to cluster-admin" in first
    assert said.index("Gained") < said.index("ClusterRoleBinding a") < said.index("Lost") < said.index("pods")


def test_as_json_each_right_has_its_chain(tmp_path: Path) -> None:
    after = cluster(READER, binding("b", "reader", "user:bob", namespace="web", kind="ClusterRole"))
    code, said = diff(tmp_path, cluster(READER), after, "--format", "json")
    assert code == 0
    answer = json.loads(said)
    jsonschema.validate(answer, json.loads(SCHEMA.read_text()))
    (change,) = answer["changes"]
    assert change["subject"] == {"kind": "User", "name": "bob", "namespace": None}
    assert change["lost"] == []
    assert [each["rule"]["verbs"] for each in change["gained"]] == [["get"], ["list"]]
    assert {each["namespace"] for each in change["gained"]} == {"web"}
    assert change["gained"][0]["because"]["binding"] == {
        "kind": "RoleBinding",
        "namespace": "web",
        "name": "b",
    }
    assert answer["evidence"][0]["source"] == "User bob → RoleBinding web/b → ClusterRole reader"


def test_what_could_not_be_read_is_no_change_and_ends_with_4(tmp_path: Path) -> None:
    blind = cluster(READER, missing={"RoleBinding": "no right to list it"})
    code, said = diff(tmp_path, blind, cluster(READER, binding("b", "reader", "user:bob")))
    assert code == 4
    assert "cannot be told: not all RBAC objects could be read" in said
    assert "Earlier, RoleBinding objects could not be read (no right to list it)." in said
    assert "Gained" not in said


def test_two_clusters_are_not_compared(tmp_path: Path) -> None:
    other = cluster(READER)
    other = replace(other, cluster=replace(other.cluster, uid="another", name="staging"))
    code, said = diff(tmp_path, cluster(READER), other)
    assert code == 2
    assert "different clusters" in said


def test_the_wrong_way_round_is_said(tmp_path: Path) -> None:
    later = replace(cluster(READER), finished=MOMENT.replace(year=MOMENT.year + 1))
    _, said = diff(tmp_path, later, cluster(READER))
    assert "nobody gained or lost a right" in said
    assert "the other way round" in said


@pytest.mark.parametrize("content", [None, b"no snapshot"])
def test_what_is_no_snapshot_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content:
        (tmp_path / "before").write_bytes(content)
    run = CliRunner().invoke(app, ["diff", str(tmp_path / "before"), "--sample"])
    assert run.exit_code == 3
    assert "before" in run.output


@pytest.mark.parametrize(
    "words",
    [
        ["diff", "before.qdsnap", "--since", "monday", "--sample"],
        ["diff", "before.qdsnap", "--cluster", "production"],
        ["diff", "--since", "monday", "--sample"],
    ],
)
def test_a_file_and_a_run_are_not_compared_with_at_once(words: list[str]) -> None:
    run = CliRunner().invoke(app, words)
    assert run.exit_code == 2
    assert "--cluster" in run.output


def test_a_run_that_was_kept_is_compared_with(tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"clusters: [{{name: harbour, sample: true}}]\ndata_dir: {tmp_path}\n")
    words = ["--settings", str(settings)]
    kept = CliRunner().invoke(app, [*words, "scan", "--sample", "--record"])
    assert "Kept as run" in kept.output
    run = CliRunner().invoke(app, [*words, "diff", "--since", "yesterday"])
    assert run.exit_code == 0, run.output
    assert "harbour: nobody gained or lost a right since" in run.output
    assert "the oldest run that was kept" in run.output

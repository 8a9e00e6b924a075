"""A scan limited to namespaces says so, and refuses one that is not there: nothing found is not a pass."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from bot.cli.app import app


def test_the_verdict_names_the_limit() -> None:
    result = CliRunner().invoke(app, ["scan", "--sample", "-n", "web", "-n", "ci"])
    assert result.exit_code == 0
    assert "harbour, only namespaces web, ci:" in result.stdout
    assert "a pass holds within web, ci only" in result.stdout


def test_a_namespace_that_is_not_there_is_refused() -> None:
    result = CliRunner().invoke(app, ["scan", "--sample", "--namespace", "wep"])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "There is no namespace wep in harbour." in result.stderr
    assert "Did you mean web?" in result.stderr


def test_in_files_a_namespace_is_there_when_an_object_names_it(tmp_path: Path) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\nspec: {containers: []}\n"
    (tmp_path / "pod.yaml").write_text(pod, encoding="utf-8")
    there = CliRunner().invoke(app, ["scan", "--manifests", str(tmp_path), "-n", "shop"])
    missing = CliRunner().invoke(app, ["scan", "--manifests", str(tmp_path), "-n", "bank"])
    assert there.exit_code == 0
    assert "only namespace shop" in there.stdout
    assert missing.exit_code == 2
    assert "There are: shop." in missing.stderr


def test_what_can_be_no_namespace_is_refused_before_anything_is_read() -> None:
    for name in ("../../secrets", "a/b?limit=1", "", "Shop", "x" * 64, "a\x1b[31m"):
        result = CliRunner().invoke(app, ["scan", "--kubeconfig", "/nowhere", "-n", name])
        assert result.exit_code == 2
        assert "cannot be the name of a namespace" in result.stderr
        assert "\x1b" not in result.stderr

"""`--kubernetes-version` is printed in reports: only a version is taken, and only for manifests."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.app import app


@pytest.mark.parametrize("given", ["banana", "", "1", "1.x", "1.37-evil", "2.0"])
def test_what_is_no_version_is_refused(given: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["scan", "--manifests", str(tmp_path), "--kubernetes-version", given])
    assert result.exit_code == 2
    assert "is not a Kubernetes version; write it as 1.37" in " ".join(result.stderr.split())


@pytest.mark.parametrize("given", ["1.35", "v1.35", "1.35.2"])
def test_a_version_is_what_manifests_are_judged_for(given: str, tmp_path: Path) -> None:
    (tmp_path / "n.yaml").write_text(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: web}\n", encoding="utf-8"
    )
    result = CliRunner().invoke(app, ["scan", "--manifests", str(tmp_path), "--kubernetes-version", given])
    assert result.exit_code == 0
    assert f" v{given.removeprefix('v')} " in result.stdout


def test_a_cluster_says_its_own() -> None:
    result = CliRunner().invoke(app, ["scan", "--sample", "--kubernetes-version", "1.35"])
    assert result.exit_code == 2
    assert "--kubernetes-version is for --manifests" in " ".join(result.stderr.split())

"""`--allowed-registry`: what it changes, and that only a registry is taken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.app import app

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: shop, namespace: web}
spec: {containers: [{name: app, image: "a.example/team/shop:1"}]}
"""


def status(folder: Path, *options: str) -> str:
    (folder / "pod.yaml").write_text(POD)
    result = CliRunner().invoke(app, ["scan", "--manifests", str(folder), "--format", "json", *options])
    results = json.loads(result.stdout)["results"]
    [found] = [each["status"] for each in results if each["check"] == "image-registry-not-allowed"]
    return str(found)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "manual"),
        (("--allowed-registry", "a.example"), "pass"),
        (("--allowed-registry", "a.example/other", "--allowed-registry", "docker.io"), "fail"),
    ],
)
def test_registries_are_judged_by_what_is_allowed(
    tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    assert status(tmp_path, *options) == said


@pytest.mark.parametrize("given", ["shop", "https://a.example", ""])
def test_what_is_no_registry_is_refused(given: str) -> None:
    result = CliRunner().invoke(app, ["scan", "--sample", "--allowed-registry", given])
    assert result.exit_code == 2
    assert "no registry" in " ".join(result.stderr.split())

"""Charts and Kustomize folders are judged by what they render to; a tool that fails gives one message."""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checks.cluster import objects as o
from checks.cluster import rendering
from checks.cluster.errors import BadManifest
from checks.cluster.manifests import read_manifests
from checks.cluster.snapshot import Snapshot
from tests.kubernetes.build import binary

ROOT = Path(__file__).parents[3]
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"


def read(path: Path, *values: Path) -> Snapshot:
    return read_manifests(path, version=None, now=datetime.now(UTC), values=values)


def tool(folder: Path, name: str, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in on the PATH, for what a real tool cannot be made to do."""
    file = folder / "bin" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    monkeypatch.setenv("PATH", str(file.parent))


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    folder = tmp_path / "-chart"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(
        "apiVersion: v2\nname: web\nversion: 1.0.0\nkubeVersion: '>=1.36.0-0'\n"
    )
    (folder / "values.yaml").write_text("name: settings\n")
    (folder / "templates" / "config.yaml").write_text(CONFIG.replace("settings", "{{ .Values.name }}"))
    return folder


@pytest.fixture
def kustomization(tmp_path: Path) -> Path:
    folder = tmp_path / "overlay"
    folder.mkdir()
    (folder / "kustomization.yaml").write_text("namePrefix: test-\nresources: [config.yaml]\n")
    (folder / "config.yaml").write_text(CONFIG)
    return folder


@pytest.mark.kubernetes
class TestRealHelm:
    @pytest.fixture(autouse=True)
    def _on_the_path(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(binary("helm").parent))

    def test_a_chart_is_rendered_with_its_values_for_the_version_asked_for(self, chart: Path) -> None:
        values = chart.parent / "mine.yaml"
        values.write_text("name: mine\n")
        assert [each.metadata.name for each in read(chart).all(o.ConfigMap)] == ["settings"]
        assert [each.metadata.name for each in read(chart, values).all(o.ConfigMap)] == ["mine"]

    def test_our_own_chart_is_read_without_a_problem(self, tmp_path: Path) -> None:
        values = tmp_path / "values.yaml"
        values.write_text("slack: {existingSecret: quarterdeck-slack}\n")
        snapshot = read(ROOT / "helm" / "quarterdeck", values)
        assert snapshot.problems == ()
        assert [each.metadata.namespace for each in snapshot.all(o.Deployment)] == ["default"]

    def test_a_chart_that_is_broken_says_where(self, chart: Path) -> None:
        (chart / "templates" / "config.yaml").write_text("{{ .Values.name | nothing }}")
        with pytest.raises(BadManifest, match=r"helm template of .*-chart fails: .*nothing"):
            read(chart)


def test_kustomize_comes_before_kubectl_and_gets_no_surroundings(
    kustomization: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", "/somewhere")
    name = '$1-$KUBECONFIG-$([ -z "$(/bin/ls -A $PATH)" ] && echo bare)'
    tool(tmp_path, "kustomize", f"/bin/cat <<EOF\n{CONFIG.replace('settings', name)}\nEOF", monkeypatch)
    assert [each.metadata.name for each in read(kustomization).all(o.ConfigMap)] == ["build--bare"]


def test_kubectl_renders_where_there_is_no_kustomize(
    kustomization: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool(tmp_path, "kubectl", f"/bin/cat <<EOF\n{CONFIG.replace('settings', '$1')}\nEOF", monkeypatch)
    assert [each.metadata.name for each in read(kustomization).all(o.ConfigMap)] == ["kustomize"]


@pytest.mark.parametrize(("what", "named"), [("chart", "helm"), ("kustomization", "kustomize or kubectl")])
def test_a_tool_that_is_missing_is_named(
    what: str, named: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BadManifest, match=f"{named} is not installed"):
        read(request.getfixturevalue(what))


def test_a_tool_that_hangs_is_ended_with_all_that_it_started(
    chart: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = tmp_path / "started"
    tool(tmp_path, "helm", f"/bin/sleep 600 & echo $! > {started}; wait", monkeypatch)
    monkeypatch.setattr(rendering, "SECONDS", 0.5)
    with pytest.raises(BadManifest, match="did not end within"):
        read(chart)
    for _ in range(100):
        if not Path(f"/proc/{started.read_text().strip()}/root").exists():
            return
        time.sleep(0.05)
    os.kill(int(started.read_text()), signal.SIGKILL)
    pytest.fail("what the tool had started was left running")


def test_what_a_failing_tool_says_is_harmless_to_print(
    chart: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool(tmp_path, "helm", r"printf 'bad \033[31mvalue\n' >&2; exit 3", monkeypatch)
    with pytest.raises(BadManifest) as raised:
        read(chart)
    assert "fails: bad [31mvalue." in str(raised.value)


def test_output_without_end_is_refused(chart: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool(tmp_path, "helm", "/usr/bin/head -c 3000000 /dev/zero", monkeypatch)
    monkeypatch.setattr(rendering, "MAX_FILE_BYTES", 1 << 20)
    with pytest.raises(BadManifest, match="more than 1 MiB"):
        read(chart)


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX"])
def test_a_tool_and_what_it_starts_can_make_no_socket(
    chart: Path, tmp_path: Path, family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = f"import socket; socket.socket(socket.{family})"
    tool(
        tmp_path, "helm", f"{sys.executable} -c '{opening}' 2>&1 | /usr/bin/tail -1 >&2; exit 3", monkeypatch
    )
    with pytest.raises(BadManifest, match="Permission denied"):
        read(chart)


def test_values_are_for_a_chart(kustomization: Path, tmp_path: Path) -> None:
    (kustomization / "kustomization.yaml").unlink()
    with pytest.raises(BadManifest, match="no Helm chart"):
        read(kustomization, tmp_path / "values.yaml")

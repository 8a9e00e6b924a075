"""Kustomize folders as the real kustomize builds them: bases and generators, no network and no programs."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.app import app
from checks.cluster import objects as o
from checks.cluster.errors import BadManifest
from checks.cluster.manifests import read_manifests
from checks.cluster.snapshot import Snapshot
from checks.cluster.snapshot_file import save
from tests.checks.cluster.wire import Wire, body
from tests.kubernetes.build import binary

pytestmark = pytest.mark.kubernetes

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "web:1", securityContext: {privileged: true}}
"""
PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers: [{name: web, securityContext: {privileged: false}}]
"""
BASE = """\
resources: [web.yaml]
configMapGenerator: [{name: web, literals: [mode=calm]}]
secretGenerator: [{name: key, literals: [password=marker-of-the-test]}]
"""
OVERLAY = """\
namespace: shop
namePrefix: prod-
resources: [../base]
components: [../quota]
images: [{name: web, newName: registry.example.com/web, newTag: "2"}]
patches: [{path: calm.yaml}]
"""
QUOTA = """\
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
resources: [quota.yaml]
"""


@pytest.fixture(autouse=True)
def _on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{binary('kustomize').parent}{os.pathsep}{os.environ['PATH']}")


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(content)
    return folder


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    write(tmp_path / "base", kustomization=BASE, web=DEPLOYMENT)
    quota = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: all}\n"
    write(tmp_path / "quota", kustomization=QUOTA, quota=quota)
    return write(tmp_path / "prod", kustomization=OVERLAY, calm=PATCH)


def read(path: Path) -> Snapshot:
    return read_manifests(path, version=None, now=datetime.now(UTC))


def test_an_overlay_is_judged_as_it_will_be_applied(overlay: Path) -> None:
    snapshot = read(overlay)
    (deployment,) = snapshot.all(o.Deployment)
    (container,) = deployment.spec.template.spec.containers or ()
    assert (deployment.metadata.namespace, deployment.metadata.name) == ("shop", "prod-web")
    assert container.image == "registry.example.com/web:2"
    assert container.security_context is not None
    assert container.security_context.privileged is False
    assert [each.metadata.name for each in snapshot.all(o.ResourceQuota)] == ["prod-all"]
    assert snapshot.problems == ()


def test_what_generators_make_is_there_and_no_value_of_a_secret(overlay: Path, tmp_path: Path) -> None:
    snapshot = read(overlay)
    (made,) = [each.metadata.name for each in snapshot.all(o.ConfigMap)]
    (secret,) = snapshot.all(o.Secret)
    assert made.startswith("prod-web-")
    assert secret.metadata.name.startswith("prod-key-")
    save(snapshot, tmp_path / "file.qdsnap")
    assert "marker-of-the-test" not in repr(snapshot)
    assert "bWFya2VyLW9mLXRoZS10ZXN0" not in repr(snapshot)


def test_the_scan_names_base_and_overlay_findings_by_folder(overlay: Path) -> None:
    base = CliRunner().invoke(app, ["scan", "--manifests", str(overlay.parent / "base")])
    mended = CliRunner().invoke(app, ["scan", "--manifests", str(overlay)])
    assert (base.exit_code, mended.exit_code) == (0, 0), base.output + mended.output
    assert "pod-privileged" in base.stdout
    assert "pod-privileged" not in mended.stdout
    assert "shop/prod-web" in mended.stdout


@pytest.mark.parametrize(
    "remote",
    [
        "https://example.com/base.yaml",
        "https://github.com/example/base//deploy?ref=v1",
        "git@github.com:example/base.git",
        "ssh://git@example.com/base",
    ],
)
def test_what_is_elsewhere_is_not_fetched(remote: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "k", kustomization=f"resources: ['{remote}']\n")
    with pytest.raises(BadManifest, match=r"(?s)kustomize build of .* fails: .*") as raised:
        read(folder)
    assert "nothing is fetched" in raised.value.next_step


@pytest.fixture
def here() -> Iterator[Wire]:
    with Wire(otherwise=body(b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fetched}\n")) as wire:
        yield wire


@pytest.mark.parametrize(
    "how",
    [
        "resources: ['{url}']",
        "components: ['{url}']",
        "crds: ['{url}']",
        "patches: [{{path: '{url}'}}]",
        "openapi: {{path: '{url}'}}",
        "configMapGenerator: [{{name: a, files: ['a={url}']}}]",
        "transformers: ['{url}']",
    ],
)
def test_nor_is_anything_asked_of_this_machine(how: str, here: Wire, tmp_path: Path) -> None:
    """A proxy would not be used for it: see checks.cluster.fence."""
    folder = write(tmp_path / "k", kustomization=how.format(url=f"{here.url}/a.yaml") + "\n")
    with pytest.raises(BadManifest, match="fails"):
        read(folder)
    assert here.asked == []


@pytest.mark.parametrize(
    ("field", "plugin"),
    [
        ("generators", "annotations: {config.kubernetes.io/function: 'exec: {path: ./run}'}"),
        ("transformers", "annotations: {config.kubernetes.io/function: 'container: {image: example}'}"),
        ("generators", "name: old"),
    ],
)
def test_no_program_of_the_folder_runs(field: str, plugin: str, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    folder = write(
        tmp_path / "k",
        kustomization=f"{field}: [plugin.yaml]\n",
        plugin=f"apiVersion: example.com/v1\nkind: Anything\nmetadata: {{name: x, {plugin}}}\n",
    )
    (folder / "run").write_text(f"#!/bin/sh\n/usr/bin/touch {ran}\n")
    (folder / "run").chmod(0o755)
    with pytest.raises(BadManifest, match="fails"):
        read(folder)
    assert not ran.exists()


def test_charts_are_not_inflated_from_within(tmp_path: Path) -> None:
    chart = "helmCharts: [{name: web}]\n"
    with pytest.raises(BadManifest, match="enable-helm"):
        read(write(tmp_path / "k", kustomization=chart))


def test_a_file_outside_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").write_text(DEPLOYMENT)
    with pytest.raises(BadManifest, match="is not in or below"):
        read(write(tmp_path / "k", kustomization="resources: [../outside.yaml]\n"))


def test_renderings_at_once_do_not_disturb_each_other(overlay: Path) -> None:
    found: list[Snapshot] = []
    threads = [threading.Thread(target=lambda: found.append(read(overlay))) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert [len(each.all(o.Deployment)) for each in found] == [1, 1, 1, 1]

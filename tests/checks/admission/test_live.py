"""Own checks on the real API server: custom resources are found by discovery, Secrets come without data."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bot.commands.scan import judge
from checks.admission import own
from checks.cluster.source import LiveCluster, take_snapshot
from checks.model import Status
from tests.harness.api_server import CONTEXT, ApiServer

pytestmark = pytest.mark.kubernetes

GIZMOS = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "gizmos.stable.example.com"},
    "spec": {
        "group": "stable.example.com",
        "names": {"plural": "gizmos", "singular": "gizmo", "kind": "Gizmo"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
                },
            }
        ],
    },
}
CHECK = """\
  - id: own-%s
    title: One
    severity: low
    rationale: Because.
    remediation: Do it.
    match: {apiVersion: %s, kind: %s}
    validations:
      - expression: %s
"""
CHECKS = "checks:\n" + "".join(
    (
        CHECK % ("gizmo", "stable.example.com/v1", "Gizmo", "object.spec.size < 3"),
        CHECK % ("secret", "v1", "Secret", "\"!('token' in object.data)\""),
        CHECK % ("secret-name", "v1", "Secret", "\"object.metadata.name != 'hidden'\""),
        CHECK % ("nothing", "stable.example.com/v1", "Nothing", "object.spec.size < 3"),
    )
)


def test_own_checks_on_a_live_cluster(api_server: ApiServer, namespace: str, tmp_path: Path) -> None:
    gizmo = {
        "apiVersion": "stable.example.com/v1",
        "kind": "Gizmo",
        "metadata": {"name": "large"},
        "spec": {"size": 3},
    }
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "hidden"},
        "stringData": {"token": "a-value"},
    }
    path = tmp_path / "own.yaml"
    path.write_text(CHECKS)
    target = LiveCluster(api_server.kubeconfig, CONTEXT)
    api_server.api.apply(GIZMOS)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                api_server.api.apply(gizmo, secret, namespace=namespace)
                break
            except Exception:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.3)
        whole = take_snapshot(target, progress=lambda *_: None, whole=own.asked(own.load((path,)))).whole
        scan = judge(target, wanted=(), version="t", progress=lambda _: None, own=(path,)).scan
    finally:
        api_server.api.delete(GIZMOS)

    assert not any(b"a-value" in bytes(item.raw) for kind in whole for item in kind.items)
    said = {
        (each.check, each.resource.name): each
        for each in scan.results
        if each.check.startswith("own-") and each.resource.namespace in {namespace, None}
    }
    assert said["own-gizmo", "large"].status is Status.FAIL
    assert said["own-secret", "hidden"].status is Status.NOT_EVALUATED
    assert said["own-secret-name", "hidden"].status is Status.FAIL
    (nothing,) = (each for key, each in said.items() if key[0] == "own-nothing")
    assert nothing.status is Status.NOT_EVALUATED
    assert "does not serve" in (nothing.reason or "")

"""What will be missing is said on standard error before the first list is answered, whoever reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.checks.cluster.wire import Answer, Handler, Wire, items, reply, status, write_kubeconfig

ROOT = Path(__file__).parents[3]
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
LINE = "No right to list ClusterRoleBinding: what needs it is not evaluated.\n"


def reviewed(handler: Handler) -> None:
    resource = json.loads(handler.sent)["spec"]["resourceAttributes"]["resource"]
    reply({"status": {"allowed": resource != "clusterrolebindings"}}, 201)(handler)


def held_until(released: threading.Event) -> Answer:
    """Every list waits; nothing else is there."""

    def answer(handler: Handler) -> None:
        if "limit" not in handler.query:
            status(404)(handler)
            return
        released.wait(60)
        metadata_only = "PartialObjectMetadataList" in handler.headers["Accept"]
        items(kind="PartialObjectMetadataList" if metadata_only else "List")(handler)

    return answer


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ("scan", "--format", "json"),
        ("ask", "who has cluster-admin"),
        ("report", "--format", "html", "--output", "report.html"),
        ("snapshot", "save", "cluster.qdsnap"),
    ],
    ids=lambda command: command[0],
)
def test_it_is_said_before_anything_is_read(tmp_path: Path, command: tuple[str, ...]) -> None:
    released = threading.Event()
    plan = {
        REVIEWS: reviewed,
        "/version": reply({"gitVersion": "v1.37.0"}),
        "/api/v1/namespaces/kube-system": status(403),
        "/api/v1/namespaces/kube-system/configmaps/kubeadm-config": status(403),
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings": status(403),
    }
    with Wire(plan, held_until(released)) as wire:
        kubeconfig = write_kubeconfig(tmp_path / "kubeconfig", wire.url)
        with subprocess.Popen(
            [sys.executable, "-m", "bot", *command, "--kubeconfig", kubeconfig],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        ) as process:
            assert process.stderr is not None
            assert process.stdout is not None
            said = process.stderr.readline()
            released.set()
            out, rest = process.stdout.read(), process.stderr.read()
        assert said == LINE
        assert LINE not in rest
        assert "No right" not in out
        assert process.returncode == 4

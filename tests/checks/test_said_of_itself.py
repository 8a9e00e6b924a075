"""What the API server counts of itself and says of its health, against real ones with a real key service."""

from __future__ import annotations

import base64
import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
import yaml

from checks.cluster import objects as o
from checks.cluster.objects import wire
from checks.cluster.snapshot import Snapshot
from checks.cluster.source import LiveCluster, take_snapshot
from checks.encryption.faults import faults
from checks.encryption.lookup import SECRETS, writer
from checks.model import Status, Verdict
from checks.registry import all_checks
from tests.harness.api_server import ApiServer
from tests.harness.kubernetes_api import ApiError
from tests.harness.processes import Server
from tests.kubernetes.build import binary

pytestmark = [pytest.mark.kubernetes, pytest.mark.slow]

CHECKS = {check.id: check for check in all_checks()}
KEY_IDS = "apiserver_envelope_encryption_key_id_hash_total"
SECONDS = 60.0
MANY = 1_000


class KeyService:
    """A KMS v2 plugin on a socket (`rig kms`), and the encryption configuration that names it."""

    def __init__(self, folder: Path) -> None:
        self._state, socket = folder / "state.json", folder / "kms.sock"
        self.set_to(key="key-1")
        self._server = Server([binary("rig"), "kms", socket, self._state], folder / "kms.log")
        plugin = {"apiVersion": "v2", "name": "vault", "endpoint": f"unix://{socket}"}
        self.configuration = {
            "apiVersion": "apiserver.config.k8s.io/v1",
            "kind": "EncryptionConfiguration",
            "resources": [{"resources": ["secrets"], "providers": [{"kms": plugin}, {"identity": {}}]}],
        }
        self.file = folder / "encryption.yaml"
        self.file.write_text(yaml.safe_dump(self.configuration))
        self.stop = self._server.kill

    def set_to(self, **state: str) -> None:
        """Which `key` it encrypts by from now on, and the `fault` that it answers with."""
        new = self._state.with_suffix(".new")
        new.write_text(json.dumps(state))
        new.replace(self._state)


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[KeyService]:
    service = KeyService(tmp_path)
    yield service
    service.stop()


def audited(folder: Path, rules: list[dict[str, object]], log: Path, mode: str) -> list[str]:
    policy = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": rules}
    (folder / "policy.yaml").write_text(yaml.safe_dump(policy))
    return [
        f"--audit-policy-file={folder / 'policy.yaml'}",
        f"--audit-log-path={log}",
        f"--audit-log-mode={mode}",
    ]


def taken(server: ApiServer) -> Snapshot:
    target = LiveCluster(server.kubeconfig, metrics=True)
    kinds = ("Namespace", "ControlPlanePod", "ApiServerMetrics")
    return take_snapshot(target, progress=lambda *_: None, kinds=kinds)


def said(snapshot: Snapshot, check: str) -> Verdict:
    (verdict,) = CHECKS[check].function(snapshot)
    return verdict


def wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not until():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.5)


def write_secret(server: ApiServer, name: str) -> bytes:
    """Write a secret and return what etcd then has of it."""
    metadata = {"name": name, "namespace": "default"}
    data = {"stringData": {"password": "in-plain-text"}}
    server.api.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, **data})
    asked = json.dumps({"key": base64.b64encode(f"/registry/secrets/default/{name}".encode()).decode()})
    request = urllib.request.Request(f"{server.etcd_url}/v3/kv/range", asked.encode())
    with urllib.request.urlopen(request, timeout=10) as answer:
        (pair,) = json.load(answer)["kvs"]
    return base64.b64decode(pair["value"])


def test_a_key_service_is_well_then_fails_and_comes_back_with_another_key(
    tmp_path: Path, keys: KeyService
) -> None:
    log = audited(tmp_path, [{"level": "Metadata"}], tmp_path / "audit.log", "blocking")
    file = wire.convert(keys.configuration, o.EncryptionConfiguration)
    assert not faults(file, 37)
    with ApiServer(flags=[f"--encryption-provider-config={keys.file}", *log]) as server:

        def failing() -> bool:
            return said(taken(server), "encryption-kms-failing").status is Status.FAIL

        def keys_seen() -> int:
            lines = server.api.get("/metrics")["text"].splitlines()
            return sum(line.startswith(KEY_IDS) and "to_storage" in line for line in lines)

        stored = write_secret(server, "first")
        assert stored.startswith(writer(file, SECRETS).prefix.encode())
        assert b"in-plain-text" not in stored
        snapshot = taken(server)
        assert said(snapshot, "encryption-kms-failing").status is Status.PASS
        assert said(snapshot, "encryption-secrets-at-rest").status is Status.PASS
        assert said(snapshot, "audit-log-missing").status is Status.PASS
        assert said(snapshot, "audit-events-lost").status is Status.PASS

        keys.set_to(key="key-1", fault="the service is sealed")
        wait(failing)
        assert write_secret(server, "second").startswith(b"k8s:enc:kms:v2:vault:")
        found = said(taken(server), "encryption-kms-failing")
        assert {each.path for each in found.evidence} == {"/readyz", "/healthz/kms-providers"}
        assert b"sealed" not in msgspec.json.encode(found)
        assert ("/livez", "kms-providers") not in {
            (each.endpoint, each.name)
            for metrics in taken(server).all(o.ApiServerMetrics)
            for each in metrics.health
        }

        keys.set_to(key="key-2")
        wait(lambda: not failing())
        assert write_secret(server, "third").startswith(b"k8s:enc:kms:v2:vault:")
        assert keys_seen() == 2
        names = {each["metadata"]["name"] for each in server.api.get("/api/v1/secrets")["items"]}
        assert names >= {"first", "second", "third"}
        assert said(taken(server), "encryption-secrets-at-rest").status is Status.PASS


def test_an_api_server_without_audit_and_keys_says_so(api_server: ApiServer) -> None:
    snapshot = taken(api_server)
    assert said(snapshot, "audit-log-missing").status is Status.FAIL
    assert said(snapshot, "audit-events-lost").status is Status.NOT_APPLICABLE
    assert said(snapshot, "encryption-kms-failing").status is Status.NOT_APPLICABLE


def test_a_log_that_records_nothing_and_then_cannot_be_written(tmp_path: Path) -> None:
    """The policy records one kind of object, and the disk is full from the start."""
    path = "/api/v1/namespaces/default/replicationcontrollers"
    rules: list[dict[str, object]] = [
        {"level": "Metadata", "resources": [{"group": "", "resources": ["replicationcontrollers"]}]},
        {"level": "None"},
    ]
    flags = audited(tmp_path, rules, Path("/dev/full"), "blocking-strict")
    with ApiServer(flags=flags) as server:
        for _ in range(MANY):
            server.api.get("/version")
        snapshot = taken(server)
        nothing = said(snapshot, "audit-log-missing")
        assert (nothing.status, "recorded none" in nothing.message) == (Status.FAIL, True)
        assert said(snapshot, "audit-events-lost").status is Status.NOT_APPLICABLE

        with pytest.raises(ApiError) as refused:
            server.api.get(path)
        assert refused.value.status == 500
        snapshot = taken(server)
        lost = said(snapshot, "audit-events-lost")
        assert (lost.status, "1 requests were refused" in lost.message) == (Status.FAIL, True)
        assert said(snapshot, "audit-log-missing").status is Status.NOT_EVALUATED

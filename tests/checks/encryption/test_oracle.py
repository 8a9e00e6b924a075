"""The lookup of providers against the judge: what a real API server accepts, and what it writes into etcd."""

from __future__ import annotations

import base64
import json
import urllib.request
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from checks.cluster import objects as o
from checks.cluster.allowed import read_metrics
from checks.cluster.objects import wire
from checks.cluster.snapshot import Snapshot
from checks.encryption.faults import faults
from checks.encryption.lookup import Target, writer
from checks.encryption.metrics import measured
from checks.model import Status
from tests.harness.api_server import ApiServer, ApiServerError
from tests.harness.fixture_snapshot import snapshot_of

pytestmark = [pytest.mark.kubernetes, pytest.mark.slow]

MINOR = 37
ACCEPTED, REFUSED = 5, 10
NAMES = (
    "secrets",
    "configmaps",
    "*.",
    "*.*",
    "*.apps",
    "deployments.apps",
    "widgets.example.com",
    "*.example.com",
)
ODD = ("*", "Secrets", "secrets.*", "events.events.k8s.io", "ingresses.extensions", "serviceipallocations")
WIDGETS = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
        "versions": [
            {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
        ],
    },
}
POD = {
    "metadata": {"labels": {"app": "probe"}},
    "spec": {"containers": [{"name": "app", "image": "registry.example.com/app:1"}]},
}
WRITTEN: dict[Target, tuple[str, dict[str, Any]]] = {
    Target("secrets"): ("secrets/default/probe", {"apiVersion": "v1", "kind": "Secret"}),
    Target("configmaps"): ("configmaps/default/probe", {"apiVersion": "v1", "kind": "ConfigMap"}),
    Target("deployments", "apps"): (
        "deployments/default/probe",
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "spec": {"selector": {"matchLabels": {"app": "probe"}}, "template": POD},
        },
    ),
    Target("widgets", "example.com"): (
        "example.com/widgets/default/probe",
        {"apiVersion": "example.com/v1", "kind": "Widget"},
    ),
}


def a_provider(random: Random, number: int) -> dict[str, Any]:
    kind = random.choice(("identity", "aescbc", "aesgcm", "secretbox"))
    if kind == "identity":
        return {"identity": {}}
    key = base64.b64encode(random.randbytes(32)).decode()
    return {kind: {"keys": [{"name": f"key{number}", "secret": key}]}}


def a_file(random: Random, odd: float) -> dict[str, Any]:
    rules = []
    for _ in range(random.randint(1, 4)):
        names = random.sample(NAMES, random.randint(1, 2))
        if random.random() < odd:
            names.append(random.choice(ODD))
        providers = [a_provider(random, n) for n in range(random.randint(1, 3))]
        if random.random() < odd / 3:
            providers[0] = random.choice((_short_key(), {}, {"kms": {"apiVersion": "v2", "name": "a:b"}}))
        rules.append({"resources": names, "providers": providers})
    return {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration", "resources": rules}


def _short_key() -> dict[str, Any]:
    return {"aescbc": {"keys": [{"name": "key", "secret": base64.b64encode(b"short").decode()}]}}


def files(*, refused: bool, number: int) -> list[dict[str, Any]]:
    """Random files that are to be refused, or not."""
    random = Random(11 if refused else 7)
    found: list[dict[str, Any]] = []
    while len(found) < number:
        given = a_file(random, 0.3 if refused else 0.0)
        if bool(faults(wire.convert(given, o.EncryptionConfiguration), MINOR)) is refused:
            found.append(given)
    return found


def counters_of(server: ApiServer) -> Snapshot:
    """What the API server counts of itself, as a scan that may ask for it reads it."""
    text = server.api.get("/metrics")["text"].encode()
    found = o.ApiServerMetrics(metadata=o.Metadata(name="kube-apiserver"), samples=read_metrics(text))
    return replace(snapshot_of(), objects={"ApiServerMetrics": (found,)})


def stored(server: ApiServer, key: str) -> bytes:
    """What etcd has under a key."""
    asked = json.dumps({"key": base64.b64encode(f"/registry/{key}".encode()).decode()}).encode()
    request = urllib.request.Request(f"{server.etcd_url}/v3/kv/range", asked)
    with urllib.request.urlopen(request, timeout=10) as answer:
        (pair,) = json.load(answer)["kvs"]
    return base64.b64decode(pair["value"])


@pytest.mark.parametrize("number", range(ACCEPTED))
def test_what_is_written_is_what_the_lookup_says(tmp_path: Path, number: int) -> None:
    given = files(refused=False, number=ACCEPTED)[number]
    ours = wire.convert(given, o.EncryptionConfiguration)
    path = tmp_path / "encryption.yaml"
    path.write_text(yaml.safe_dump(given))
    with ApiServer(flags=[f"--encryption-provider-config={path}"]) as server:
        server.api.apply(WIDGETS)
        for target, (key, document) in WRITTEN.items():
            server.api.apply({**document, "metadata": {"name": "probe", "namespace": "default"}})
            value, expected = stored(server, key), writer(ours, target)
            assert value.startswith(expected.prefix.encode()), (target, given)
            assert value.startswith(b"k8s:enc:") is not expected.plain, (target, given)
            counted = measured(counters_of(server), target)
            if expected.at:
                wanted = Status.FAIL if expected.plain else Status.PASS
                assert counted is not None, (target, given)
                assert counted.status is wanted, (target, given)


@pytest.mark.parametrize("number", range(REFUSED))
def test_what_is_refused_keeps_it_from_starting(tmp_path: Path, number: int) -> None:
    given = files(refused=True, number=REFUSED)[number]
    path = tmp_path / "encryption.yaml"
    path.write_text(yaml.safe_dump(given))
    with (
        pytest.raises(ApiServerError, match="ended"),
        ApiServer(flags=[f"--encryption-provider-config={path}"]),
    ):
        pass

"""`encryption secrets`: yes, no or unknown, and by what that is known."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from bot.answer import Answer, to_json
from bot.commands.encrypted import IsEncrypted
from bot.commands.questions import answer
from tests.harness.fixture_snapshot import MOMENT, snapshot_of

IDENTITY: dict[str, Any] = {"identity": {}}
KMS = {"kms": {"apiVersion": "v2", "name": "vault", "endpoint": "unix:///kms.sock"}}


def file_of(resources: list[str], *providers: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "metadata": {"name": "encryption.yaml"},
        "resources": [{"resources": resources, "providers": list(providers)}],
    }


def asked(resource: str, *documents: dict[str, Any]) -> Answer:
    return answer("prod", IsEncrypted(resource), snapshot_of(*documents), MOMENT + timedelta(seconds=7))


@pytest.mark.parametrize(
    ("resource", "document", "encrypted", "words"),
    [
        ("secrets", file_of(["secrets"], KMS, IDENTITY), True, "Yes. kms v2 writes them"),
        ("secrets", file_of(["secrets"], IDENTITY, KMS), False, "No. The provider identity writes them"),
        ("configmaps", file_of(["secrets"], KMS), False, "No. No entry covers them"),
        ("widgets.example.com", file_of(["*.*"], KMS), True, "Yes. kms v2"),
        ("secrets", file_of(["*"], KMS), None, "Unknown. The API server refuses the file"),
    ],
)
def test_who_writes_decides(
    resource: str, document: dict[str, Any], encrypted: bool | None, words: str
) -> None:
    answer = asked(resource, document)
    assert answer.extra["encrypted"] is encrypted
    assert answer.extra["incomplete"] is (encrypted is None)
    assert words in answer.verdict
    assert answer.caveats
    msgspec.json.encode(to_json(answer))


def test_without_anything_to_go_by_it_is_unknown() -> None:
    answer = asked("secrets")
    assert answer.extra["encrypted"] is None
    assert "Unknown" in answer.verdict


def test_on_openshift_its_own_words_and_its_operator_s_decide() -> None:
    server = {
        "apiVersion": "config.openshift.io/v1",
        "kind": "APIServer",
        "metadata": {"name": "cluster"},
        "spec": {"encryption": {"type": "aescbc"}},
    }
    told = [{"type": "Encrypted", "status": "True", "reason": "EncryptionCompleted"}]
    operator = {
        "apiVersion": "operator.openshift.io/v1",
        "kind": "KubeAPIServer",
        "metadata": {"name": "cluster"},
        "status": {"conditions": told},
    }
    assert asked("secrets", server, operator).extra["encrypted"] is True
    assert asked("secrets", server).extra["encrypted"] is None
    assert asked("deployments.apps", server, operator).extra["encrypted"] is False
    assert asked("secrets", server | {"spec": {}}).extra["encrypted"] is False


def test_an_api_server_without_the_flag_encrypts_nothing() -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "kube-apiserver-cp-1",
            "namespace": "kube-system",
            "labels": {"component": "kube-apiserver", "tier": "control-plane"},
        },
        "spec": {"containers": [{"name": "kube-apiserver", "command": ["kube-apiserver"]}]},
    }
    answer = asked("secrets", pod)
    assert answer.extra["encrypted"] is False
    assert answer.evidence


def test_what_the_api_server_says_of_itself_is_said_beside_the_file() -> None:
    moments = "apiserver_encryption_config_controller_automatic_reload_last_timestamp_seconds"
    itself = {
        "apiVersion": "quarterdeck.dev/v1",
        "kind": "ApiServerMetrics",
        "metadata": {"name": "kube-apiserver"},
        "health": [{"endpoint": "/readyz", "name": "kms-providers", "ok": False}],
        "samples": [{"name": moments, "labels": [["status", "failure"]], "value": 1795568452.0}],
    }
    well = {**itself, "health": [{"endpoint": "/readyz", "name": "kms-providers", "ok": True}], "samples": []}
    file = file_of(["secrets"], KMS, IDENTITY)

    answer, without = asked("secrets", file, itself), asked("secrets", file, well)

    assert answer.extra["encrypted"] is True
    more = [each for each in answer.caveats if each not in without.caveats]
    assert ["KMS plugin that is not well" in more[0], "could not take up" in more[1]] == [True, True]
    assert len(more) == 2

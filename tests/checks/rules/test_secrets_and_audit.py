"""The numbered rules about secrets and audit that take a whole check, by their numbers."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from checks.cluster.snapshot import Snapshot
from checks.model import Result, Status
from checks.registry import all_checks
from checks.run import evaluate
from checks.secret_use import secrets_of
from checks.workloads import workloads
from tests.harness.fixture_snapshot import snapshot_of

CHECKS = {check.id: check for check in all_checks()}
VALUE = "correct-horse-battery-staple"
Doc = dict[str, Any]


def judged(check: str, snapshot: Snapshot) -> tuple[Result, ...]:
    return evaluate(snapshot, (CHECKS[check],), (), tool_version="1").results


def on(provider: str, version: str, *documents: Doc) -> Snapshot:
    snapshot = snapshot_of(*documents)
    cluster = msgspec.structs.replace(snapshot.cluster, provider=provider, version=version)
    return msgspec.structs.replace(snapshot, cluster=cluster)


def pod(**spec: Any) -> Doc:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "web"},
        "spec": {"containers": [{"name": "app", "image": "app:1"}], **spec},
    }


def api_server(*flags: str) -> Doc:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "kube-apiserver-cp-1",
            "namespace": "kube-system",
            "labels": {"component": "kube-apiserver", "tier": "control-plane"},
        },
        "spec": {"containers": [{"name": "kube-apiserver", "command": ["kube-apiserver", *flags]}]},
    }


def test_rule_85_without_evidence_it_is_unknown() -> None:
    (result,) = judged("encryption-secrets-at-rest", snapshot_of())
    assert result.status is Status.NOT_EVALUATED


@pytest.mark.parametrize(("provider", "asked"), [("eks", "encryptionConfig"), ("gke", "databaseEncryption")])
def test_rule_86_a_provider_s_default_is_no_failure_and_no_pass(provider: str, asked: str) -> None:
    (result,) = judged("encryption-secrets-at-rest", on(provider, "v1.31.4"))
    assert result.status is Status.NOT_APPLICABLE
    assert "default" in (result.reason or "")
    assert asked in (result.reason or "")


def test_rule_86_before_1_28_eks_had_no_such_default() -> None:
    (result,) = judged("encryption-secrets-at-rest", on("eks", "v1.27.9-eks-2d98532"))
    assert result.status is Status.NOT_APPLICABLE
    assert "by default" not in (result.reason or "")


def test_rule_87_a_whole_secret_as_environment_counts() -> None:
    container = {"name": "app", "envFrom": [{"secretRef": {"name": "database"}}]}
    (result,) = judged("secret-in-environment", snapshot_of(pod(containers=[container])))
    assert result.status is Status.FAIL


def test_rule_88_a_projected_secret_is_mounted() -> None:
    volume = {"name": "all", "projected": {"sources": [{"secret": {"name": "database"}}]}}
    (workload,) = workloads(snapshot_of(pod(volumes=[volume])))
    assert [taken.name for taken in secrets_of(workload)] == ["database"]


def test_rule_89_what_the_pod_says_of_its_token_counts_before_its_account() -> None:
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": "web"},
        "automountServiceAccountToken": True,
    }
    results = judged("workload-token-mounted", snapshot_of(account, pod(automountServiceAccountToken=False)))
    assert {result.status for result in results} <= {Status.PASS, Status.NOT_APPLICABLE}


def test_rule_90_no_value_is_in_what_is_said() -> None:
    container = {"name": "app", "env": [{"name": "PASSWORD", "value": VALUE}], "args": [f"--token={VALUE}"]}
    documents = (
        pod(containers=[container]),
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"password": VALUE}},
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": "a",
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": VALUE},
            },
            "stringData": {"password": VALUE},
        },
        {
            "apiVersion": "apiserver.config.k8s.io/v1",
            "kind": "EncryptionConfiguration",
            "metadata": {"name": "encryption.yaml"},
            "resources": [
                {
                    "resources": ["secrets"],
                    "providers": [{"aescbc": {"keys": [{"name": "one", "secret": VALUE}]}}],
                }
            ],
        },
        {
            "apiVersion": "external-secrets.io/v1",
            "kind": "ExternalSecret",
            "metadata": {"name": "a"},
            "status": {"conditions": [{"type": "Ready", "status": "False", "message": VALUE}]},
        },
    )
    snapshot = snapshot_of(*documents)
    scan = evaluate(snapshot, all_checks(), (), tool_version="1")
    failing = {result.check for result in scan.results if result.status is Status.FAIL}
    assert {"secret-value-in-environment", "secret-value-in-config-map", "secret-sync-failed"} <= failing
    assert VALUE.encode() not in msgspec.json.encode(scan)
    assert VALUE not in repr(snapshot)


@pytest.mark.parametrize(
    "flag",
    [
        pytest.param("--audit-policy-file=/p.yaml", id="test_rule_103_policy_without_backend"),
        pytest.param("--audit-log-path=/a.log", id="test_rule_104_backend_without_policy"),
        pytest.param("--audit-webhook-config-file=/w.yaml", id="test_rule_104_webhook_without_policy"),
    ],
)
def test_rules_103_and_104_one_without_the_other_records_nothing(flag: str) -> None:
    (result,) = judged("audit-log-missing", snapshot_of(api_server(flag)))
    assert result.status is Status.FAIL
    assert "nothing is recorded" in result.message


def counters(**written: int) -> Doc:
    prefixes = {"aescbc": "k8s:enc:aescbc:v1:", "key": "key1:", "plain": ""}
    name = "apiserver_storage_transformation_operations_total"
    return {
        "apiVersion": "quarterdeck.dev/v1",
        "kind": "ApiServerMetrics",
        "metadata": {"name": "kube-apiserver"},
        "samples": [
            {
                "name": name,
                "value": float(number),
                "labels": [
                    ["resource", "secrets"],
                    ["status", "OK"],
                    ["transformation_type", "to_storage"],
                    ["transformer_prefix", prefixes[prefix]],
                ],
            }
            for prefix, number in written.items()
        ],
    }


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ({"aescbc": 3, "key": 3}, Status.PASS),
        ({"plain": 3}, Status.FAIL),
        ({"aescbc": 3, "plain": 1}, Status.NOT_EVALUATED),
        ({}, Status.NOT_EVALUATED),
    ],
)
def test_what_the_api_server_counts_tells_where_the_file_is_not_given(
    written: dict[str, int], status: Status
) -> None:
    (result,) = judged("encryption-secrets-at-rest", snapshot_of(counters(**written)))
    assert result.status is status

"""The numbered rules on workloads, and what fixtures cannot say: unread kinds, odd paths, time."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from checks.host_files import normal
from checks.model import Result, Severity, Status
from checks.registry import all_checks
from checks.run import evaluate
from tests.harness.fixture_snapshot import snapshot_of

Object = dict[str, Any]
CHECKS = {check.id: check for check in all_checks()}
RESOURCES = (
    "container-no-memory-limit",
    "container-no-memory-request",
    "container-no-cpu-request",
    "container-no-ephemeral-storage-limit",
)


def deployment(*containers: Object, **pod: Any) -> Object:
    spec = {"containers": list(containers or ({"name": "app", "image": "shop:1"},)), **pod}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "shop", "namespace": "web"},
        "spec": {"template": {"spec": spec}},
    }


def judged(check: str, *documents: Object, **more: Any) -> tuple[Result, ...]:
    return evaluate(snapshot_of(*documents, **more), (CHECKS[check],), (), tool_version="test").results


def statuses(check: str, *documents: Object, **more: Any) -> set[Status]:
    return {result.status for result in judged(check, *documents, **more)}


def test_rule_62_unset_user_is_unknown_and_not_root() -> None:
    assert statuses("pod-runs-as-root", deployment()) == {Status.NOT_EVALUATED}


@pytest.mark.parametrize(
    ("pod", "container", "status"),
    [
        ({"runAsUser": 0}, {"runAsUser": 5}, Status.PASS),
        ({"runAsUser": 5}, {"runAsUser": 0}, Status.FAIL),
        ({"runAsNonRoot": True}, {"runAsNonRoot": False}, Status.NOT_EVALUATED),
        ({"runAsNonRoot": True}, {}, Status.PASS),
        ({"runAsUser": 0, "runAsNonRoot": True}, {}, Status.FAIL),
    ],
)
def test_effective_user_is_the_containers_then_the_pods(
    pod: Object, container: Object, status: Status
) -> None:
    written = {"name": "app", "image": "shop:1", "securityContext": container}
    assert statuses("pod-runs-as-root", deployment(written, securityContext=pod)) == {status}


def test_rule_89_pod_automount_false_overrides_the_accounts_true() -> None:
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": "web"},
        "automountServiceAccountToken": True,
    }
    refusing = deployment(automountServiceAccountToken=False)
    assert statuses("workload-token-mounted", refusing, account) == {Status.PASS}
    assert statuses("workload-token-mounted", deployment(), account) == {Status.MANUAL}


@pytest.mark.parametrize("check", RESOURCES)
def test_limit_ranges_that_may_not_be_read_leave_silent_templates_unjudged(check: str) -> None:
    results = judged(check, deployment(), missing={"LimitRange": "403"})
    assert {result.status for result in results} == {Status.NOT_EVALUATED}
    assert "LimitRange" in str(results[-1].reason)


def test_live_pod_is_judged_though_limit_ranges_may_not_be_read() -> None:
    pod = deployment()["spec"]["template"] | {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "shop", "namespace": "web"},
    }
    results = judged("container-no-memory-limit", pod, missing={"LimitRange": "403"})
    assert Status.FAIL in {result.status for result in results}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("/var/run/docker.sock", "/run/docker.sock"),
        ("//var//run/", "/run"),
        ("/", "/"),
        ("", "/"),
        (".", "/"),
        ("/etc/../var/./run", "/run"),
        ("/../..", "/"),
        ("/var/running", "/var/running"),
        ("C:\\Windows\\", "c:/windows"),
        ("c:", "c:"),
        (r"\\.\pipe\docker_engine", "pipe/docker_engine"),
    ],
)
def test_paths_are_compared_in_one_way_of_writing(written: str, read: str) -> None:
    assert normal(written) == read


def test_user_namespaces_are_not_asked_for_before_they_are_on() -> None:
    snapshot = snapshot_of(deployment())
    old = replace(snapshot, cluster=replace(snapshot.cluster, version="v1.32.9"))
    results = evaluate(old, (CHECKS["pod-no-user-namespace"],), (), tool_version="test").results
    assert {result.status for result in results} == {Status.NOT_APPLICABLE}


def test_reaching_the_runtime_is_as_bad_as_being_privileged() -> None:
    assert CHECKS["pod-runtime-socket"].severity is Severity.CRITICAL

"""kubeadm's ClusterConfiguration beside the static pods: what runs counts, and what was told never passes."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from checks.cluster import objects as o
from checks.cluster.objects import wire
from checks.cluster.objects.arguments import DROPPED
from checks.cluster.objects.component_config import EmbeddedCluster
from checks.model import Result, Status
from checks.registry import all_checks
from checks.run import evaluate
from tests.harness.fixture_snapshot import snapshot_of

SECRET = "hunter-two"
PROFILED = "apiServer:\n  extraArgs:\n    profiling: 'true'\n"
QUIET = "apiServer:\n  extraArgs:\n    profiling: 'false'\n"


def kubeadm(text: str, version: str = "v1beta3") -> dict[str, Any]:
    head = f"apiVersion: kubeadm.k8s.io/{version}\nkind: ClusterConfiguration\n"
    metadata = {"name": "kubeadm-config", "namespace": "kube-system"}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata,
        "data": {"ClusterConfiguration": head + text},
    }


def server(*flags: str) -> dict[str, Any]:
    spec = {"containers": [{"name": "x", "image": "x", "command": ["kube-apiserver", *flags]}]}
    metadata = {"name": "kube-apiserver-a", "namespace": "kube-system"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def results(
    id_: str, *documents: dict[str, Any], provider: str = "kubeadm", missing: dict[str, str] | None = None
) -> tuple[Result, ...]:
    snapshot = snapshot_of(*documents, missing=missing)
    snapshot = replace(snapshot, cluster=replace(snapshot.cluster, provider=provider))
    checks = tuple(check for check in all_checks() if check.id == id_)
    return evaluate(snapshot, checks, (), tool_version="test").results


def told(text: str) -> EmbeddedCluster:
    found = wire.convert(kubeadm(text), o.ComponentConfigMap)
    assert wire.decoder(o.ComponentConfigMap).decode(wire.encode(found)) == found
    assert found.data.cluster is not None
    return found.data.cluster


@pytest.mark.parametrize(
    "text",
    [
        "apiServer:\n  extraArgs: {profiling: 'true', oidc-groups: hunter-two}",
        "apiServer: {extraArgs: [{name: profiling, value: 'true'}, {name: oidc-groups, value: hunter-two}]}",
    ],
)
def test_the_map_and_the_list_mean_the_same_and_only_allowed_values_are_kept(text: str) -> None:
    kept = told(text)
    assert kept.config.api_server.extra_args.pairs == (("profiling", "true"), ("oidc-groups", DROPPED))
    assert SECRET.encode() not in wire.encode(kept)


@pytest.mark.parametrize(
    "text",
    [
        "apiServer: []",
        "apiServer: {extraArgs: many}",
        "scheduler: {extraArgs: {a: [1], 2: b, '': x}}",
        "etcd: {local: null}",
        "etcd: null",
        "controllerManager: {extraArgs: [1, null, {name: 3}, {value: x}]}",
    ],
)
def test_whatever_is_written_there_breaks_nothing(text: str) -> None:
    told(text)
    assert {each.status for each in results("scheduler-profiling", kubeadm(text))} == {Status.NOT_EVALUATED}


@pytest.mark.parametrize("missing", [None, {"ControlPlanePod": "no right"}])
def test_a_fault_that_was_told_fails_where_no_process_is_seen(missing: dict[str, str] | None) -> None:
    found = results("apiserver-profiling", kubeadm(PROFILED), missing=missing)
    assert {each.status for each in found} == {Status.NOT_EVALUATED, Status.FAIL}
    failure = next(each for each in found if each.status is Status.FAIL)
    assert failure.resource.name == "kubeadm-config"
    assert failure.evidence[0].path == "data.ClusterConfiguration: apiServer.extraArgs.profiling"


@pytest.mark.parametrize("text", [QUIET, "", "apiServer:\n  extraArgs: {profiling: $X}\n"])
def test_what_was_told_well_or_not_at_all_is_no_pass(text: str) -> None:
    found = results("apiserver-profiling", kubeadm(text))
    assert {each.status for each in found} == {Status.NOT_EVALUATED}


def test_every_check_of_flags_says_nothing_from_flags_that_were_not_told() -> None:
    text = "apiServer: {extraArgs: {v: '2'}}\nscheduler: {extraArgs: {v: '2'}}\n"
    text += "controllerManager: {extraArgs: {v: '2'}}\netcd: {local: {extraArgs: {v: '2'}}}\n"
    snapshot = snapshot_of(kubeadm(text))
    checks = tuple(check for check in all_checks() if "ComponentConfigMap" in check.hints)
    assert len(checks) > 40
    found = evaluate(snapshot, checks, (), tool_version="test").results
    assert {each.status for each in found} == {Status.NOT_EVALUATED}


def test_the_flags_of_a_local_etcd_are_told_too() -> None:
    text = "etcd:\n  local:\n    extraArgs:\n    - {name: client-cert-auth, value: 'false'}\n"
    found = results("etcd-client-cert-auth", kubeadm(text, "v1beta4"))
    assert Status.FAIL in {each.status for each in found}


def test_what_runs_counts_and_a_difference_is_said_beside_it() -> None:
    [well] = results("apiserver-profiling", server("--profiling=false"), kubeadm(PROFILED))
    assert well.status is Status.PASS
    assert "--profiling=true" in well.message
    [ill] = results("apiserver-profiling", server("--profiling=true"), kubeadm(QUIET))
    assert ill.status is Status.FAIL
    assert [each.source for each in ill.evidence] == [None, "ConfigMap kube-system/kubeadm-config"]
    [alike] = results("apiserver-profiling", server("--profiling=true"), kubeadm(PROFILED))
    assert len(alike.evidence) == 1


def test_a_config_map_that_may_not_be_read_takes_nothing_from_what_runs() -> None:
    missing = {"ComponentConfigMap": "no right"}
    [only] = results("apiserver-profiling", server("--profiling=false"), missing=missing)
    assert only.status is Status.PASS


def test_a_provider_that_runs_the_control_plane_is_not_judged_by_what_kubeadm_was_told() -> None:
    [only] = results("apiserver-profiling", kubeadm(PROFILED), provider="eks")
    assert only.status is Status.NOT_APPLICABLE

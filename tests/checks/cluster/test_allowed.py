"""What is read only when it is allowed: kubelets' configuration and the API server's counters and health."""

import time
from pathlib import Path
from typing import Any

import pytest

from checks.cluster import objects as o
from checks.cluster.allowed import api_server_metrics, kubelet_configurations, read_metrics
from checks.cluster.objects.wire import convert
from checks.cluster.snapshot import Snapshot
from checks.cluster.source import LiveCluster, take_snapshot
from checks.model import CoverageState, KindCoverage
from tests.checks.cluster.wire import Answer, Wire, api_of, body, reply, status, write_kubeconfig
from tests.harness.api_server import ApiServer

SECRET = "correct-horse-battery"
NODES = tuple(o.Node(metadata=o.Metadata(name=name, uid=f"uid-{name}")) for name in ("n1", "n2"))
CONFIGZ = "/api/v1/nodes/{}/proxy/configz"
CONFIG = {"kubeletconfig": {"readOnlyPort": 10255, "staticPodURLHeader": {"Authorization": [SECRET]}}}
RELOADED = "encryption_config_controller_automatic_reload_last_timestamp_seconds"
METRICS = b"""\
# HELP apiserver_audit_event_total Counter
# TYPE apiserver_audit_event_total counter
apiserver_audit_event_total 12
apiserver_storage_transformation_operations_total{resource="secrets",status="OK",transformation_type="to_storage",\
transformer_prefix="k8s:enc:aescbc:v1:"} 3
apiserver_encryption_config_controller_automatic_reload_last_timestamp_seconds{id="a",status="success"} 2e+09
apiserver_encryption_config_controller_automatic_reload_last_timestamp_seconds{id="b",status="success"} 1e+09
apiserver_request_total{code="200"} 9e+06
apiserver_audit_event_total{broken 1
apiserver_audit_requests_rejected_total 1e999
"""


def configurations(
    folder: Path, first: Answer, second: Answer
) -> tuple[KindCoverage, tuple[Any, ...], list[str]]:
    plan = {CONFIGZ.format("n1"): first, CONFIGZ.format("n2"): second}
    with Wire(plan) as wire, api_of(folder, wire.url) as api:
        coverage, read = kubelet_configurations(api, NODES)
        return coverage, read, wire.asked


def test_each_kubelet_is_asked_and_named_as_its_node(tmp_path: Path) -> None:
    coverage, read, _ = configurations(tmp_path, reply(CONFIG), reply({"kubeletconfig": {}}))
    assert (coverage.state, coverage.listed, coverage.reason) == (CoverageState.COLLECTED, 2, None)
    assert [(each.metadata.name, each.metadata.uid) for each in read] == [("n1", "uid-n1"), ("n2", "uid-n2")]
    assert read[0].read_only_port == 10255
    assert SECRET not in repr(read)


@pytest.mark.parametrize(
    ("version", "answer", "told"),
    [
        ("v1.36.0", reply({"kind": "Flagz", "flags": {"hostname-override": "", "v": "2"}}), ""),
        ("v1.37.2", reply({"kind": "Flagz", "flags": {"hostname-override": "n1"}}), "n1"),
        ("v1.37.2", reply({"kind": "Flagz", "flags": {"token": SECRET}}), None),
        ("v1.37.2", body(b"kubelet flagz\nhostname-override: n1"), None),
        ("v1.37.2", status(404), None),
        ("v1.35.4", reply({"kind": "Flagz", "flags": {"hostname-override": "n1"}}), None),
    ],
)
def test_of_a_kubelets_flags_one_is_kept_where_it_tells_them(
    tmp_path: Path, version: str, answer: Answer, told: str | None
) -> None:
    info = {"nodeInfo": {"kubeletVersion": version}}
    node = convert({"metadata": {"name": "n1", "uid": "uid-n1"}, "status": info}, o.Node)
    configz = CONFIGZ.format("n1")
    plan = {configz: reply(CONFIG), configz.replace("configz", "flagz"): answer}
    with Wire(plan) as wire, api_of(tmp_path, wire.url) as api:
        _, (read,) = kubelet_configurations(api, (node,))
    assert read.hostname_override == told
    assert SECRET not in repr(read)


@pytest.mark.parametrize("bad", [status(404), body(b"<html>"), reply([]), reply({"kubeletconfig": 1})])
def test_a_kubelet_that_does_not_answer_leaves_the_others(tmp_path: Path, bad: Answer) -> None:
    coverage, read, _ = configurations(tmp_path, bad, reply(CONFIG))
    assert [each.metadata.name for each in read] == ["n2"]
    assert (coverage.state, coverage.reason) == (CoverageState.COLLECTED, "1 of 2 kubelets did not answer")


def test_a_refusal_is_a_missing_right(tmp_path: Path) -> None:
    coverage, read, _ = configurations(tmp_path, status(403), status(403))
    assert (coverage.state, read) == (CoverageState.FORBIDDEN, ())
    assert "nodes/proxy" in (coverage.reason or "")


def test_no_answer_at_all_is_a_failure(tmp_path: Path) -> None:
    coverage, read, _ = configurations(tmp_path, status(404), status(404))
    assert (coverage.state, read) == (CoverageState.FAILED, ())


def test_only_the_counters_and_labels_that_checks_use_are_kept() -> None:
    samples = {
        (each.name.removeprefix("apiserver_"), each.labels): each.value for each in read_metrics(METRICS)
    }
    assert samples == {
        ("audit_event_total", ()): 12.0,
        (RELOADED, (("status", "success"),)): 2e9,
        (
            "storage_transformation_operations_total",
            (
                ("resource", "secrets"),
                ("status", "OK"),
                ("transformation_type", "to_storage"),
                ("transformer_prefix", "k8s:enc:aescbc:v1:"),
            ),
        ): 3.0,
    }


def test_health_is_read_where_it_may_be(tmp_path: Path) -> None:
    plan = {
        "/metrics": body(METRICS),
        "/livez": body(b"[+]ping ok\n[-]etcd failed: reason withheld\nlivez check failed\n", 500),
        "/readyz": status(403),
        "/healthz/kms-providers": body(b"ok"),
    }
    with Wire(plan) as wire, api_of(tmp_path, wire.url) as api:
        coverage, (found,) = api_server_metrics(api)
        assert len(wire.asked) == 4
    assert coverage.state is CoverageState.COLLECTED
    assert [(each.endpoint, each.name, each.ok) for each in found.health] == [
        ("/livez", "ping", True),
        ("/livez", "etcd", False),
        ("/healthz/kms-providers", "kms-providers", True),
    ]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (body(f"internal server error: vault is not healthy: {SECRET}".encode(), 500), [False]),
        (body(b"<html>Internal Server Error</html>", 500), []),
        (status(500, "no etcd"), []),
        (status(404), []),
        (body(b"internal server error: odd", 200), [False]),
    ],
)
def test_one_check_of_health_is_well_or_not_and_its_reason_is_not_kept(
    tmp_path: Path, answer: Answer, said: list[bool]
) -> None:
    plan = {"/metrics": body(METRICS), "/healthz/kms-providers": answer}
    with Wire(plan) as wire, api_of(tmp_path, wire.url) as api:
        _, (found,) = api_server_metrics(api)
    assert [each.ok for each in found.health] == said
    assert SECRET not in repr(found)


def test_metrics_that_may_not_be_read_are_a_missing_right(tmp_path: Path) -> None:
    with Wire({"/metrics": status(403)}) as wire, api_of(tmp_path, wire.url) as api:
        coverage, read = api_server_metrics(api)
    assert (coverage.state, read) == (CoverageState.FORBIDDEN, ())


def test_nothing_of_it_is_asked_for_unless_allowed(tmp_path: Path) -> None:
    def snapshot(url: str, *, allowed: bool) -> Snapshot:
        kubeconfig = write_kubeconfig(tmp_path / "config", url)
        target = LiveCluster(kubeconfig, kubelet_config=allowed, metrics=allowed, flags=allowed)
        return take_snapshot(target, progress=lambda *_: None, kinds=("Node", *kinds))

    kinds = ("KubeletConfiguration", "ApiServerMetrics", "ApiServerFlags")
    nodes = reply({"kind": "NodeList", "metadata": {}, "items": [{"metadata": {"name": "n1"}}]})
    plan = {
        "/api/v1/nodes": nodes,
        "/version": reply({"gitVersion": "v1.37.2"}),
        CONFIGZ.format("n1"): reply(CONFIG),
    }
    told = {"/metrics": body(METRICS), "/flagz": reply({"kind": "Flagz", "flags": {}})}
    with Wire({**plan, **told}) as wire:
        without = snapshot(wire.url, allowed=False)
        assert not any(word in path for path in wire.asked for word in ("configz", "metrics", "flagz"))
        assert not any(without.saw(kind) for kind in kinds)
        assert all(snapshot(wire.url, allowed=True).saw(kind) for kind in kinds)


@pytest.mark.kubernetes
def test_a_real_api_server_counts_and_is_well(api_server: ApiServer) -> None:
    snapshot = take_snapshot(
        LiveCluster(api_server.kubeconfig, metrics=True),
        progress=lambda *_: None,
        kinds=("Namespace", "ApiServerMetrics"),
    )
    (found,) = snapshot.all(o.ApiServerMetrics)
    assert {each.name for each in found.samples}
    assert ("/livez", "ping", True) in {(each.endpoint, each.name, each.ok) for each in found.health}


def test_a_label_without_an_end_is_read_in_one_pass() -> None:
    started = time.monotonic()
    assert read_metrics(b"apiserver_audit_event_total{" + b"a" * 500_000 + b"} 1\n")
    assert time.monotonic() - started < 5

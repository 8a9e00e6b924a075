"""What is said of control planes that are not seen, and of each process where there are several."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from checks.frameworks.loading import load
from checks.model import Scan, Status
from checks.registry import all_checks
from checks.run import evaluate
from tests.harness.fixture_snapshot import snapshot_of

NODE = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}
SECTIONS = ("1.1 ", "1.2 ", "1.3 ", "1.4 ", "2 ")


def scan(provider: str, *documents: dict[str, object], missing: dict[str, str] | None = None) -> Scan:
    snapshot = snapshot_of(NODE, *documents, missing=missing)
    snapshot = replace(snapshot, cluster=replace(snapshot.cluster, provider=provider))
    return evaluate(snapshot, all_checks(), load(("cis-kubernetes-2.0.1",)), tool_version="test")


@pytest.mark.parametrize("provider", ["eks", "gke", "aks"])
def test_a_managed_control_plane_is_the_providers_and_stays_in_the_count(provider: str) -> None:
    result = scan(provider).frameworks[0]
    own = [item for item in result.requirements if item.section.startswith(SECTIONS)]
    assert {item.status for item in own} == {Status.NOT_APPLICABLE}
    assert all(item.reason for item in own)
    assert sum("managed by the provider" in (item.reason or "") for item in own) >= len(own) - 2
    assert sum(result.counts.values()) == len(result.requirements) == 131


@pytest.mark.parametrize(("provider", "hint"), [("k3s", "k3s"), ("rke2", "RKE2"), ("", "kube-bench")])
def test_a_control_plane_that_is_not_seen_is_not_evaluated(provider: str, hint: str) -> None:
    found = scan(provider).frameworks[0]
    own = [item for item in found.requirements if item.section.startswith(("1.3 ", "1.4 ", "2 "))]
    assert {item.status for item in own} == {Status.NOT_EVALUATED}
    assert all(hint in (item.reason or "") for item in own)


def test_pods_that_may_not_be_listed_are_never_a_pass() -> None:
    found = scan("", missing={"ControlPlanePod": "no right"}).frameworks[0]
    own = [item for item in found.requirements if item.section.startswith(SECTIONS)]
    assert not {item.status for item in own} & {Status.PASS, Status.NOT_APPLICABLE}


def test_each_of_several_api_servers_is_judged() -> None:
    def server(node: str, flag: str) -> dict[str, object]:
        spec = {"containers": [{"name": "x", "image": "x", "command": ["kube-apiserver", flag]}]}
        metadata = {"name": f"kube-apiserver-{node}", "namespace": "kube-system"}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}

    found = scan("", server("a", "--profiling=false"), server("b", "--profiling"))
    results = {
        each.resource.name: each.status for each in found.results if each.check == "apiserver-profiling"
    }
    assert results == {"kube-apiserver-a": Status.PASS, "kube-apiserver-b": Status.FAIL}

"""Kinds that are kept whole: what a policy asks for cannot make more be read than the kind that it names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from checks.cluster import objects as o
from checks.cluster.collect_whole import read_whole
from checks.cluster.snapshot import Snapshot
from checks.cluster.source import LiveCluster, take_snapshot
from checks.cluster.whole import Asked, asked_by_kind
from tests.checks.cluster.wire import Wire, items, named, status, write_kubeconfig


class Recorder:
    """An API that answers every list with nothing and remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def get(self, path: str, _: object = None, accept: str = "application/json") -> bytes:
        self.asked.append((path, accept))
        return b'{"kind": "List", "metadata": {}, "items": []}'


@pytest.mark.parametrize("plural", ["secrets", "configmaps"])
def test_the_data_of_secrets_and_configmaps_is_not_asked_for(plural: str) -> None:
    api = Recorder()
    read_whole(api, (Asked("", plural),), {})  # type: ignore[arg-type]
    ((path, accept),) = api.asked
    assert path == f"/api/v1/{plural}"
    assert "PartialObjectMetadataList" in accept


@pytest.mark.parametrize(
    "asked",
    [
        Asked("", "gizmos", "v1/nodes/one/proxy/logs"),
        Asked("", "gizmos", "v1/secrets?limit=9"),
        Asked("../api", "gizmos", "v1"),
        Asked("example.com", "gizmos", ".."),
        Asked("example.com", "gizmos/../../secrets", "v1"),
    ],
)
def test_what_a_policy_names_is_no_way_to_another_path(asked: Asked) -> None:
    api = Recorder()
    (kind,) = read_whole(api, (asked,), {})  # type: ignore[arg-type]
    assert kind.reason == "there can be no kind of that name"
    assert api.asked == []


POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
BINDINGS = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
PODS, CONFIG_MAPS = "/api/v1/pods", "/api/v1/configmaps"
RULE = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
POLICY = named("p", spec={"matchConstraints": {"resourceRules": [RULE]}})
THERE = {"key": "c", "operator": "Exists"}
BINDING = named("b", spec={"policyName": "p"})


def lists(wire: Wire, path: str) -> list[str]:
    return [each for each in wire.asked if each.partition("?")[0] == path and "limit=500" in each]


def snapshot_of(tmp_path: Path, plan: Mapping[str, Any], **more: Any) -> tuple[Snapshot, Wire]:
    with Wire(plan, items()) as wire:
        kubeconfig = write_kubeconfig(tmp_path / "kubeconfig", wire.url)
        return take_snapshot(LiveCluster(kubeconfig), progress=lambda *_: None, **more), wire


def test_what_a_policy_judges_is_read_once(tmp_path: Path) -> None:
    pod = named("a", spec={"containers": [{"name": "c", "env": [{"name": "A", "value": "a-secret"}]}]})
    plan = {POLICIES: items(POLICY), BINDINGS: items(BINDING), PODS: items(pod)}
    snapshot, wire = snapshot_of(tmp_path, plan)
    assert [len(lists(wire, path)) for path in (PODS, POLICIES, BINDINGS)] == [1, 1, 1]
    whole = {each.kind: each for each in snapshot.whole}
    assert set(whole) == {"Pod", "Namespace"}
    (item,) = whole["Pod"].items
    assert msgspec.json.decode(item.raw)["metadata"] == {"name": "a", "uid": "uid-of-a"}
    assert (b"a-secret" in bytes(item.raw), "value" in item.redacted) == (False, True)
    assert [each.metadata.name for each in snapshot.all(o.Pod)] == ["a"]


def test_without_policies_nothing_is_kept_whole(tmp_path: Path) -> None:
    assert snapshot_of(tmp_path, {PODS: items(named("a"))})[0].whole == ()


def test_what_may_not_be_listed_is_not_asked_for_again(tmp_path: Path) -> None:
    asked = (asked_by_kind("v1", "Pod"),)
    snapshot, wire = snapshot_of(tmp_path, {PODS: status(403)}, whole=asked)
    pods = next(each for each in snapshot.whole if each.kind == "Pod")
    assert (pods.items, "no right to list pods" in pods.reason) == ((), True)
    assert len(lists(wire, PODS)) == 1


def test_what_no_check_can_read_is_judged_whole_all_the_same(tmp_path: Path) -> None:
    given = items(named("a", spec=7), "no object", None, named("b"))
    snapshot, _ = snapshot_of(tmp_path, {PODS: given}, whole=(asked_by_kind("v1", "Pod"),))
    pods = next(each for each in snapshot.whole if each.kind == "Pod")
    assert [msgspec.json.decode(each.raw)["metadata"]["name"] for each in pods.items] == ["a", "b"]
    assert "could not be understood" in pods.reason


@pytest.mark.parametrize(
    ("reference", "asked"),
    [
        ({"name": "x", "namespace": "n"}, "/api/v1/namespaces/n/configmaps?fieldSelector=metadata.name%3Dx"),
        ({"name": "x"}, "/api/v1/configmaps?fieldSelector=metadata.name%3Dx"),
        (
            {
                "selector": {
                    "matchLabels": {"a": "b"},
                    "matchExpressions": [THERE],
                }
            },
            "/api/v1/configmaps?labelSelector=a%3Db%2Cc",
        ),
        ({"selector": {}, "namespace": "n"}, "/api/v1/namespaces/n/configmaps?limit"),
    ],
)
def test_of_configmaps_only_a_bindings_parameters_are_read(
    tmp_path: Path, reference: dict[str, Any], asked: str
) -> None:
    params = {"apiVersion": "v1", "kind": "ConfigMap"}
    policy = named("p", spec={**POLICY["spec"], "paramKind": params})
    binding = named("b", spec={"policyName": "p", "paramRef": reference})
    config = named("x", data={"most": "3", "password": "a-secret"})
    plan = {POLICIES: items(policy), BINDINGS: items(binding), asked.partition("?")[0]: items(config)}
    snapshot, wire = snapshot_of(tmp_path, plan)
    contents = [
        path
        for path, headers in zip(wire.asked, wire.headers, strict=True)
        if "/configmaps" in path and "PartialObjectMetadata" not in headers["accept"] and "system" not in path
    ]
    assert len(contents) == 1
    assert contents[0].startswith(asked)
    assert snapshot.params is not None
    (item,) = snapshot.params[0].items
    assert msgspec.json.decode(item.raw)["data"] == {"most": "3", "password": "<redacted>"}
    assert not any(each.kind == "ConfigMap" for each in snapshot.whole)


@pytest.mark.parametrize(
    "reference",
    [
        {"name": "x/../../secrets/y", "namespace": "n"},
        {"name": "x", "namespace": "../secrets"},
        {"selector": {"matchLabels": {"a,b=c": "d"}}},
        {"selector": {"matchLabels": {"a": "b&limit=1"}}},
        {},
    ],
)
def test_a_binding_cannot_make_anything_else_be_read(tmp_path: Path, reference: dict[str, Any]) -> None:
    params = {"apiVersion": "v1", "kind": "ConfigMap"}
    policy = named("p", spec={**POLICY["spec"], "paramKind": params})
    plan = {
        POLICIES: items(policy),
        BINDINGS: items(named("b", spec={"policyName": "p", "paramRef": reference})),
    }
    before = set(snapshot_of(tmp_path, {POLICIES: items(POLICY), BINDINGS: items(BINDING)})[1].asked)
    snapshot, wire = snapshot_of(tmp_path, plan)
    assert set(wire.asked) <= before
    assert snapshot.params is not None
    assert snapshot.params[0].items == ()

"""Which version of a kind is read, from what the server says it serves; absent add-ons cost no request."""

import time
from pathlib import Path
from typing import Any, ClassVar

import pytest

from checks.cluster import objects as o
from checks.cluster.collect import collect
from checks.cluster.discovery import UNKNOWN, Served, discover
from checks.cluster.kinds import KINDS, Kind
from checks.model import CoverageState
from tests.checks.cluster.wire import Answer, Wire, api_of, body, items, reply, status


class Lock(o.Object, frozen=True):
    api_version: ClassVar[str] = "canals.example.com/v1"
    kind: ClassVar[str] = "Lock"


LOCK = Kind(Lock, "locks", custom=True, versions=("canals.example.com/v1beta1",))


def aggregated(version: str, *resources: str, verbs: tuple[str, ...] = ("get", "list")) -> Answer:
    found = [{"resource": each, "verbs": list(verbs)} for each in resources]
    group = {
        "metadata": {"name": "canals.example.com"},
        "versions": [{"version": version, "resources": found}],
    }
    return reply({"kind": "APIGroupDiscoveryList", "items": [group]})


def grouped(version: str) -> Answer:
    versions = [{"groupVersion": f"canals.example.com/{version}", "version": version}]
    return reply({"kind": "APIGroupList", "groups": [{"name": "canals.example.com", "versions": versions}]})


def asked(folder: Path, answer: Answer, kind: Kind = LOCK) -> tuple[Any, list[str]]:
    """The kind's coverage when `/apis` answers so, and what was asked for after it."""
    with Wire({"/apis": answer}, items(kind="LockList")) as wire, api_of(folder, wire.url) as api:
        served = discover(api)
        read = collect(api, (KINDS["Namespace"], kind), (), lambda *_: None, served)
        paths = [each.partition("?")[0] for each in wire.asked if each not in ("/api", "/apis")]
    return read[kind.name].coverage, sorted(paths)


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        (aggregated("v1", "locks"), "v1"),
        (aggregated("v1beta1", "locks"), "v1beta1"),
        (grouped("v1"), "v1"),
        (grouped("v1beta1"), "v1beta1"),
        (status(403), "v1"),
        (status(404), "v1"),
        (body(b"<html>"), "v1"),
        (reply({"kind": "Status"}), "v1"),
    ],
)
def test_the_version_that_is_served_is_read(tmp_path: Path, answer: Answer, version: str) -> None:
    coverage, paths = asked(tmp_path, answer)
    assert paths == ["/api/v1/namespaces", f"/apis/canals.example.com/{version}/locks"]
    assert coverage.state is CoverageState.COLLECTED
    assert coverage.api_version == f"canals.example.com/{version}"


@pytest.mark.parametrize(
    "answer",
    [
        reply({"kind": "APIGroupDiscoveryList", "items": []}),
        reply({"kind": "APIGroupList", "groups": []}),
        aggregated("v1", "sluices"),
        aggregated("v2", "locks"),
        aggregated("v1", "locks", verbs=("create",)),
    ],
)
def test_an_add_on_that_is_not_installed_is_absent_and_not_asked_for(tmp_path: Path, answer: Answer) -> None:
    coverage, paths = asked(tmp_path, answer)
    assert paths == ["/api/v1/namespaces"]
    assert coverage.state is CoverageState.ABSENT
    assert not coverage.gap


def test_what_every_cluster_has_is_asked_for_though_discovery_leaves_it_out(tmp_path: Path) -> None:
    answer = reply({"kind": "APIGroupDiscoveryList", "items": []})
    _, paths = asked(tmp_path, answer, KINDS["Deployment"])
    assert paths == ["/api/v1/namespaces", "/apis/apps/v1/deployments"]


def test_groups_are_known_by_name(tmp_path: Path) -> None:
    with Wire({"/apis": grouped("v1")}) as wire, api_of(tmp_path, wire.url) as api:
        assert discover(api).groups == {"canals.example.com"}
    assert UNKNOWN.groups == Served({}).groups == frozenset()


def test_a_hundred_thousand_kinds_are_looked_through_in_a_moment(tmp_path: Path) -> None:
    many = [{"resource": f"r{number}", "verbs": ["list"]} for number in range(100_000)]
    group = {"metadata": {"name": "example.com"}, "versions": [{"version": "v1", "resources": many}]}
    answer = reply({"kind": "APIGroupDiscoveryList", "items": [group]})
    with Wire({"/apis": answer}) as wire, api_of(tmp_path, wire.url) as api:
        started = time.thread_time()  # what it works, not what it waits for others
        served = discover(api)
        assert time.thread_time() - started < 2
        assert len(wire.asked) <= 2
    assert served.groups == {"example.com"}
    assert served.version_of(KINDS["KyvernoPolicy"]) is None

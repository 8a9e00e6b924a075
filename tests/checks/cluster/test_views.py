"""Kinds that are a narrower view of objects which another kind reads otherwise."""

from pathlib import Path
from typing import ClassVar

import pytest

from checks.cluster import kinds
from checks.cluster import objects as o
from checks.cluster.collect import list_kind
from checks.cluster.kinds import KINDS, Kind
from checks.model import CoverageState
from tests.checks.cluster.wire import Wire, api_of, items, named, status


class Chart(o.Object, frozen=True):
    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "ConfigMap"
    data: str = ""


BY_NAME = Kind(Chart, "configmaps", namespace="kube-system", names=("tides", "depths"))
BY_LABEL = Kind(Chart, "configmaps", namespace="kube-system", labels=(("tier", "sea"), ("of", "north")))
PATH = "/api/v1/namespaces/kube-system/configmaps"


def test_each_name_is_asked_for_alone(tmp_path: Path) -> None:
    plan = {PATH: iter([items(named("tides", data="2m at noon")), items()])}
    with Wire(plan) as wire, api_of(tmp_path, wire.url) as api:
        result = list_kind(api, BY_NAME)
        assert wire.asked == [
            f"{PATH}?fieldSelector=metadata.name%3Dtides&limit=500",
            f"{PATH}?fieldSelector=metadata.name%3Ddepths&limit=500",
        ]
    assert result.items == (Chart(metadata=o.Metadata(name="tides", uid="uid-of-tides"), data="2m at noon"),)
    assert result.coverage.state is CoverageState.COLLECTED


def test_labels_are_asked_for(tmp_path: Path) -> None:
    with Wire({PATH: items()}) as wire, api_of(tmp_path, wire.url) as api:
        list_kind(api, BY_LABEL)
        assert wire.asked == [f"{PATH}?labelSelector=tier%3Dsea%2Cof%3Dnorth&limit=500"]


def test_a_view_of_one_namespace_is_not_looked_for_in_others(tmp_path: Path) -> None:
    with Wire({PATH: status(403)}) as wire, api_of(tmp_path, wire.url) as api:
        result = list_kind(api, BY_NAME, ("team",))
        assert len(wire.asked) == 1
    assert result.coverage.state is CoverageState.FORBIDDEN
    assert "in kube-system" in str(result.coverage.reason)


@pytest.mark.parametrize(
    ("kind", "namespace", "name", "labels", "held"),
    [
        (BY_NAME, "kube-system", "tides", {}, True),
        (BY_NAME, "kube-system", "other", {}, False),
        (BY_NAME, "default", "tides", {}, False),
        (BY_NAME, None, "tides", {}, False),
        (BY_LABEL, "kube-system", "x", {"tier": "sea", "of": "north", "more": ""}, True),
        (BY_LABEL, "kube-system", "x", {"tier": "sea"}, False),
        (Kind(Chart, "configmaps"), None, "x", {}, True),
    ],
)
def test_what_a_view_holds(
    kind: Kind, namespace: str | None, name: str, labels: dict[str, str], held: bool
) -> None:
    metadata = o.Metadata(name=name, namespace=namespace, labels=labels or None)
    assert kind.holds(Chart(metadata=metadata)) is held


def test_every_kind_can_be_found_by_what_the_wire_calls_it() -> None:
    for kind in KINDS.values():
        assert kind in kinds.of_wire(kind.api_version, kind.type.kind)
        assert all(kind in kinds.of_wire(version, kind.type.kind) for version in kind.versions)
    assert kinds.of_wire("v1", "Unheard") == ()
    views = [kind for kind in KINDS.values() if kind.names or kind.labels]
    assert all(kind.namespace for kind in views), "a view's objects are in a namespace, which is named"

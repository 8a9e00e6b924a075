"""Whatever a cluster holds, every check judges it: none breaks, none hangs, and all can be sent."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import suppress
from random import Random
from types import FrameType
from typing import Any, NoReturn

import msgspec
import pytest

from checks import frameworks
from checks.cluster import objects as o
from checks.cluster.collect import _decoded
from checks.cluster.errors import BadAnswer
from checks.cluster.kinds import KINDS
from checks.cluster.objects import wire
from checks.cluster.sharing import Parts
from checks.cluster.snapshot import Snapshot
from checks.cluster.source import Manifests, take_snapshot
from checks.model import CoverageState, Expectations, KindCoverage, Scan, Status
from checks.registry import all_checks
from checks.run import evaluate
from tests.harness.fixture_snapshot import CLUSTER, MOMENT, snapshot_of
from tests.harness.hostile import any_object, broken, spoiled_fixtures

CHECKS = all_checks()
RATES = (0, 0.001, 0.01, 0.1)
FRAMEWORKS = frameworks.load(frameworks.framework_ids())


@pytest.fixture(autouse=True)
def no_hang() -> Iterator[None]:
    """A test that takes the processor for five minutes fails where it is.

    The clock would be no measure: on a busy machine a test that does not hang takes longer, and ending the
    process for it loses a whole worker.
    """

    def end(number: int, frame: FrameType | None) -> NoReturn:
        raise AssertionError("it has taken the processor for five minutes")

    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, 300)
    yield
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, before)


def world(objects: dict[str, tuple[Any, ...]]) -> Snapshot:
    coverage = tuple(
        KindCoverage(k.name, k.api_version, CoverageState.COLLECTED, len(objects.get(k.name, ())))
        for k in KINDS.values()
    )
    return Snapshot(
        expectations=Expectations(("registry.example",)),
        cluster=CLUSTER,
        started=MOMENT,
        finished=MOMENT,
        coverage=coverage,
        objects=objects,
    )


def valid(random: Random) -> dict[str, tuple[Any, ...]]:
    made = {
        kind.name: [wire.convert(any_object(random, kind), kind.type) for _ in range(3)]
        for kind in KINDS.values()
    }
    for kind, document in spoiled_fixtures(random, 60):
        with suppress(msgspec.ValidationError):
            made[kind.name].append(wire.convert(document, kind.type))
    return {name: tuple(items) for name, items in made.items()}


def judged(snapshot: Snapshot) -> Scan:
    scan = evaluate(snapshot, CHECKS, FRAMEWORKS, tool_version="test")
    errors = {result.check: result.reason for result in scan.results if result.status is Status.ERROR}
    assert not errors, errors
    assert {result.check for result in scan.results} == {check.id for check in CHECKS}
    json.loads(msgspec.json.encode(scan))
    return scan


@pytest.mark.slow
def test_worlds_that_fit_the_schema_break_no_check_and_reach_every_one() -> None:
    decided: set[str] = set()
    for seed in range(80):
        random = Random(seed)
        results = judged(world(valid(random))).results
        decided |= {each.check for each in results if each.status in (Status.PASS, Status.FAIL)}
    assert decided == {check.id for check in CHECKS}


@pytest.mark.slow
def test_worlds_that_do_not_fit_the_schema() -> None:
    kept = lost = 0
    for seed in range(25):
        random = Random(seed)
        made: dict[str, tuple[Any, ...]] = {}
        for kind in KINDS.values():
            listed = "PartialObjectMetadataList" if kind.metadata_only else "List"
            items = [broken(random, any_object(random, kind), random.choice(RATES)) for _ in range(4)]
            body = bytearray(json.dumps({"kind": listed, "items": items}).encode())
            made[kind.name], missed, _ = _decoded(body, kind, Parts())
            assert len(made[kind.name]) + missed == 4
            kept, lost = kept + len(made[kind.name]), lost + missed
        judged(world(made))
    assert kept
    assert lost


def test_manifests_that_do_not_fit_the_schema(tmp_path: Any) -> None:
    random = Random(1)
    good = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "good"}, "spec": {"containers": []}}
    for kind in KINDS.values():
        made = broken(random, any_object(random, kind), 0.04)
        whole = {
            **(made if isinstance(made, dict) else {}),
            "apiVersion": kind.api_version,
            "kind": kind.type.kind,
        }
        (tmp_path / f"{kind.name}.json").write_text(json.dumps(whole))
    (tmp_path / "good.json").write_text(json.dumps(good))
    snapshot = take_snapshot(Manifests(tmp_path), progress=lambda *_: None)
    assert "good" in {pod.metadata.name for pod in snapshot.all(o.Pod)}
    judged(snapshot)


def test_annotation_of_a_megabyte() -> None:
    notes = {"linkerd.io/inject": "<b>" * 350_000, "x": "y" * 1_000_000}
    metadata = {"name": "a", "namespace": "a", "annotations": notes}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [{"name": "a"}]}}
    judged(snapshot_of(pod))


@pytest.mark.parametrize("kind", ["Pod", "ConfigMap", "ClusterRole"])
def test_half_a_character_makes_its_list_unreadable(kind: str) -> None:
    items = [{"metadata": {"name": "\ud800"}}, {"metadata": {"name": "good"}}]
    listed = "PartialObjectMetadataList" if KINDS[kind].metadata_only else "List"
    with pytest.raises(BadAnswer):
        _decoded(bytearray(json.dumps({"kind": listed, "items": items}).encode()), KINDS[kind], Parts())


def test_owners_and_aggregations_in_circles() -> None:
    many = 3000
    documents: list[dict[str, Any]] = []
    for i in range(many):
        owner = {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "name": f"r{(i + 1) % many}",
            "controller": True,
        }
        owner["uid"] = owner["name"]
        metadata = {"name": f"r{i}", "namespace": "a", "uid": f"r{i}", "ownerReferences": [owner]}
        template = {"spec": {"containers": [{"name": "a", "image": "a"}]}}
        documents.append(
            {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "metadata": metadata,
                "spec": {"template": template},
            }
        )
    documents += [
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": f"c{i}", "labels": {"to": str(i), "all": "yes"}},
            "aggregationRule": {
                "clusterRoleSelectors": [
                    {"matchLabels": {"to": str((i + 1) % 300)}},
                    {"matchLabels": {"all": "yes"}},
                ]
            },
        }
        for i in range(300)
    ]
    judged(snapshot_of(*documents))

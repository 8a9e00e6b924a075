"""Snapshots made from a fixture file, as the checks' tests use them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from checks.cluster.kinds import KINDS, of_wire
from checks.cluster.objects import wire
from checks.cluster.snapshot import Snapshot
from checks.cluster.source import Manifests, take_snapshot
from checks.model import ClusterInfo, CoverageState, Expectations, KindCoverage

CLUSTER = ClusterInfo("0f4a7c1e-5b1d-4c55-9d0e-2f6d7f1f0c11", "harbour", "v1.34.2", "", "cluster")
MOMENT = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)


def snapshot_of(
    *documents: dict[str, Any], source: str = "cluster", missing: dict[str, str] | None = None
) -> Snapshot:
    """A snapshot of these objects. `missing`: kind -> reason why it may not be listed."""
    missing = missing or {}
    objects: dict[str, list[Any]] = {}
    for document in documents:
        known = of_wire(document["apiVersion"], document["kind"]) or (KINDS[document["kind"]],)
        for kind in known:
            item = wire.convert(document, kind.type)
            if kind.holds(item):
                objects.setdefault(kind.name, []).append(item)
    coverage = tuple(
        KindCoverage(kind.name, kind.api_version, CoverageState.FORBIDDEN, reason=missing[kind.name])
        if kind.name in missing
        else KindCoverage(
            kind.name,
            kind.api_version,
            CoverageState.COLLECTED,
            len(objects.get(kind.name, ())),
            custom=kind.custom,
        )
        for kind in KINDS.values()
        if objects.get(kind.name) or not kind.elsewhere
    )
    return Snapshot(
        cluster=msgspec.structs.replace(CLUSTER, source=source),
        started=MOMENT,
        finished=MOMENT,
        coverage=coverage,
        objects={name: tuple(found) for name, found in objects.items()},
    )


def snapshot_from(path: Path) -> Snapshot:
    """The snapshot of a fixture file; its first line may be `# manifests` (else it is a live cluster). A line
    `# allowed registries: …` is what the operator expects, `# version: …` the cluster's."""
    snapshot = take_snapshot(Manifests(path), progress=lambda *_: None)
    assert not snapshot.problems, snapshot.problems
    expected = re.search(r"^# allowed registries: *(.*)$", path.read_text(), re.MULTILINE)
    if expected:
        snapshot = msgspec.structs.replace(snapshot, expectations=Expectations(tuple(expected[1].split())))
    if path.read_text().startswith("# manifests"):
        return snapshot
    version = re.search(r"^# version: *(.*)$", path.read_text(), re.MULTILINE)
    cluster = msgspec.structs.replace(CLUSTER, version=version[1]) if version else CLUSTER
    return msgspec.structs.replace(snapshot, cluster=cluster, started=MOMENT, finished=MOMENT)

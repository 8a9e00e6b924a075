"""Snapshots made from a fixture file, as the checks' tests use them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import yaml

from checks.cluster.kinds import KINDS
from checks.cluster.snapshot import Snapshot
from checks.model import ClusterInfo, CoverageState, KindCoverage

MOMENT = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)


def snapshot_of(
    *documents: dict[str, Any], source: str = "cluster", missing: dict[str, str] | None = None
) -> Snapshot:
    """A snapshot of these objects. `missing`: kind -> reason why it may not be listed."""
    missing = missing or {}
    objects: dict[str, list[Any]] = {}
    for document in documents:
        kind = KINDS[document["kind"]]
        objects.setdefault(kind.field, []).append(msgspec.convert(document, kind.type))
    coverage = tuple(
        KindCoverage(kind.name, kind.api_version, CoverageState.FORBIDDEN, reason=missing[kind.name])
        if kind.name in missing
        else KindCoverage(
            kind.name, kind.api_version, CoverageState.COLLECTED, len(objects.get(kind.field, ()))
        )
        for kind in KINDS.values()
    )
    fields: dict[str, Any] = {field: tuple(found) for field, found in objects.items()}
    return Snapshot(
        cluster=ClusterInfo("0f4a7c1e-uid", "harbour", "v1.34.2", "", source),
        started=MOMENT,
        finished=MOMENT,
        coverage=coverage,
        **fields,
    )


def snapshot_from(path: Path) -> Snapshot:
    """The snapshot of a fixture file; its first line may be `# manifests` (else it is a live cluster)."""
    text = path.read_text()
    source = "manifests" if text.startswith("# manifests") else "cluster"
    return snapshot_of(*(doc for doc in yaml.safe_load_all(text) if doc), source=source)

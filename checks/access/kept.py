"""What of a snapshot is about rights, as bytes that can be kept with every run and be asked later."""

from __future__ import annotations

import gzip
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from msgspec import json
from msgspec.structs import replace

from checks.access.index import RBAC_KINDS
from checks.cluster.snapshot import Snapshot
from checks.cluster.snapshot_file import dump, restore
from checks.cluster.source import only

KINDS = ("Namespace", "ServiceAccount", "CustomResourceDefinition", *RBAC_KINDS)
"""What every answer about rights reads; definitions of custom resources are read where only files are."""


def rights_of(snapshot: Snapshot) -> bytes:
    """A snapshot's objects of `KINDS`, as a snapshot's file has them."""
    return dump(replace(only(snapshot, KINDS), whole=(), problems=()))


def rights_from(content: bytes, run_id: str) -> Snapshot:
    """What `rights_of` gave. Raises BadSnapshot, which names the run."""
    return restore(BytesIO(content), Path(f"kept with run {run_id}"))


def same_rights(content: bytes) -> str:
    """A fingerprint of what `rights_of` gave that leaves out when it was read: equal for runs between which
    nothing about rights changed and as much could be read."""
    _, head, *objects = gzip.decompress(content).split(b"\n")
    whole = json.decode(head, type=Snapshot)
    seen = sorted((each.kind, whole.saw(each.kind)) for each in whole.coverage if each.kind in KINDS)
    return sha256(b"\n".join((repr((whole.cluster, seen)).encode(), *objects))).hexdigest()

"""The built-in sample cluster: a small shipping company's, with what is good and what is wrong in real ones.

Kept as manifests that a real API server accepts. What it would have given each object (uid, time of creation,
resourceVersion) is derived from the object's name here, so that every run shows the same cluster.
"""

from __future__ import annotations

from datetime import datetime
from importlib.resources import files
from uuid import UUID, uuid5

from msgspec.structs import replace

from checks.cluster import objects as o
from checks.cluster.files import Source
from checks.cluster.kinds import KINDS
from checks.cluster.manifests import Reader, assemble
from checks.cluster.snapshot import Snapshot
from checks.cluster.whole import Asked
from checks.model import ClusterInfo

NAME = "harbour"
VERSION = "v1.37.2"
CREATED = "2026-11-02T06:00:00Z"
_UIDS = UUID("5f0c2a8e-6d1b-4c7f-9a53-0b6f1e4d2c90")


def uid_of(item: o.Object) -> str:
    """The uid that the sample cluster gives an object, by what and where it is."""
    return uuid5_of(item.kind, item.metadata.namespace, item.metadata.name)


def uuid5_of(kind: str, namespace: str | None, name: str) -> str:
    """The uid of an object by its kind, namespace and name."""
    return str(uuid5(_UIDS, f"{kind}/{namespace or ''}/{name}"))


UID = uuid5_of("Namespace", None, "kube-system")
"""The sample cluster's identity."""


def read_sample(now: datetime, whole: tuple[Asked, ...] = ()) -> Snapshot:
    """The sample cluster, read at `now`."""
    reader = Reader()
    for number, source in enumerate(sources(), 1):
        reader.read(source)
        if reader.problems:
            raise AssertionError(f"the built-in sample is broken: {reader.problems[0]} ({number})")
    reader.objects = {
        key: _stored(item, number) for number, (key, item) in enumerate(reader.objects.items(), 1)
    }
    cluster = ClusterInfo(UID, NAME, VERSION, "", source="sample", origin="the built-in sample cluster")
    return assemble(reader, cluster, now, whole)


def sources() -> tuple[Source, ...]:
    """The sample's files, by name."""
    folder = files(__name__)
    found = sorted(
        (each for each in folder.iterdir() if each.name.endswith(".yaml")), key=lambda each: each.name
    )
    return tuple(Source(f"sample/{each.name}", each.read_bytes()) for each in found)


def _stored(item: o.Object, number: int) -> o.Object:
    metadata = item.metadata
    owners = metadata.owner_references and tuple(
        replace(owner, uid=_owner_uid(owner, metadata.namespace)) for owner in metadata.owner_references
    )
    return replace(
        item,
        metadata=replace(
            metadata,
            uid=uid_of(item),
            resource_version=str(1000 + number),
            creation_timestamp=metadata.creation_timestamp or CREATED,
            owner_references=owners,
        ),
    )


def _owner_uid(owner: o.OwnerReference, namespace: str | None) -> str:
    kind = KINDS.get(owner.kind)
    return uuid5_of(owner.kind, namespace if kind is None or kind.namespaced else None, owner.name)

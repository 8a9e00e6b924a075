"""Whole objects with what policies ask about them, made ready to be judged: once for all policies."""

from __future__ import annotations

from functools import cache

import msgspec
from msgspec import Struct, field

from checks.cel.protocol import NULL, Subject
from checks.cluster import objects as o
from checks.cluster.redaction import WholeKind, WholeObject
from checks.cluster.snapshot import Snapshot, derived
from checks.model import Resource
from checks.owners import Owners, owners_of


class _Head(Struct, frozen=True):
    metadata: o.Metadata = field(default_factory=o.Metadata)


class Item(Struct, frozen=True):
    """An object with what the constraints ask about; `about`: the resource its result is about."""

    whole: WholeObject
    kind: WholeKind
    metadata: o.Metadata
    about: Resource
    source: str | None

    @property
    def namespace(self) -> str | None:
        """The namespace it is in."""
        return (self.metadata.namespace or "default") if self.kind.namespaced else None

    @property
    def requested_in(self) -> str | None:
        """The namespace of a request for it: a Namespace's is itself."""
        return self.metadata.name if self.is_namespace else self.namespace

    @property
    def is_namespace(self) -> bool:
        return self.kind.kind == "Namespace" and not self.kind.group


def items_of(kind: WholeKind, snapshot: Snapshot) -> tuple[Item, ...]:
    """Every object of a kind of the snapshot."""
    made = _made_items(snapshot)
    if id(kind) not in made:  # the kinds live as long as the snapshot
        owners = owners_of(snapshot)
        made[id(kind)] = tuple(_item(whole, kind, owners) for whole in kind.items)
    return made[id(kind)]


@derived
def _made_items(_: Snapshot) -> dict[int, tuple[Item, ...]]:
    return {}


def _item(whole: WholeObject, kind: WholeKind, owners: Owners) -> Item:
    try:
        metadata = msgspec.json.decode(whole.raw, type=_Head).metadata
    except msgspec.ValidationError:
        metadata = o.Metadata()
    namespace = (metadata.namespace or "default") if kind.namespaced else None
    itself = Resource(kind.api_version, kind.kind, namespace, metadata.name, metadata.uid)
    about = _top(owners, kind, metadata, itself)
    return Item(whole, kind, metadata, about, None if about == itself else str(itself))


def _top(owners: Owners, kind: WholeKind, metadata: o.Metadata, itself: Resource) -> Resource:
    """Fifty replicas that a policy would refuse are one finding: their owner's."""
    makers = {"Pod": o.Pod, "ReplicaSet": o.ReplicaSet, "Job": o.Job}
    if kind.kind not in makers or not metadata.owner_references:
        return itself
    shape = makers[kind.kind](
        metadata=o.AnnotatedMetadata(
            metadata.name, itself.namespace, metadata.uid, owner_references=metadata.owner_references
        )
        if kind.kind == "Pod"
        else o.Metadata(
            metadata.name, itself.namespace, metadata.uid, owner_references=metadata.owner_references
        )
    )
    return owners.top(shape)


@derived
def _spaces(snapshot: Snapshot) -> dict[str, Item]:
    """Each namespace, by name."""
    return {
        item.metadata.name: item
        for kind in snapshot.whole
        for item in items_of(kind, snapshot)
        if item.is_namespace
    }


@derived
def _unseen(_: Snapshot) -> dict[str, msgspec.Raw]:
    """What is known of a namespace that was not read: its name."""
    return {}


def labels_of_namespace(item: Item, snapshot: Snapshot) -> dict[str, str] | None:
    """The labels of the namespace it is in, or is; None for what is in none."""
    if item.is_namespace:
        return item.metadata.labels or {}
    if item.namespace is None:
        return None
    space = _spaces(snapshot).get(item.namespace)
    labels = space.metadata.labels if space is not None else None
    return {"kubernetes.io/metadata.name": item.namespace, **(labels or {})}


@derived
def _subjects(_: Snapshot) -> dict[tuple[int, str], Subject]:
    """Each object as it was made ready to be judged: the very same for every policy, so it is sent once."""
    return {}


def subject(item: Item, asked: str, snapshot: Snapshot) -> Subject:
    """The object as it is judged for an operation."""
    made = _subjects(snapshot)
    key = (id(item), asked)  # the items live as long as the snapshot
    if key not in made:
        made[key] = _subject(item, asked, snapshot)
    return made[key]


def _subject(item: Item, asked: str, snapshot: Snapshot) -> Subject:
    gvk, gvr = _named(item.kind.api_version, item.kind.kind, item.kind.plural)
    request = {
        "operation": asked,
        "kind": gvk,
        "requestKind": gvk,
        "resource": gvr,
        "requestResource": gvr,
        "subResource": "",
        "requestSubResource": "",
        "dryRun": False,
        "name": item.metadata.name,
        "namespace": item.requested_in or "",
    }
    return Subject(item.whole.raw, request, _space(item.namespace, snapshot), item.whole.redacted)


@cache
def _named(api_version: str, kind: str, plural: str) -> tuple[dict[str, str], dict[str, str]]:
    """The kind and the resource as a request names them."""
    group, _, version = api_version.rpartition("/")
    of = {"group": group, "version": version}
    return {**of, "kind": kind}, {**of, "resource": plural}


def _space(name: str | None, snapshot: Snapshot) -> msgspec.Raw:
    """The namespace as expressions see it."""
    if name is None:
        return NULL
    space = _spaces(snapshot).get(name)
    if space is not None:
        return space.whole.raw
    unseen = _unseen(snapshot)
    if name not in unseen:
        given = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        unseen[name] = msgspec.Raw(msgspec.json.encode(given))
    return unseen[name]

"""Reading the kinds that are kept whole from a live cluster."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from checks.cluster.connect import JSON, Api
from checks.cluster.errors import BadAnswer, ClusterError
from checks.cluster.kinds import Kind
from checks.cluster.objects import wire
from checks.cluster.paging import METADATA_ONLY, ListMeta, Moment, read_pages
from checks.cluster.redaction import WholeKind, WholeObject, redacted
from checks.cluster.whole import Asked, known_kind

T = TypeVar("T")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]|\.(?=[A-Za-z0-9])){0,252}")
"""What a policy says becomes part of a path."""


class Known(Struct, frozen=True):
    """A kind that was read whole already: in which version, its objects, and why not all of them, if so."""

    api_version: str
    items: tuple[WholeObject, ...]
    reason: str = ""


def read_whole(
    api: Api,
    asked: Iterable[Asked],
    versions: dict[str, tuple[str, ...]] | None,
    moment: Moment | None = None,
    known: Mapping[str, Known] = MappingProxyType({}),
) -> tuple[WholeKind, ...]:
    """Every kind asked for, as of a moment; what cannot be read is there with its reason.

    known: those that need not be read again, by the name of the table of kinds.
    """
    wanted = {(each.group, each.plural or each.kind): each for each in asked}
    return tuple(_found(api, wanted[key], versions or {}, moment, known) for key in sorted(wanted))


def names_of(asked: Iterable[Asked]) -> frozenset[str]:
    """Those that are in the table of kinds, by name: what is read of them anyway can serve."""
    found = (known_kind(each.group, each.plural, each.kind) for each in asked)
    return frozenset(each.name for each in found if each is not None)


def _found(
    api: Api,
    asked: Asked,
    versions: dict[str, tuple[str, ...]],
    moment: Moment | None,
    known: Mapping[str, Known],
) -> WholeKind:
    kind = known_kind(asked.group, asked.plural, asked.kind)
    read = known.get(kind.name) if kind is not None else None
    if kind is None or read is None:
        return _read(api, asked, kind, versions, moment)
    return WholeKind(read.api_version, kind.type.kind, kind.plural, kind.namespaced, read.items, read.reason)


def _read(
    api: Api,
    asked: Asked,
    known: Kind | None,
    versions: dict[str, tuple[str, ...]],
    moment: Moment | None,
) -> WholeKind:
    version = asked.version or next(iter(versions.get(asked.group, ())), "v1")
    api_version = f"{asked.group}/{version}" if asked.group else version
    if not all(_NAME.fullmatch(each) for each in (asked.group, version, asked.plural, asked.kind) if each):
        return WholeKind(api_version, asked.kind, asked.plural, reason="there can be no kind of that name")
    if known is not None:
        api_version = known.api_version
    plural, namespaced, kind = asked.plural, True, asked.kind
    try:
        if known is None:
            plural, namespaced, kind = _resource(api, api_version, asked)
        else:
            plural, namespaced, kind = known.plural, known.namespaced, known.type.kind
        accept = METADATA_ONLY if known is not None and known.metadata_only else JSON
        path = f"/{'apis' if '/' in api_version else 'api'}/{api_version}/{plural}"
        items = whole_items(api, path, api_version, kind, accept, moment, query={}, keep=redacted)
    except ClusterError as error:
        return WholeKind(api_version, kind, plural, namespaced, reason=error.message)
    return WholeKind(api_version, kind, plural, namespaced, tuple(items))


def _resource(api: Api, api_version: str, asked: Asked) -> tuple[str, bool, str]:
    """A resource's plural, whether namespaces hold it, and its kind, as the server says."""
    prefix = "/apis/" if "/" in api_version else "/api/"
    try:
        answer = wire.decoder(_Resources).decode(api.get(prefix + api_version))
    except msgspec.DecodeError as error:
        raise BadAnswer(f"What {api_version} has could not be understood.") from error
    for each in answer.resources or ():
        if "/" not in each.name and (each.name == asked.plural or (asked.kind and each.kind == asked.kind)):
            return each.name, each.namespaced, each.kind
    raise BadAnswer(f"The API server does not serve {asked.plural or asked.kind} in {api_version}.")


class _ApiResource(Struct, frozen=True):
    name: str = ""
    namespaced: bool = False
    kind: str = ""


class _Resources(Struct, frozen=True):
    resources: tuple[_ApiResource, ...] | None = None


class _Page(Struct, frozen=True):
    metadata: ListMeta = msgspec.field(default_factory=ListMeta)
    items: tuple[Any, ...] | None = None


_PAGE = msgspec.json.Decoder(_Page)


def whole_items(
    api: Api,
    path: str,
    api_version: str,
    kind: str,
    accept: str,
    moment: Moment | None,
    *,
    query: Mapping[str, str],
    keep: Callable[[dict[str, Any]], T],
) -> list[T]:
    """Every object at a path as `keep` keeps it, which it does before the next page is read."""

    def decode(body: bytearray) -> tuple[ListMeta, list[T]]:
        try:
            page = _PAGE.decode(body)
            return page.metadata, _kept(page, api_version, kind, keep)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadAnswer(f"The list of {kind} could not be understood.") from error

    read = read_pages(api, path, query, decode, accept=accept, moment=moment)
    return [item for page in read.pages for item in page]


def objects_of(body: bytearray, api_version: str, kind: str, keep: Callable[[dict[str, Any]], T]) -> list[T]:
    """The objects of a page of a list as `keep` keeps them. Raises msgspec.DecodeError and RecursionError."""
    return _kept(_PAGE.decode(body), api_version, kind, keep)


def _kept(page: _Page, api_version: str, kind: str, keep: Callable[[dict[str, Any]], T]) -> list[T]:
    named = {"apiVersion": api_version, "kind": kind}
    return [keep({**item, **named}) for item in page.items or () if isinstance(item, dict)]

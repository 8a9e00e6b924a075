"""One list, page by page, as of one moment that all lists share where the API server can show it.

etcd counts every write to any kind, so that one resource version is a moment of the whole cluster; an API
server lists a kind as of it (`resourceVersionMatch=Exact`). See docs/adr/0005.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct, field

from checks.cluster.connect import JSON, Api
from checks.cluster.errors import Absent, BadAnswer, ClusterError, Expired, Forbidden, Refused
from checks.cluster.kinds import Kind
from checks.cluster.parallel import ahead

P = TypeVar("P")

PAGE = 500
MAX_PAGES = 2000
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_RESOURCE_VERSION = re.compile(r"[1-9]\d{0,19}")
_TWO_MOMENTS = "it changed while it was read, so it is of two moments"
_APART = "it is of another moment than the other kinds: the API server does not show it as of theirs"


class ListMeta(Struct, frozen=True, rename="camel"):
    continue_: str = field(default="", name="continue")
    resource_version: str = ""


class Moment(Struct, frozen=True):
    """The resource version that everything is read as of."""

    resource_version: str

    @property
    def query(self) -> dict[str, str]:
        return {"resourceVersion": self.resource_version, "resourceVersionMatch": "Exact"}


class Pages(Struct, Generic[P], frozen=True):
    """A whole list. `remark`: what is to be said of the moment it is of; empty for the shared one."""

    pages: tuple[P, ...]
    remark: str = ""


class _Anchor(Struct, frozen=True):
    metadata: ListMeta = field(default_factory=ListMeta)


_ANCHOR = msgspec.json.Decoder(_Anchor)
_ITEMS = re.compile(rb'"items"\s*:\s*\[')
_MOST_AHEAD = 1 << 14
"""Bytes of a list in which its metadata is looked for."""


def now(api: Api, kinds: Iterable[Kind], namespaces: tuple[str, ...] = ()) -> Moment | None:
    """The moment to read these kinds as of: what the first of them that may be listed says it is now.

    Add-ons' kinds are not asked, because another server with a count of its own may serve them. None when
    nobody says: each list is of a moment of its own then.
    """
    for kind in kinds:
        if kind.custom or kind.elsewhere:
            continue
        for namespace in ("", *(namespaces if kind.namespaced and not kind.namespace else ())):
            path = kind.path_in(kind.api_version, namespace)
            try:
                body = api.get(path, kind.queries[0] | {"limit": "1"}, METADATA_ONLY)
                version = _ANCHOR.decode(body).metadata.resource_version
            except (Forbidden, Absent):
                continue
            except (ClusterError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                return None
            return Moment(version) if _RESOURCE_VERSION.fullmatch(version) else None
    return None


def read_pages(
    api: Api,
    path: str,
    query: Mapping[str, str],
    decode: Callable[[bytearray], tuple[ListMeta, P]],
    *,
    accept: str = JSON,
    moment: Moment | None = None,
) -> Pages[P]:
    """Every page of the list at a path, each decoded as it comes.

    A moment that the API server cannot show, or no longer, gives way to now; a list of now that expires is
    started over once, and after that goes on with what is there then. Raises ClusterError.
    """
    walk = _Walk(api, path, query, decode, accept)
    if moment is not None:
        with suppress(Expired, Refused):
            pages, versions = walk.pages(moment.query)
            return Pages(pages, "" if versions == {moment.resource_version} else _APART)
    remark = _APART if moment is not None else ""
    with suppress(Expired):
        return Pages(walk.pages({})[0], remark)
    pages, versions = walk.pages({}, patient=True)
    return Pages(pages, _TWO_MOMENTS if len(versions) > 1 else remark)


class _Walk(Struct, Generic[P], frozen=True):
    """A list to be read from its first page to its last."""

    api: Api
    path: str
    query: Mapping[str, str]
    decode: Callable[[bytearray], tuple[ListMeta, P]]
    accept: str

    def pages(self, first: Mapping[str, str], *, patient: bool = False) -> tuple[tuple[P, ...], set[str]]:
        """The pages, and the resource versions that they are of.

        first: what the first page is asked for beside the query. patient: whether to go on with what is there
        now when the list expires. Raises ClusterError.
        """
        pages: list[P] = []
        versions: set[str] = set()
        token = ""
        get: Callable[[], bytearray] = partial(self._get, first)
        for _ in range(MAX_PAGES):
            try:
                body = get()
            except Expired as expired:
                if not patient or not expired.continue_token or expired.continue_token == token:
                    raise
                token = expired.continue_token
                get = partial(self._get, {"continue": token})
                continue
            coming = _next_of(body)
            get = ahead(partial(self._get, {"continue": coming})) if coming else get
            metadata, page = self.decode(body)
            pages.append(page)
            versions.add(metadata.resource_version)
            if not metadata.continue_:
                return tuple(pages), versions
            if metadata.continue_ == token:
                break
            token = metadata.continue_
            if token != coming:
                get = partial(self._get, {"continue": token})
        raise BadAnswer(f"The list at {self.path} does not end.", "Check what lies between here and there.")

    def _get(self, place: Mapping[str, str]) -> bytearray:
        return self.api.get(self.path, {**self.query, "limit": str(PAGE), **place}, self.accept)


def _next_of(body: bytearray) -> str:
    """The token of the next page, found without a look at the objects, so that it can be asked for while this
    one is decoded; empty where the list does not say it ahead of its objects."""
    found = _ITEMS.search(body, 0, _MOST_AHEAD)
    try:
        return _ANCHOR.decode(body[: found.end()] + b"]}").metadata.continue_ if found else ""
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""

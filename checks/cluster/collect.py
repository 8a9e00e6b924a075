"""Everything that is read of a live cluster, in parallel over few connections, page by page.

A page's bytes become small structs at once and are dropped, so memory holds what checks read and little more.
What cannot be read is kept as Coverage with its reason; it is never an empty list that looks like an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from itertools import product
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct, field

from checks.cluster import objects as o
from checks.cluster.collect_whole import objects_of
from checks.cluster.connect import JSON, Api
from checks.cluster.discovery import UNKNOWN, Served
from checks.cluster.errors import Absent, BadAnswer, ClusterError, Forbidden, Unreachable
from checks.cluster.group_listing import members
from checks.cluster.kinds import Kind
from checks.cluster.objects import wire
from checks.cluster.paging import METADATA_ONLY, ListMeta, Moment, read_pages
from checks.cluster.parallel import in_parallel
from checks.cluster.redaction import WholeObject, redacted
from checks.cluster.sharing import Parts, form_of
from checks.model import CoverageState, KindCoverage

T = TypeVar("T")
Progress = Callable[[str, int, int], None]

_METADATA_KIND = "PartialObjectMetadataList"
_MOST_REASONS = 3
_FIRST = ("Pod", "ReplicaSet", "Secret", "ConfigMap")
"""The kinds of which there are most: the others fit beside them."""


class Page(Struct, Generic[T], frozen=True, rename="camel"):
    """One page of a list."""

    kind: str = ""
    metadata: ListMeta = field(default_factory=ListMeta)
    items: tuple[T, ...] | None = None


class Listing(Struct, frozen=True):
    """What was read of one kind. `whole`: the same objects whole, where that was asked for."""

    coverage: KindCoverage
    items: tuple[o.Object, ...] = ()
    error: ClusterError | None = None
    whole: tuple[WholeObject, ...] = ()


def collect(
    api: Api,
    kinds: Iterable[Kind],
    namespaces: tuple[str, ...],
    progress: Progress,
    served: Served = UNKNOWN,
    moment: Moment | None = None,
    known: Mapping[str, Listing] = MappingProxyType({}),
    whole: Collection[str] = (),
) -> dict[str, Listing]:
    """Read all these kinds.

    namespaces: where to look for a kind that may not be listed everywhere.
    served: which versions there are; a custom kind that is in none of them is absent and not asked for.
    moment: what they are read as of; a moment of each kind's own where there is none.
    known: what was read already. whole: kinds of which the objects are kept whole, too, from the same bytes.
    Returns a Listing for each, by name. Raises the ClusterError when not one of them could be read.
    """
    wanted = sorted(kinds, key=lambda kind: kind.name not in _FIRST)
    read: dict[str, Listing] = {}

    def list_one(kind: Kind) -> Listing:
        if kind.name in known and kind.name not in whole:
            return known[kind.name]
        version = served.version_of(kind)
        if version is None and kind.custom:
            return _missing(kind, CoverageState.ABSENT, None)
        if kind.plural == o.ANY:
            return _list_group(api, kind, version or kind.api_version, served, moment)
        return list_kind(api, kind, namespaces, version, moment, whole=kind.name in whole)

    for kind, listing in in_parallel(api, wanted, list_one):
        read[kind.name] = listing
        progress(kind.name, len(read), len(wanted))
    late = Unreachable(
        f"Not everything was read within {api.limits.total:.0f} s.",
        "Check the API server's load and try again.",
    )
    listings = {
        kind.name: read.get(kind.name) or _missing(kind, CoverageState.FAILED, late) for kind in wanted
    }
    if all(each.coverage.gap for each in listings.values() if not each.coverage.custom):
        raise _nothing(listings.values())
    return listings


def list_kind(
    api: Api,
    kind: Kind,
    namespaces: tuple[str, ...] = (),
    version: str | None = None,
    moment: Moment | None = None,
    *,
    whole: bool = False,
) -> Listing:
    """Read one kind, in `version` if one is given; a ClusterError becomes its coverage."""
    version = version or kind.api_version
    try:
        return _list(api, kind, version, ("",), moment, whole=whole)
    except Forbidden as error:
        if not (namespaces and kind.namespaced) or kind.namespace:
            return _missing(kind, CoverageState.FORBIDDEN, error)
        return _in_namespaces(api, kind, version, namespaces, moment, whole=whole)
    except Absent as error:
        return _missing(kind, CoverageState.ABSENT, error)
    except ClusterError as error:
        return _missing(kind, CoverageState.FAILED, error)


def _list_group(api: Api, kind: Kind, version: str, served: Served, moment: Moment | None) -> Listing:
    """Read every kind of a group as one: what of it could be read, and the worst that kept the rest away."""
    try:
        read = [list_kind(api, each, (), version, moment) for each in members(api, kind, version, served)]
    except Forbidden as error:
        return _missing(kind, CoverageState.FORBIDDEN, error)
    except Absent as error:
        return _missing(kind, CoverageState.ABSENT, error)
    except ClusterError as error:
        return _missing(kind, CoverageState.FAILED, error)
    there = [each for each in read if each.coverage.state is not CoverageState.ABSENT]
    states = {each.coverage.state for each in there} - {CoverageState.COLLECTED}
    state = min(states, default=CoverageState.COLLECTED, key=list(CoverageState).index)
    reasons = list(dict.fromkeys(each.coverage.reason for each in there if each.coverage.reason))
    more = f"; and {len(reasons) - _MOST_REASONS} more" if len(reasons) > _MOST_REASONS else ""
    reason = "; ".join(reasons[:_MOST_REASONS]) + more or None
    items = tuple(item for each in there for item in each.items)
    coverage = KindCoverage(kind.name, version, state, len(items), reason, kind.custom)
    return Listing(coverage, items, next((each.error for each in there if each.error), None))


def _in_namespaces(
    api: Api, kind: Kind, version: str, namespaces: tuple[str, ...], moment: Moment | None, *, whole: bool
) -> Listing:
    remark = f"only in the namespaces {', '.join(namespaces)}: no right to list in all"
    try:
        return _list(api, kind, version, namespaces, moment, remark, whole=whole)
    except Forbidden as error:
        return _missing(kind, CoverageState.FORBIDDEN, error)
    except ClusterError as error:
        return _missing(kind, CoverageState.FAILED, error)


def _list(
    api: Api,
    kind: Kind,
    version: str,
    namespaces: tuple[str, ...],
    moment: Moment | None,
    remark: str | None = None,
    *,
    whole: bool,
) -> Listing:
    gathered: list[o.Object] = []
    wholes: list[WholeObject] = []
    parts = Parts()
    lost, remarks = 0, [remark] if remark else []
    accept = METADATA_ONLY if kind.metadata_only else JSON

    def decode(body: bytearray) -> tuple[ListMeta, tuple[tuple[o.Object, ...], int, list[WholeObject]]]:
        items, broken, metadata = _decoded(body, kind, parts)
        kept = objects_of(body, version, kind.type.kind, redacted) if whole else []
        return metadata, (items, broken, kept)

    for namespace, query in product(namespaces, kind.queries):
        path = kind.path_in(version, namespace)
        read = read_pages(api, path, query, decode, accept=accept, moment=moment)
        for items, broken, page in read.pages:
            gathered += items
            wholes += page
            lost += broken
        if read.remark and read.remark not in remarks:
            remarks.append(read.remark)
    state = CoverageState.FAILED if lost else CoverageState.COLLECTED
    if lost:
        remarks.append(f"{lost} of {lost + len(gathered)} could not be understood")
    reason = "; ".join(remarks) or None
    coverage = KindCoverage(kind.name, version, state, len(gathered), reason, kind.custom)
    return Listing(coverage, tuple(gathered), whole=tuple(wholes))


@cache
def _decoder(kind: type[o.Object]) -> msgspec.json.Decoder[Page[Any]]:
    return wire.decoder(Page[form_of(kind)])  # type: ignore[misc]


_RAW: msgspec.json.Decoder[Page[msgspec.Raw]] = msgspec.json.Decoder(Page[msgspec.Raw])


def _decoded(body: bytearray, kind: Kind, parts: Parts) -> tuple[tuple[o.Object, ...], int, ListMeta]:
    """The objects of a page, how many could not be understood, and what the list says of itself."""
    try:
        page = _decoder(kind.type).decode(body)
        items, lost = parts.whole(page.items or (), kind.type), 0
    except msgspec.ValidationError:
        page, items, lost = _one_by_one(body, kind, parts)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _not_a_list(kind) from error
    if kind.metadata_only and page.kind != _METADATA_KIND:
        raise BadAnswer(
            f"The API server does not list {kind.plural} by metadata alone.",
            "Their contents were not read; upgrade the API server.",
        )
    if not page.kind.endswith("List"):
        raise _not_a_list(kind)
    return items, lost, page.metadata


def _one_by_one(body: bytearray, kind: Kind, parts: Parts) -> tuple[Page[Any], tuple[o.Object, ...], int]:
    """A page with an object that does not fit: the ones that do, and how many do not."""
    try:
        page = _RAW.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _not_a_list(kind) from error
    decoder = wire.decoder(form_of(kind.type))
    items: list[o.Object] = []
    for raw in page.items or ():
        try:
            items += parts.whole([decoder.decode(raw)], kind.type)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
    return page, tuple(items), len(page.items or ()) - len(items)


def _not_a_list(kind: Kind) -> BadAnswer:
    return BadAnswer(
        f"The answer is not a list of {kind.plural}.", "Check that `server:` is a Kubernetes API server."
    )


def _missing(kind: Kind, state: CoverageState, error: ClusterError | None) -> Listing:
    resource = f"{kind.plural}.{kind.group}" if kind.group else kind.plural
    match state:
        case CoverageState.FORBIDDEN:
            where = f"in {kind.namespace}" if kind.namespace else "in the whole cluster"
            reason = f"no right to list {resource} {where}; grant the verb list on it"
        case CoverageState.ABSENT:
            reason = f"the API server does not serve {resource} in {kind.api_version}"
        case _:
            reason = str(error)
    coverage = KindCoverage(kind.name, kind.api_version, state, reason=reason, custom=kind.custom)
    return Listing(coverage, error=error)


def _nothing(listings: Iterable[Listing]) -> ClusterError:
    """The error when nothing could be read: the one that all share, else the first."""
    errors = [each.error for each in listings if each.error is not None]
    if errors and all(isinstance(error, Forbidden) for error in errors):
        return Forbidden(
            "Nothing in the cluster may be read with these credentials.",
            "Grant the rights in Quarterdeck's ClusterRole (list on each kind), or use other credentials.",
        )
    worst = next((error for error in errors if not isinstance(error, Forbidden | Absent)), None)
    return (
        worst or errors[0] if errors else BadAnswer("Nothing could be read.", "Look at `quarterdeck doctor`.")
    )

"""Which kinds are kept whole, and reading them: only those that an own check or an admission policy judges.

A policy names resources (`pods` of the core group), an own check names kinds; both are resolved by the table
of kinds, else by what the server says it serves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from checks.cluster import objects as o
from checks.cluster.connect import JSON, Api
from checks.cluster.errors import BadAnswer, ClusterError
from checks.cluster.kinds import KINDS, Kind
from checks.cluster.objects import wire
from checks.cluster.paging import METADATA_ONLY, ListMeta, Moment, read_pages
from checks.cluster.redaction import WholeKind, WholeObject, redacted

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]|\.(?=[A-Za-z0-9])){0,252}")
"""What a policy says becomes part of a path."""


class Asked(Struct, frozen=True):
    """A kind to keep whole: by group and plural, or by apiVersion and kind; empty where not known."""

    group: str
    plural: str = ""
    version: str = ""
    kind: str = ""


def asked_by_kind(api_version: str, kind: str) -> Asked:
    """What an own check asks for."""
    group, _, version = api_version.rpartition("/")
    known = _known(group, kind=kind)
    return Asked(group, known.plural if known else "", version, kind)


def asked_by_rules(rules: Iterable[o.ResourceRule]) -> Iterator[Asked]:
    """What a policy's rules ask for; with `*`, every kind of the table that they cover."""
    for rule in rules:
        for group in rule.api_groups or ():
            for resource in rule.resources or ():
                plural, _, sub = resource.partition("/")
                if sub not in {"", "*"}:
                    continue
                if "*" not in {group, plural}:
                    versions = [each for each in rule.api_versions or () if each != "*"]
                    yield Asked(group, plural, versions[0] if versions else "")
                    continue
                for kind in KINDS.values():
                    if not kind.elsewhere and plural in {"*", kind.plural} and group in {"*", kind.group}:
                        yield Asked(kind.group, kind.plural)


def asked_for(
    own: Iterable[Asked],
    policies: Iterable[o.ValidatingAdmissionPolicy],
    bindings: Iterable[o.ValidatingAdmissionPolicyBinding],
) -> tuple[Asked, ...]:
    """All kinds to keep whole: for own checks, for policies that are bound and for their parameters.

    Where there is any, Namespaces are among them: expressions may look at an object's namespace.
    """
    asked = list(own)
    bound = {each.spec.policy_name for each in bindings}
    for policy in policies:
        constraints = policy.spec.match_constraints
        if policy.metadata.name not in bound or constraints is None:
            continue
        asked += asked_by_rules(constraints.resource_rules or ())
        if policy.spec.param_kind is not None:
            asked.append(asked_by_kind(policy.spec.param_kind.api_version, policy.spec.param_kind.kind))
    if asked:
        asked.append(asked_by_kind("v1", "Namespace"))
    return tuple(dict.fromkeys(asked))


def _known(group: str, plural: str = "", kind: str = "") -> Kind | None:
    """The kind of the table that reads all its objects: not a view of a few, which may read more of them."""
    for each in KINDS.values():
        if each.elsewhere or each.names or each.namespace or each.labels or each.without:
            continue
        if each.group == group and (each.plural == plural or each.type.kind == kind):
            return each
    return None


def read_whole(
    api: Api,
    asked: Iterable[Asked],
    versions: dict[str, tuple[str, ...]] | None,
    moment: Moment | None = None,
) -> tuple[WholeKind, ...]:
    """Every kind asked for, each read once, as of a moment; what cannot be read is there with its reason."""
    wanted = {(each.group, each.plural or each.kind): each for each in asked}
    return tuple(_read(api, wanted[key], versions or {}, moment) for key in sorted(wanted))


def _read(api: Api, asked: Asked, versions: dict[str, tuple[str, ...]], moment: Moment | None) -> WholeKind:
    known = _known(asked.group, asked.plural, asked.kind)
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
        items = _items(api, api_version, plural, kind, accept, moment)
    except ClusterError as error:
        return WholeKind(api_version, kind, plural, namespaced, reason=error.message)
    return WholeKind(api_version, kind, plural, namespaced, items)


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
    items: tuple[dict[str, Any], ...] | None = None


def _items(
    api: Api, api_version: str, plural: str, kind: str, accept: str, moment: Moment | None
) -> tuple[WholeObject, ...]:
    def decode(body: bytearray) -> tuple[ListMeta, list[WholeObject]]:
        try:
            page = wire.decoder(_Page).decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadAnswer(f"The list of {plural} could not be understood.") from error
        whole = [redacted({**item, "apiVersion": api_version, "kind": kind}) for item in page.items or ()]
        return page.metadata, whole

    prefix = "/apis/" if "/" in api_version else "/api/"
    read = read_pages(api, f"{prefix}{api_version}/{plural}", {}, decode, accept=accept, moment=moment)
    return tuple(item for page in read.pages for item in page)


def from_files(documents: Iterable[dict[str, Any]], asked: Iterable[Asked]) -> tuple[WholeKind, ...]:
    """The kinds asked for out of the documents of files; one that is in none of them has no objects."""
    wanted = tuple(dict.fromkeys(asked))
    found: dict[tuple[str, str], list[WholeObject]] = {}
    shapes: dict[tuple[str, str], WholeKind] = {}
    for data in documents if wanted else ():
        api_version, kind = data["apiVersion"], data["kind"]
        group = api_version.rpartition("/")[0]
        known = _known(group, kind=kind)
        plural = known.plural if known else plural_of(kind)
        if not any(each.group == group and (each.plural == plural or each.kind == kind) for each in wanted):
            continue
        shapes[api_version, kind] = WholeKind(api_version, kind, plural, known.namespaced if known else True)
        found.setdefault((api_version, kind), []).append(redacted(data))
    return tuple(
        msgspec.structs.replace(shapes[key], items=tuple(items)) for key, items in sorted(found.items())
    )


def plural_of(kind: str) -> str:
    """The plural that a custom resource of this kind has as a rule."""
    lower = kind.lower()
    if lower.endswith("y") and lower[-2:-1] not in set("aeiou"):
        return f"{lower[:-1]}ies"
    return f"{lower}es" if lower.endswith(("s", "x", "ch", "sh")) else f"{lower}s"

"""Reading the ConfigMaps that admission policies take their parameters from, and no others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from checks.cluster import objects as o
from checks.cluster.collect_whole import whole_items
from checks.cluster.connect import JSON, Api
from checks.cluster.errors import ClusterError
from checks.cluster.paging import Moment
from checks.cluster.params import CONFIG_MAP, config_maps
from checks.cluster.redaction import WholeKind, WholeObject, parameter

_MOST = 1000
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_SELECTED = re.compile(r"[A-Za-z0-9._/-]{0,320}")


class _Wanted(Struct, frozen=True):
    """ConfigMaps that a binding refers to: of one namespace or of all, by name or by a selector."""

    namespace: str = ""
    name: str = ""
    selector: str = ""

    @property
    def path(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/configmaps" if self.namespace else "/api/v1/configmaps"

    @property
    def query(self) -> dict[str, str]:
        if self.name:
            return {"fieldSelector": f"metadata.name={self.name}"}
        return {"labelSelector": self.selector} if self.selector else {}


def read_params(
    api: Api, referred: tuple[o.ParamRef, ...], moment: Moment | None = None
) -> tuple[WholeKind, ...] | None:
    """The ConfigMaps that are referred to, with why not where that failed; None where none is."""
    found: dict[tuple[str, str], WholeObject] = {}
    wanted = {each for one in referred if (each := _wanted(one)) is not None}
    try:
        for each in sorted(wanted, key=repr):
            found |= whole_items(api, each.path, *CONFIG_MAP, JSON, moment, query=each.query, keep=_keep)
            if len(found) > _MOST:
                return (config_maps((), f"there are more than {_MOST}"),)
    except ClusterError as error:
        return (config_maps((), error.message),)
    return (config_maps(found.values()),) if referred else None


def _keep(data: dict[str, Any]) -> tuple[tuple[str, str], WholeObject]:
    metadata = data.get("metadata")
    named = metadata if isinstance(metadata, dict) else {}
    return (str(named.get("namespace")), str(named.get("name"))), parameter(data)


def _wanted(reference: o.ParamRef) -> _Wanted | None:
    """What to ask for; None for what can be no name, and so is not there."""
    namespace, name = reference.namespace or "", reference.name or ""
    if any(each and not _NAME.fullmatch(each) for each in (namespace, name)):
        return None
    if name:
        return _Wanted(namespace, name)
    if reference.selector is None:
        return None
    if not all(_SELECTED.fullmatch(each) for each in _words(reference.selector)):
        return None
    return _Wanted(namespace, selector=",".join(_terms(reference.selector)))


def _words(selector: o.LabelSelector) -> Iterator[str]:
    """Every key and value of a selector: they become part of a query."""
    for key, value in (selector.match_labels or {}).items():
        yield from (key, value)
    for each in selector.match_expressions or ():
        yield from (each.key, *(each.values or ()))


def _terms(selector: o.LabelSelector) -> Iterator[str]:
    yield from (f"{key}={value}" for key, value in (selector.match_labels or {}).items())
    for each in selector.match_expressions or ():
        values = f"({','.join(each.values or ())})"
        match each.operator:
            case "In":
                yield f"{each.key} in {values}"
            case "NotIn":
                yield f"{each.key} notin {values}"
            case "Exists":
                yield each.key
            case "DoesNotExist":
                yield f"!{each.key}"

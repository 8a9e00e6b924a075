"""A whole object without what may be a secret: what expressions see of it.

Literal values of environment variables, the data of Secrets and ConfigMaps, and the annotation that repeats
the object as it was applied are replaced before the object is kept; the names of the fields go with it, so
that an expression that reads one is unknown rather than judged by what stands there instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from checks.cel.tree import LAST_APPLIED

REDACTED = "<redacted>"
_DATA = ("data", "stringData", "binaryData", "type", "immutable")
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_NAMED_DATA = frozenset((("v1", "Secret"), ("v1", "ConfigMap")))
_PLACES = (("spec",), ("spec", "template", "spec"), ("spec", "jobTemplate", "spec", "template", "spec"))


class WholeObject(Struct, frozen=True, gc=False, omit_defaults=True):
    """An object as JSON, with the names of the fields that hold less than they did."""

    raw: msgspec.Raw
    redacted: tuple[str, ...] = ()


class WholeKind(Struct, frozen=True, rename="camel", omit_defaults=True):
    """All objects of one kind, whole. `reason`: why not all of them, or none, are here."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool = True
    items: tuple[WholeObject, ...] = ()
    reason: str = ""

    @property
    def group(self) -> str:
        return self.api_version.rpartition("/")[0]


def redacted(data: dict[str, Any]) -> WholeObject:
    """The object without what may be a secret. `data` is changed."""
    names: set[str] = set()
    if (data.get("apiVersion"), data.get("kind")) in _NAMED_DATA:
        names |= set(_DATA)
        for name in _DATA:
            data.pop(name, None)
    metadata = data.get("metadata")
    if isinstance(metadata, dict):
        metadata.pop("managedFields", None)
        names.add("managedFields")
        annotations = metadata.get("annotations")
        if isinstance(annotations, dict) and LAST_APPLIED in annotations:
            annotations[LAST_APPLIED] = REDACTED
            names.add(LAST_APPLIED)
    for variable in _variables(data):
        if isinstance(variable.get("value"), str) and variable["value"]:
            variable["value"] = REDACTED
            names.add("value")
    return WholeObject(msgspec.Raw(msgspec.json.encode(data)), tuple(sorted(names)))


def _variables(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for place in _PLACES:
        spec: Any = data
        for name in place:
            spec = spec.get(name) if isinstance(spec, dict) else None
        if not isinstance(spec, dict):
            continue
        for field in _CONTAINERS:
            containers = spec.get(field)
            for container in containers if isinstance(containers, list) else ():
                variables = container.get("env") if isinstance(container, dict) else None
                for variable in variables if isinstance(variables, list) else ():
                    if isinstance(variable, dict):
                        yield variable

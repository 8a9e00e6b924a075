"""Frameworks as they are written: the shape of the YAML files beside this module, and its JSON Schemas."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from checks.frameworks.model import Rest
from checks.model import Theme

ADDRESS = "https://json-schema.org/draft/2020-12/schema"

Assessment = Literal["automated", "manual"]
Level = Literal[1, 2]
Text = Annotated[str, Meta(min_length=1)]


class Row(Struct, frozen=True, forbid_unknown_fields=True):
    """One requirement as written. `rest` here or, for one without checks, its section's.

    A benchmark names `checks`; a mapping names `themes`, whose checks are meant, and says `why`.
    """

    id: Text
    title: Text
    level: Level = 1
    assessment: Assessment | None = None
    checks: tuple[str, ...] = ()
    rest: Rest | None = None
    themes: tuple[Theme, ...] = ()
    why: str = ""


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """Requirements that belong together, with what holds for all of them that say nothing else.

    `provider`: they are the provider's where it runs the control plane.
    """

    id: Text
    title: Text
    requirements: tuple[Row, ...]
    rest: Rest
    assessment: Assessment = "automated"
    provider: bool = False


class Rows(Struct, frozen=True, forbid_unknown_fields=True):
    """A file of `rows/`."""

    sections: tuple[Section, ...]


class Overlay(Struct, frozen=True, forbid_unknown_fields=True):
    """A framework's own file: whose rows it takes, how many there must be, which levels differ.

    `profiles`: whether its requirements have known profile levels. `for_provider`: whose clusters it is for.
    `indicative`: it is a mapping by theme, in which checks alone never decide.
    """

    id: Text
    title: Text
    version: Text
    rows: Text
    total: int
    levels: dict[str, Level] = {}
    profiles: bool = True
    for_provider: Literal["eks", "gke", "aks"] | None = None
    indicative: bool = False


def framework_schema() -> dict[str, Any]:
    """The JSON Schema of a framework's own file."""
    return _schema("quarterdeck.framework/v1", Overlay)


def rows_schema() -> dict[str, Any]:
    """The JSON Schema of a file of `rows/`."""
    return _schema("quarterdeck.framework-rows/v1", Rows)


def _schema(title: str, type_: type[Struct]) -> dict[str, Any]:
    return {"$schema": ADDRESS, "title": title, **msgspec.json.schema(type_)}

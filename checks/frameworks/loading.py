"""From YAML beside this module to Frameworks, refusing whatever would make a report wrong.

A misspelt check, a requirement given twice or one that nothing speaks for would each silently change a number
in a report; here they are errors with the file and the place.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import TypeVar

import msgspec
import yaml

from checks.errors import QuarterdeckError
from checks.frameworks.model import Framework, Requirement
from checks.frameworks.written import Overlay, Row, Rows, Section
from checks.model import Status, Theme
from checks.nearest import did_you_mean
from checks.registry import all_checks

T = TypeVar("T")
_REST = (Status.MANUAL, Status.NOT_EVALUATED)


DEFAULT_FRAMEWORK = "cis-kubernetes-2.0.1"
"""What is judged when nobody says otherwise: the newest CIS benchmark."""


class FrameworkError(QuarterdeckError):
    """A framework is not known or its file is wrong."""


def framework_ids() -> tuple[str, ...]:
    """The ids that `load` knows, sorted."""
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in _here().iterdir() if _is_yaml(entry)))


def load(ids: Collection[str]) -> tuple[Framework, ...]:
    """The frameworks of these ids, in this order. Raises FrameworkError for an unknown id or a wrong file."""
    return tuple(_load(id_) for id_ in dict.fromkeys(ids))


@cache
def _load(id_: str) -> Framework:
    if id_ not in framework_ids():
        raise FrameworkError(
            f"There is no framework {id_}.",
            f"{did_you_mean(id_, framework_ids())}Known are: {', '.join(framework_ids())}.",
        )
    folder = _here()
    overlay = parse((folder / f"{id_}.yaml").read_bytes(), Overlay, f"{id_}.yaml")
    name = f"rows/{overlay.rows}.yaml"
    rows = parse((folder / "rows" / f"{overlay.rows}.yaml").read_bytes(), Rows, name)
    return assemble(overlay, rows, known={check.id: check.theme for check in all_checks()})


def parse(text: bytes, type_: type[T], name: str) -> T:
    """One file, typed. Raises FrameworkError naming the file and the place in it."""
    try:
        return msgspec.convert(yaml.load(text, Loader=yaml.CSafeLoader), type_)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise FrameworkError(f"checks/frameworks/{name} is wrong: {error}.", "Mend the file.") from error


def assemble(overlay: Overlay, rows: Rows, *, known: Mapping[str, Theme]) -> Framework:
    """A framework from its parts; `known` are the checks there are, with their themes.

    Raises FrameworkError when the parts do not fit: an unknown check or level's requirement, a number given
    twice, a wrong total, a `rest` that claims more than it may.
    """
    requirements = tuple(
        _requirement(row, section, overlay, known)
        for section in rows.sections
        for row in section.requirements
    )
    numbers = [requirement.id for requirement in requirements]
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    strangers = sorted(set(overlay.levels) - set(numbers))
    unknown = sorted({c for requirement in requirements for c in requirement.checks} - set(known))
    overclaimed = [r.id for r in requirements if r.rest and r.rest.status not in _REST]
    for wrong, what in (
        (twice, "gives numbers twice"),
        (strangers, "sets levels of requirements that it does not have"),
        (unknown, "names checks that do not exist"),
        (overclaimed, "has a rest that is neither manual nor not_evaluated"),
    ):
        if wrong:
            raise FrameworkError(f"{overlay.id} {what}: {', '.join(wrong)}.", "Mend checks/frameworks.")
    if len(requirements) != overlay.total:
        raise FrameworkError(
            f"{overlay.id} has {len(requirements)} requirements and must have {overlay.total}.",
            "Every requirement is listed, whether it can be checked or not.",
        )
    return Framework(
        overlay.id,
        overlay.title,
        overlay.version,
        requirements,
        overlay.for_provider,
        overlay.indicative,
    )


def _requirement(row: Row, section: Section, overlay: Overlay, known: Mapping[str, Theme]) -> Requirement:
    checks = (*row.checks, *(check for check, theme in known.items() if theme in row.themes))
    return Requirement(
        id=row.id,
        title=row.title,
        level=overlay.levels.get(row.id, row.level) if overlay.profiles else None,
        assessment="manual" if overlay.indicative else row.assessment or section.assessment,
        checks=checks,
        rest=row.rest or (None if checks and not overlay.indicative else section.rest),
        section=f"{section.id} {section.title}",
        provider=section.provider,
        themes=row.themes,
        why=row.why,
    )


def _here() -> Traversable:
    return resources.files("checks.frameworks")


def _is_yaml(entry: Traversable) -> bool:
    return entry.is_file() and entry.name.endswith(".yaml")

"""A check in words: everything that `checks explain`, docs/checks.md and scripts show, from one place."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from checks.cluster.kinds import KINDS
from checks.frameworks.model import Framework
from checks.model import Check, Remediation, Severity, Theme


class Described(Struct, frozen=True, rename="camel"):
    """`because` says why it has its severity, `how` how it decides. `judges`, `needs` and `informed_by` are
    kinds: whose objects it judges, without which it cannot, and what it looks at besides. `unusual` says of
    those that no list of the API has how they can be given. `requirements` are numbers by framework."""

    id: str
    title: str
    severity: Severity
    because: str
    theme: Theme
    rationale: str
    how: str
    judges: tuple[str, ...]
    needs: tuple[str, ...]
    informed_by: tuple[str, ...]
    unusual: dict[str, str]
    requirements: dict[str, tuple[str, ...]]
    remediation: Remediation


def described(check: Check, frameworks: Iterable[Framework]) -> Described:
    """A check with its numbers in these frameworks."""
    numbers = {
        each.id: tuple(item.id for item in each.requirements if check.id in item.checks)
        for each in frameworks
    }
    return Described(
        id=check.id,
        title=check.title,
        severity=check.severity,
        because=check.because,
        theme=check.theme,
        rationale=check.rationale,
        how=check.explanation,
        judges=check.population,
        needs=check.needs,
        informed_by=(*check.also, *check.hints),
        unusual={kind: _unusual(kind) for kind in check.kinds if _unusual(kind)},
        requirements={framework: found for framework, found in numbers.items() if found},
        remediation=check.remediation,
    )


def _unusual(kind: str) -> str:
    return KINDS[kind].elsewhere if kind in KINDS else ""

"""All requirements of a framework, always: grouped, counted, and each reason said once."""

from __future__ import annotations

from collections.abc import Iterable

from checks.model import FrameworkResult, RequirementResult, Status
from reports.document.model import Counts, Line, Matrix, Section


def matrix(framework: FrameworkResult) -> Matrix:
    """A framework's requirements in their own order. Counts are taken from the lines that are printed."""
    notes: dict[str, int] = {}
    sections: dict[str, list[Line]] = {}
    for requirement in framework.requirements:
        sections.setdefault(section_of(requirement), []).append(_line(requirement, notes))
    counts = count(line.status for lines in sections.values() for line in lines)
    return Matrix(
        framework.id,
        framework.title,
        framework.version,
        counts,
        framework.score,
        tuple(
            Section(title, count(line.status for line in lines), tuple(lines))
            for title, lines in sections.items()
        ),
        tuple(notes),
        framework.indicative,
    )


def section_of(requirement: RequirementResult) -> str:
    """Where it is listed: its section, else the start of its number, else one group for all."""
    start = requirement.id.rpartition(".")[0]
    return requirement.section or (f"Section {start}" if start else "Controls")


def count(statuses: Iterable[Status]) -> Counts:
    """How many of each status, zero included."""
    counts = dict.fromkeys(Status, 0)
    for status in statuses:
        counts[status] += 1
    return counts


def _line(requirement: RequirementResult, notes: dict[str, int]) -> Line:
    reason = requirement.reason
    return Line(
        requirement.id,
        requirement.title,
        requirement.level,
        requirement.assessment,
        requirement.status,
        requirement.checks,
        notes.setdefault(reason, len(notes) + 1) if reason else None,
    )

"""The checks as a page to read, made from what they declare: it cannot say anything else than the program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checks.described import Described, described
from checks.frameworks.model import Framework
from checks.model import Check


def markdown(checks: Iterable[Check], frameworks: Iterable[Framework]) -> str:
    """The whole page: a table of all checks, then each of them, most severe first."""
    known = tuple(frameworks)
    ordered = [
        described(check, known) for check in sorted(checks, key=lambda check: (check.severity.rank, check.id))
    ]
    return "\n".join((*_head(ordered), *(line for check in ordered for line in _check(check))))


def _head(checks: list[Described]) -> Iterator[str]:
    yield "# Checks"
    yield ""
    yield (
        f"There are {len(checks)} checks. This page is generated from what they declare; do not edit it. "
        "`quarterdeck checks explain ID` shows the same; [frameworks.md](frameworks.md) has the requirements."
    )
    yield ""
    yield "| Check | Severity | Theme | What it finds |"
    yield "| --- | --- | --- | --- |"
    for check in checks:
        yield f"| [`{check.id}`](#{check.id}) | {check.severity} | {check.theme} | {check.title} |"
    yield ""


def _check(check: Described) -> Iterator[str]:
    yield f"## {check.id}"
    yield ""
    yield f"**{check.title}.** {check.rationale}"
    yield ""
    yield f"- Severity: {check.severity}. {check.because}"
    yield f"- How: {check.how}"
    yield f"- Judges: {', '.join(check.judges)}"
    if check.needs:
        yield f"- Needs to read: {', '.join(check.needs)}"
    if check.informed_by:
        yield f"- Looks at besides: {', '.join(check.informed_by)}"
    for kind, how in check.unusual.items():
        yield f"- {kind} is in no list of the API: {how.rstrip('.')}."
    numbers = [f"`{framework}` {', '.join(found)}" for framework, found in check.requirements.items()]
    yield f"- Maps to: {'; '.join(numbers) if numbers else 'no requirement'}"
    yield ""
    yield f"What to do: {check.remediation.text}"
    yield ""
    yield "```yaml"
    yield check.remediation.snippet.rstrip("\n")
    yield "```"
    yield ""

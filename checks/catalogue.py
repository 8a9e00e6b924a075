"""The checks as a page to read, made from what they declare: it cannot say anything else than the program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from checks.frameworks.model import Framework
from checks.model import Check


def markdown(checks: Iterable[Check], frameworks: Iterable[Framework]) -> str:
    """The whole page: what each framework covers, then every check, most severe first."""
    ordered = sorted(checks, key=lambda check: (check.severity.rank, check.id))
    known = tuple(frameworks)
    return "\n".join((*_head(ordered, known), *(line for check in ordered for line in _check(check, known))))


def _head(checks: list[Check], frameworks: tuple[Framework, ...]) -> Iterator[str]:
    yield "# Checks"
    yield ""
    yield f"There are {len(checks)} checks. This page is generated from what they declare; do not edit it."
    yield ""
    yield "| Framework | Requirements | With checks | For a person | Not visible here |"
    yield "| --- | --- | --- | --- | --- |"
    for framework in frameworks:
        counts = _counts(framework)
        yield (
            f"| `{framework.id}` | {len(framework.requirements)} | {counts['checks']} "
            f"| {counts['manual']} | {counts['not_evaluated']} |"
        )
    yield ""
    yield (
        "Every requirement is listed in every report, whether it has checks or not. Where the benchmark "
        "assesses one manually, its checks are an automated indicator: a reviewer decides."
    )
    yield ""
    yield "| Check | Severity | What it finds |"
    yield "| --- | --- | --- |"
    for check in checks:
        yield f"| [`{check.id}`](#{check.id}) | {check.severity.value} | {check.title} |"
    yield ""


def _counts(framework: Framework) -> Mapping[str, int]:
    counts = {"checks": 0, "manual": 0, "not_evaluated": 0}
    for requirement in framework.requirements:
        counts["checks" if requirement.checks or not requirement.rest else requirement.rest.status.value] += 1
    return counts


def _check(check: Check, frameworks: tuple[Framework, ...]) -> Iterator[str]:
    yield f"## {check.id}"
    yield ""
    why = f": {check.because}" if check.because else "."
    yield f"**{check.title}.** Severity: {check.severity.value}{why}"
    yield ""
    yield check.rationale
    yield ""
    numbers = [
        f"`{framework.id}` {', '.join(found)}"
        for framework in frameworks
        if (found := _numbers(check, framework))
    ]
    yield f"- Judges: {', '.join(check.population)}"
    if check.needs:
        yield f"- Needs to read: {', '.join(check.needs)}"
    yield f"- Maps to: {'; '.join(numbers) if numbers else 'no requirement'}"
    notes = check.how or " ".join((check.function.__doc__ or "").split())
    if notes:
        yield f"- How: {notes}"
    yield ""
    yield f"What to do: {check.remediation.text}"
    yield ""
    yield "```yaml"
    yield check.remediation.snippet.rstrip("\n")
    yield "```"
    yield ""


def _numbers(check: Check, framework: Framework) -> list[str]:
    return [requirement.id for requirement in framework.requirements if check.id in requirement.checks]

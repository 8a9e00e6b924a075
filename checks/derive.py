"""From the results of checks to the status of numbered requirements: the worst word wins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from checks.frameworks.model import Framework, Requirement
from checks.model import MANAGED, FrameworkResult, RequirementResult, Result, Status
from checks.score import Tally, of_framework


def framework_result(
    framework: Framework,
    by_check: Mapping[str, Sequence[Result]],
    managed: str | None = None,
    *,
    provider: str = "",
    tallied: Mapping[str, Tally],
    withheld: str | None = None,
) -> FrameworkResult:
    """Every requirement of a framework with its status; `counts` adds up to their number.

    managed: why requirements on the control plane are the provider's, where they are.
    provider: whose cluster it is, where that is known; a framework for another's applies to none of it.
    withheld: why there can be no score, if so.
    """
    elsewhere = foreign(framework, provider)
    requirements = tuple(
        _requirement_result(item, by_check, managed, elsewhere) for item in framework.requirements
    )
    counts = dict.fromkeys(Status, 0)
    for requirement in requirements:
        counts[requirement.status] += 1
    checks = (check for requirement in framework.requirements for check in requirement.checks)
    return FrameworkResult(
        framework.id,
        framework.title,
        framework.version,
        requirements,
        counts,
        of_framework(checks, tallied, counts, withheld=elsewhere or withheld),
        framework.indicative,
    )


def foreign(framework: Framework, provider: str) -> str | None:
    """Why a framework is not for clusters of this provider; None where it is, or where nobody can tell."""
    if not framework.for_provider or not provider or framework.for_provider == provider:
        return None
    return f"{framework.title} is for {_named(framework.for_provider)}; this cluster is {_named(provider)}."


def _named(provider: str) -> str:
    return provider.upper() if provider in MANAGED else provider


def _requirement_result(
    requirement: Requirement,
    by_check: Mapping[str, Sequence[Result]],
    managed: str | None,
    elsewhere: str | None,
) -> RequirementResult:
    reasons = (
        {Status.NOT_APPLICABLE: {elsewhere: None}} if elsewhere else _reasons(requirement, by_check, managed)
    )
    status = min(reasons, key=lambda item: item.rank)
    return RequirementResult(
        id=requirement.id,
        title=requirement.title,
        level=requirement.level,
        assessment=requirement.assessment,
        status=status,
        reason=_sentence(reasons[status]),
        checks=requirement.checks,
        section=requirement.section,
    )


def _reasons(
    requirement: Requirement, by_check: Mapping[str, Sequence[Result]], managed: str | None
) -> dict[Status, dict[str, None]]:
    """The statuses that speak for a requirement, each with its distinct reasons in order."""
    reasons: dict[Status, dict[str, None]] = {}
    for check in requirement.checks:
        if check not in by_check:
            reasons.setdefault(Status.NOT_EVALUATED, {})[f"The check {check} was not run."] = None
            continue
        for result in by_check[check]:
            known = reasons.setdefault(result.status, {})
            if result.reason:
                known[result.reason] = None
    if requirement.rest and managed and requirement.provider:
        reasons.setdefault(Status.NOT_APPLICABLE, {})[managed] = None
    elif requirement.rest:
        reasons.setdefault(requirement.rest.status, {})[requirement.rest.reason] = None
    return reasons


def _sentence(reasons: Mapping[str, None]) -> str | None:
    if not reasons:
        return None
    first, *others = reasons
    return f"{first} (and {len(others)} more reasons)" if len(others) > 1 else " ".join((first, *others))

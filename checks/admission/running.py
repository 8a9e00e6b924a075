"""Policies as checks, to be run with the built-in ones: all of them by one judging process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from checks.admission import cluster
from checks.admission.judging import judge
from checks.admission.policy import Policy
from checks.cluster.snapshot import Snapshot
from checks.frameworks.model import Framework
from checks.model import Check, CheckFunction, Verdict

KINDS = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
"""What must be read to know a cluster's policies."""


def checks_of(own: Iterable[Policy], snapshot: Snapshot) -> tuple[Check, ...]:
    """The own checks and the snapshot's admission policies as checks."""
    return as_checks((*own, *cluster.policies(snapshot)))


def as_checks(policies: tuple[Policy, ...]) -> tuple[Check, ...]:
    """These policies as checks; what they say is found out together when the first of them is asked."""
    together = _Together(policies)
    return tuple(
        Check(
            policy.id,
            policy.title,
            policy.severity,
            () if policy.own else KINDS,
            (),
            policy.rationale,
            policy.remediation,
            together.function(policy),
            because=policy.because,
            how=_how(policy),
        )
        for policy in policies
    )


def with_requirements(frameworks: tuple[Framework, ...], policies: Iterable[Policy]) -> tuple[Framework, ...]:
    """The frameworks with the own checks among those that speak for the requirements they name."""
    speaking: dict[str, list[str]] = {}
    for policy in policies:
        for number in policy.requirements:
            speaking.setdefault(number, []).append(policy.id)
    return tuple(
        replace(
            framework,
            requirements=tuple(
                replace(each, checks=(*each.checks, *speaking.get(f"{framework.id}/{each.id}", ())))
                for each in framework.requirements
            ),
        )
        for framework in frameworks
    )


class _Together:
    def __init__(self, policies: tuple[Policy, ...]) -> None:
        self._policies = policies
        self._snapshot: Snapshot | None = None
        self._said: dict[str, tuple[Verdict, ...]] = {}

    def function(self, policy: Policy) -> CheckFunction:
        def ask(snapshot: Snapshot) -> Iterator[Verdict]:
            if self._snapshot is not snapshot:
                self._said, self._snapshot = judge(self._policies, snapshot), snapshot
            yield from self._said[policy.id]

        ask.__doc__ = _how(policy)
        return ask


def _how(policy: Policy) -> str:
    program = policy.program
    lines = [f"variables.{each.name} is `{each.expression.strip()}`" for each in program.variables]
    lines += [f"only where `{each.expression.strip()}`" for each in program.conditions]
    lines += [f"must hold: `{each.expression.strip()}`" for each in program.validations]
    return policy.how or ("CEL: " + "; ".join(lines) + ".")

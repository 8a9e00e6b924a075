"""What a program's expressions say of an object, in the order and with the exceptions of the API server.

Source: Kubernetes v1.37, k8s.io/apiserver pkg/admission/plugin/policy/validating (validator.go).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from checks.cel import tree
from checks.cel.compiled import (
    Expression,
    condition_place,
    message_place,
    validation_place,
    variable_place,
)
from checks.cel.functions.special import UNMODELLED
from checks.cel.library import failure
from checks.cel.protocol import Finding, Judged, Outcome, Program

_LONGEST = 300
_MESSAGE = 1024
"""Of a message: there may be one for every object."""
_STEPS = ("Iteration budget exceeded", "recursion", "Recursion")
_OURS = (*_STEPS, UNMODELLED, "Non-CEL value type", "overloads found : orValue")
"""What an error says that the API server would not have."""
_TOO_MANY = "it takes too many steps"
_HIDDEN = "it may read a value that is not kept because it may be a secret"


class _Broken(Exception):
    """An expression ended in an error; `ours` where a cluster's own evaluation might not."""

    def __init__(self, message: str, *, ours: bool) -> None:
        super().__init__(message)
        self.message, self.ours = message, ours


class Policy:
    """One program's expressions, asked of one object after the other."""

    def __init__(self, program: Program, expressions: dict[str, Expression]) -> None:
        self._program, self._expressions = program, expressions
        self._unsure: dict[tuple[str, ...], dict[str, str]] = {}

    def judge(self, activation: Any, redacted: tuple[str, ...], *, tells: bool) -> Judged:
        """What is said of an object; `tells`: whether the activation has what message expressions look at."""
        unsure = self._unknowable(redacted)
        conditions = self._conditions(activation, unsure)
        if conditions is not None and not _only_unknown(conditions):
            return conditions
        findings = tuple(self._validations(activation, unsure, tells=tells))
        if not findings:
            return Judged(Outcome.HOLDS)  # whatever a condition says that is not known
        return conditions or Judged(findings[0].outcome, findings)

    def _conditions(self, activation: Any, unsure: dict[str, str]) -> Judged | None:
        """SKIPPED when one is false; else UNKNOWN if one may be, and what broke; else nothing."""
        findings = []
        for index in range(len(self._program.conditions)):
            place = condition_place(index)
            if place in unsure:
                findings.append(Finding(Outcome.UNKNOWN, place, unsure[place]))
                continue
            try:
                if self._value(place, activation) is False:
                    return Judged(Outcome.SKIPPED)
            except _Broken as error:
                findings.append(_said(place, error))
        findings.sort(key=lambda each: each.outcome is not Outcome.UNKNOWN)
        return Judged(findings[0].outcome, tuple(findings)) if findings else None

    def _validations(self, activation: Any, unsure: dict[str, str], *, tells: bool) -> Iterator[Finding]:
        for index, validation in enumerate(self._program.validations):
            place = validation_place(index)
            if place in unsure:
                yield Finding(Outcome.UNKNOWN, place, unsure[place])
                continue
            try:
                holds = self._value(place, activation)
            except _Broken as error:
                yield _said(place, error)
                continue
            if holds is not True:
                words = self._message(index, activation, unsure) if tells else ""
                text = words or validation.message or f"failed expression: {validation.expression.strip()}"
                yield Finding(Outcome.VIOLATED, place, text[:_MESSAGE])

    def _message(self, index: int, activation: Any, unsure: dict[str, str]) -> str:
        """What the message expression says; nothing where it breaks or says nothing that can be shown."""
        place = message_place(index)
        if place not in self._expressions or place in unsure:
            return ""
        try:
            text = str(self._value(place, activation)).strip()
        except _Broken:
            return ""
        return "" if "\n" in text else text

    def _value(self, place: str, activation: Any) -> Any:
        """What the expression there gives. Raises _Broken, with the variable that is to blame if one is."""
        expression = self._expressions[place]
        try:
            return _value(expression, activation)
        except _Broken as error:
            for index, named in enumerate(self._program.variables):
                if named.name in expression.variables:
                    _blame(named.name, self._expressions[variable_place(index)], activation, error)
            raise

    def _unknowable(self, redacted: tuple[str, ...]) -> dict[str, str]:
        """The expressions of which it cannot be known what they say, with why: they read what is not here."""
        if redacted not in self._unsure:
            names = frozenset(redacted)
            found = {place: each.unknown for place, each in self._expressions.items() if each.unknown}
            if names:
                hiding = (
                    place for place, each in self._expressions.items() if tree.reads_any(each.tree, names)
                )
                found = dict.fromkeys(hiding, _HIDDEN) | found
            self._unsure[redacted] = found
        return self._unsure[redacted]


def _only_unknown(conditions: Judged) -> bool:
    return bool(conditions.findings) and all(each.outcome is Outcome.UNKNOWN for each in conditions.findings)


def _said(place: str, error: _Broken) -> Finding:
    return Finding(Outcome.UNKNOWN if error.ours else Outcome.BROKEN, place, error.message)


def _blame(name: str, variable: Expression, activation: Any, error: _Broken) -> None:
    """Raise the error as the variable's, if it is that."""
    if variable.compiled is None:
        return
    try:
        _value(variable, activation)
    except _Broken as its:
        if its.message == error.message:
            raise _Broken(f"variables.{name}: {its.message}", ours=its.ours) from None


def _value(expression: Expression, activation: Any) -> Any:
    """What the expression gives. Raises _Broken."""
    try:
        result = expression.compiled.eval(activation)
        message = failure(result)
        if message is None:
            return result.plain_value()
    except TypeError:
        raise _Broken("it gives a value that cannot be passed on, such as an optional", ours=True) from None
    except (RuntimeError, ValueError) as error:
        message = str(error)
    ours = any(each in message for each in _OURS)
    words = _TOO_MANY if any(each in message for each in _STEPS) else message.partition("\n")[0]
    raise _Broken(words[:_LONGEST], ours=ours)

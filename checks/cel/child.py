"""The process that evaluates expressions: `python -m checks.cel.child`, a Request a line in, a Reply out.

An expression that is too much for it (memory, time) ends this process and nothing else.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import Struct

from checks.cel import tree
from checks.cel.library import BOOL, STRING, environment, failure
from checks.cel.protocol import TOO_MUCH, Finding, Judged, Outcome, Program, Reply, Request, Subject

MEMORY = 2 << 30
READY = 16 << 20
PROCESSOR_SECONDS = 150
"""More than all tasks together may take."""
_PARENT_DEATH_SIGNAL = 1
_LONGEST = 300
_MESSAGE = 5 * 1024
_OURS = ("Iteration budget exceeded", "recursion", "Recursion")
_NO_AUTHORIZER = "there is no request here that could be authorized"


class _Expression(Struct, frozen=True):
    place: str
    text: str
    compiled: Any
    tree: tree.Node
    uses_variables: bool


class _Broken(Exception):
    """An expression ended in an error; `ours` where a cluster's own evaluation might not."""

    def __init__(self, message: str, *, ours: bool) -> None:
        super().__init__(message)
        self.message, self.ours = message, ours


def main() -> None:
    """Answer task after task until there are no more."""
    said = os.dup(1)
    os.dup2(2, 1)  # a library may print; the answers stay alone on their lines
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    gc.disable()  # what is kept has no cycles, and looking for them takes longer than judging
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    _end_with_the_parent()
    language = environment()
    kept = _Kept(language)
    with os.fdopen(said, "wb") as answers:
        for line in sys.stdin.buffer:
            try:
                reply = _reply(msgspec.json.decode(line, type=Request), kept, language)
            except MemoryError:
                sys.exit(TOO_MUCH)
            answers.write(msgspec.json.encode(reply) + b"\n")
            answers.flush()


def _end_with_the_parent() -> None:
    """Be ended when the process that asks is, even by a signal that lets it tidy up nothing.

    Where the system cannot (it is Linux's), the limit on processor time ends what is left over.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def _reply(request: Request, kept: _Kept, language: Any) -> Reply:
    kept.add(request.more)
    compiled, broken = _compile(request.program, language)
    if broken:
        return Reply(broken=broken)
    policy = _Policy(request.program, compiled)
    return Reply(
        tuple(policy.judge(number, kept, params) for number in request.numbers for params in request.params)
    )


class _Kept:
    """Every subject that was sent, so that the next program needs only their numbers.

    They are kept as the library reads them as long as they are few: that is ten times as fast, and takes some
    twenty times the memory of their text.
    """

    def __init__(self, language: Any) -> None:
        self._language = language
        self._subjects: list[Subject] = []
        self._ready: dict[int, Any] = {}
        self._room = READY

    def add(self, more: tuple[Subject, ...]) -> None:
        self._subjects += more

    def subject(self, number: int) -> Subject:
        return self._subjects[number]

    def ready(self, number: int) -> Any:
        """What an expression sees of it that has neither variables nor parameters."""
        found = self._ready.get(number)
        if found is None:
            subject = self._subjects[number]
            found = self._language.Activation(_data(subject, None))
            if self._room > 0:
                self._room -= len(subject.object)
                self._ready[number] = found
        return found


def _data(subject: Subject, params: Any) -> dict[str, Any]:
    return {
        "object": msgspec.json.decode(subject.object),
        "oldObject": None,
        "request": subject.request,
        "namespaceObject": subject.namespace,
        "params": params,
        "variables": {},
    }


def _compile(program: Program, language: Any) -> tuple[dict[str, _Expression], dict[str, str]]:
    compiled: dict[str, _Expression] = {}
    broken: dict[str, str] = {}
    for place, text, type_ in _expressions(program):
        try:
            made = language.compile(text)
            if type_ is not None and made.return_type() != type_:
                what = "true or false" if type_ == BOOL else "a text"
                broken[place] = f"`{text[:_LONGEST]}` gives {made.return_type().name()}, not {what}"
                continue
            node = tree.read(made.serialize())
        except (RuntimeError, ValueError, IndexError, RecursionError) as error:
            broken[place] = f"`{text[:_LONGEST]}` cannot be compiled: {_compile_error(str(error))}"
            continue
        compiled[place] = _Expression(place, text, made, node, tree.names(node, "variables"))
    return compiled, broken


def _expressions(program: Program) -> Iterator[tuple[str, str, Any]]:
    for index, named in enumerate(program.conditions):
        yield f"matchConditions[{index}].expression", named.expression, BOOL
    for index, named in enumerate(program.variables):
        yield f"variables[{index}].expression", named.expression, None
    for index, validation in enumerate(program.validations):
        yield f"validations[{index}].expression", validation.expression, BOOL
        if validation.message_expression:
            yield f"validations[{index}].messageExpression", validation.message_expression, STRING


def _compile_error(text: str) -> str:
    """The library's words without its drawing of the place."""
    first = text.partition("\n")[0].partition("ERROR: <input>:")[2] or text
    where, _, what = first.partition(": ")
    what = what.removesuffix(" [INVALID_ARGUMENT]").removesuffix(" (in container '')")
    line, _, column = where.partition(":")
    place = f"line {line}, column {column}: " if column.isdigit() and line.isdigit() else ""
    more = f"; {_NO_AUTHORIZER}" if "'authorizer" in what else ""
    return f"{place}{what or first}"[:_LONGEST] + more


class _Policy:
    def __init__(self, program: Program, compiled: dict[str, _Expression]) -> None:
        self._program, self._compiled = program, compiled
        self._unsure: dict[tuple[str, ...], frozenset[str]] = {}

    def judge(self, number: int, kept: _Kept, params: Any) -> Judged:
        subject = kept.subject(number)
        if self._program.variables or params is not None:
            data = _data(subject, params)
            return self._judged(subject, {"data": data}, data["variables"])
        return self._judged(subject, {"activation": kept.ready(number)}, {})

    def _judged(self, subject: Subject, data: dict[str, Any], variables: dict[str, Any]) -> Judged:
        unsure = self._unknowable(subject.redacted)
        failed: dict[str, _Broken] = {}
        for index, named in enumerate(self._program.variables):
            try:
                variables[named.name] = _value(self._compiled[f"variables[{index}].expression"], data, failed)
            except _Broken as error:
                failed[named.name] = error
        conditions = self._conditions(data, failed, unsure)
        if conditions is not None:
            return conditions
        findings = tuple(self._validations(data, failed, unsure))
        worst = findings[0].outcome if findings else Outcome.HOLDS
        return Judged(worst, findings)

    def _conditions(
        self, data: dict[str, Any], failed: dict[str, _Broken], unsure: frozenset[str]
    ) -> Judged | None:
        """SKIPPED when one is false; else what broke, if anything did; else nothing."""
        findings = []
        for index in range(len(self._program.conditions)):
            place = f"matchConditions[{index}].expression"
            if place in unsure:
                findings.append(Finding(Outcome.UNKNOWN, place, _HIDDEN))
                continue
            try:
                if _value(self._compiled[place], data, failed) is False:
                    return Judged(Outcome.SKIPPED)
            except _Broken as error:
                findings.append(_said(place, error))
        return Judged(findings[0].outcome, tuple(findings)) if findings else None

    def _validations(
        self, data: dict[str, Any], failed: dict[str, _Broken], unsure: frozenset[str]
    ) -> Iterator[Finding]:
        for index, validation in enumerate(self._program.validations):
            place = f"validations[{index}].expression"
            if place in unsure:
                yield Finding(Outcome.UNKNOWN, place, _HIDDEN)
                continue
            try:
                holds = _value(self._compiled[place], data, failed)
            except _Broken as error:
                yield _said(place, error)
                continue
            if holds is not True:
                words = self._message(index, data, failed)
                text = words or validation.message or f"failed expression: {validation.expression.strip()}"
                yield Finding(Outcome.VIOLATED, place, text[:_MESSAGE])

    def _message(self, index: int, data: dict[str, Any], failed: dict[str, _Broken]) -> str:
        """What the message expression says; nothing where it breaks or says nothing that can be shown."""
        place = f"validations[{index}].messageExpression"
        if place not in self._compiled:
            return ""
        try:
            text = str(_value(self._compiled[place], data, failed)).strip()
        except _Broken:
            return ""
        return "" if "\n" in text else text

    def _unknowable(self, redacted: tuple[str, ...]) -> frozenset[str]:
        """The expressions whose answer may hang on a value that is not kept."""
        if not redacted:
            return frozenset()
        if redacted not in self._unsure:
            names = frozenset(redacted)
            found = {place for place, each in self._compiled.items() if tree.reads_any(each.tree, names)}
            if any(place.startswith("variables[") for place in found):
                found |= {place for place, each in self._compiled.items() if each.uses_variables}
            self._unsure[redacted] = frozenset(found)
        return self._unsure[redacted]


_HIDDEN = "it may read a value that is not kept because it may be a secret"


def _said(place: str, error: _Broken) -> Finding:
    return Finding(Outcome.UNKNOWN if error.ours else Outcome.BROKEN, place, error.message)


def _value(expression: _Expression, data: dict[str, Any], failed: dict[str, _Broken]) -> Any:
    """What the expression gives. Raises _Broken."""
    try:
        result = expression.compiled.eval(**data)
        message = failure(result)
        if message is None:
            return result.plain_value()
    except TypeError:
        raise _Broken("it gives a value that cannot be passed on, such as an optional", ours=True) from None
    except (RuntimeError, ValueError) as error:
        message = str(error)
    for name, reason in failed.items():
        if f'"{name}"' in message:
            raise _Broken(f"variables.{name}: {reason.message}", ours=reason.ours)
    ours = any(each in message for each in _OURS)
    words = "it takes too many steps" if ours else message.partition("\n")[0]
    raise _Broken(words[:_LONGEST], ours=ours)


if __name__ == "__main__":
    main()

"""What is asked of the judging process, and what it answers: one line of JSON each."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

NULL = msgspec.Raw(b"null")
TOO_MUCH = 3
"""What the process ends with when it has no more memory."""


class Named(Struct, frozen=True, omit_defaults=True):
    """An expression with the name it is known by: a match condition or a variable."""

    name: str = ""
    expression: str = ""


class Validation(Struct, frozen=True, rename="camel", omit_defaults=True):
    """What must hold, and what to say where it does not."""

    expression: str = ""
    message: str = ""
    message_expression: str = ""


class Program(Struct, frozen=True, rename="camel", omit_defaults=True):
    """One policy's expressions, all compiled once."""

    validations: tuple[Validation, ...] = ()
    conditions: tuple[Named, ...] = ()
    variables: tuple[Named, ...] = ()


class Subject(Struct, frozen=True, rename="camel", omit_defaults=True):
    """One object to judge, with what the expressions see beside it.

    `namespace`: the namespace it is in; the very same Raw for all objects of one.
    `redacted`: names of fields in the object of which the value is not known (`value`, `data`).
    """

    object: msgspec.Raw
    request: dict[str, Any] = {}
    namespace: msgspec.Raw = NULL
    redacted: tuple[str, ...] = ()


class Param(Struct, frozen=True, omit_defaults=True):
    """What `params` are in a run; `redacted` as of a Subject."""

    value: msgspec.Raw = NULL
    redacted: tuple[str, ...] = ()


class Run(NamedTuple):
    """One judgement: a subject with a parameter, each by its place in the task."""

    subject: int
    param: int = 0


class Task(Struct, frozen=True):
    """A program and what it is to judge: `runs`, or each subject with the only parameter."""

    program: Program
    subjects: tuple[Subject, ...]
    params: tuple[Param, ...] = (Param(),)
    runs: tuple[Run, ...] | None = None


class Sent(Struct, frozen=True, array_like=True):
    """A subject as it is sent: its namespace by its place among the spaces that were sent."""

    object: msgspec.Raw
    request: dict[str, Any]
    space: int
    redacted: tuple[str, ...]


class More(Struct, frozen=True, tag=True):
    """Subjects and namespaces that the process has not been sent yet: it counts through all of them."""

    subjects: tuple[Sent, ...]
    spaces: tuple[msgspec.Raw, ...]


class Request(Struct, frozen=True, omit_defaults=True, tag=True):
    """A task as it is sent: of each run its subject and which of `params`, none for the only one."""

    program: Program
    subjects: tuple[int, ...]
    which: tuple[int, ...]
    params: tuple[Param, ...]


class Plan(Struct, frozen=True, tag=True):
    """Every program that is going to be asked for, sent first: so objects that are alike to all are known."""

    programs: tuple[Program, ...]


class Outcome(StrEnum):
    HOLDS = "holds"
    VIOLATED = "violated"
    SKIPPED = "skipped"
    BROKEN = "broken"
    UNKNOWN = "unknown"


class Finding(Struct, frozen=True, omit_defaults=True):
    """What one expression said of one object: VIOLATED, BROKEN (it ended in an error) or UNKNOWN.

    `expression`: where it stands, such as `validations[0].expression`.
    """

    outcome: Outcome
    expression: str
    message: str = ""


class Judged(Struct, frozen=True, omit_defaults=True):
    """All that was said of one object, SKIPPED when a match condition is false."""

    outcome: Outcome
    findings: tuple[Finding, ...] = ()


class Reply(Struct, frozen=True, omit_defaults=True):
    """What was said of each run, by its place among all that was said; or why nothing was.

    `broken`: expressions that could not be compiled, by where they stand.
    """

    said: tuple[Judged, ...] = ()
    runs: tuple[int, ...] = ()
    broken: dict[str, str] = {}

    @property
    def judged(self) -> tuple[Judged, ...]:
        """What was said of each run in turn."""
        return tuple(self.said[index] for index in self.runs)

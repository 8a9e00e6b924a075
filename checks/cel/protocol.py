"""What is asked of the judging process, and what it answers: one line of JSON each."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

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
    """One policy's expressions, all compiled once.

    `params`: each value the policy runs with. `redacted`: names of fields below `object` that hold less than
    the API server has, whatever the object is.
    """

    validations: tuple[Validation, ...] = ()
    conditions: tuple[Named, ...] = ()
    variables: tuple[Named, ...] = ()


class Subject(Struct, frozen=True, rename="camel", omit_defaults=True):
    """One object to judge, with what the expressions see beside it.

    `redacted`: names of fields in the object of which the value is not known (`value`, `data`).
    """

    object: msgspec.Raw
    request: dict[str, Any] = {}
    namespace: Any = None
    redacted: tuple[str, ...] = ()


class Task(Struct, frozen=True):
    """A program and everything it is to judge, each with every value of `params`."""

    program: Program
    subjects: tuple[Subject, ...]
    params: tuple[Any, ...] = (None,)


class Request(Struct, frozen=True, omit_defaults=True):
    """A task as it is sent: the process keeps what it was sent before, and `numbers` count through all of it.

    `more`: what it has not been sent yet.
    """

    program: Program
    numbers: tuple[int, ...]
    more: tuple[Subject, ...] = ()
    params: tuple[Any, ...] = (None,)


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
    """One Judged for each subject and value of `params`, subject by subject, or why there is none.

    `broken`: expressions that could not be compiled, by where they stand.
    """

    judged: tuple[Judged, ...] = ()
    broken: dict[str, str] = {}

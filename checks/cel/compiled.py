"""A program's expressions, compiled: ready to be evaluated, with what each reads that is not known here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from checks.cel import tree
from checks.cel.library import AUTHORIZER, BOOL, REQUESTED, STRING, VARIABLES, Language
from checks.cel.protocol import Program
from checks.cel.spelling import TooLong, names_of, with_variables

_LONGEST = 300
_KNOWN = frozenset(
    (
        *("operation", "kind", "resource", "subResource", "name", "namespace", "dryRun"),
        *("requestKind", "requestResource", "requestSubResource"),
    )
)
"""What of a request is known without there being one."""
NOBODY_ASKS = "it asks what somebody may do (`authorizer`), and nobody asks for anything here"
NO_REQUEST = "it reads of the request what only a real one has, such as who makes it"
TOO_LONG = "its variables make it longer than any expression that is parsed"
_SHADOWED = "it calls something of its own by the name of a variable"


class Expression(Struct, frozen=True):
    """One expression. `unknown`: why what it says can never be known here; nothing where it can.

    `variables`: those it names, in its own text.
    """

    unknown: str = ""
    compiled: Any = None
    tree: tree.Node = tree.Node("const")
    variables: tuple[str, ...] = ()


class Compiled(Struct, frozen=True):
    """A program's expressions by where they stand; `broken`: why others could not be compiled."""

    expressions: dict[str, Expression]
    broken: dict[str, str]


def compiled(program: Program, language: Language) -> Compiled:
    """Compile every expression of the program."""
    made: dict[str, Expression] = {}
    broken: dict[str, str] = {}
    variables: dict[str, str] = {}
    lost: set[str] = set()
    for place, text, type_, name in _expressions(program):
        try:
            whole = with_variables(text, variables)
        except TooLong:
            whole = ""
        if not whole or not lost.isdisjoint(names_of(text)):
            made[place] = Expression(TOO_LONG)
            lost.add(name)
            continue
        try:
            evaluated, gives, written = language.compile(whole)
            node = tree.read(written)
        except (RuntimeError, ValueError, IndexError, RecursionError) as error:
            broken[place] = f"`{text[:_LONGEST]}` cannot be compiled: {_words(str(error))}"
            continue
        if type_ is not None and gives != type_:
            what = "true or false" if type_ == BOOL else "a text"
            broken[place] = f"`{text[:_LONGEST]}` gives {gives.name()}, not {what}"
            continue
        made[place] = Expression(_unknown(node), evaluated, node, tuple(names_of(text)))
        if name:
            variables[name] = whole
    return Compiled(made, broken)


def _expressions(program: Program) -> Iterator[tuple[str, str, Any, str]]:
    """Where each stands, its text, the type it must have if any, and the variable's name if it is one."""
    for index, named in enumerate(program.variables):
        yield variable_place(index), named.expression, None, named.name
    for index, named in enumerate(program.conditions):
        yield condition_place(index), named.expression, BOOL, ""
    for index, validation in enumerate(program.validations):
        yield validation_place(index), validation.expression, BOOL, ""
        if validation.message_expression:
            yield message_place(index), validation.message_expression, STRING, ""


def variable_place(index: int) -> str:
    return f"variables[{index}].expression"


def condition_place(index: int) -> str:
    return f"matchConditions[{index}].expression"


def validation_place(index: int) -> str:
    return f"validations[{index}].expression"


def message_place(index: int) -> str:
    return f"validations[{index}].messageExpression"


def is_message(place: str) -> bool:
    return place.endswith(".messageExpression")


def is_variable(place: str) -> bool:
    """Whether a variable stands there: its expression is in those that name it, too."""
    return place.startswith("variables[")


def _unknown(node: tree.Node) -> str:
    if tree.names(node, AUTHORIZER) or tree.names(node, REQUESTED):
        return NOBODY_ASKS
    if tree.reads_more(node, "request", _KNOWN):
        return NO_REQUEST
    return _SHADOWED if tree.binds_any(node, frozenset(VARIABLES)) else ""


def _words(text: str) -> str:
    """The library's words without its drawing of the place."""
    first = text.partition("\n")[0].partition("ERROR: <input>:")[2] or text
    where, _, what = first.partition(": ")
    what = what.removesuffix(" [INVALID_ARGUMENT]").removesuffix(" (in container '')")
    line, _, column = where.partition(":")
    place = f"line {line}, column {column}: " if column.isdigit() and line.isdigit() else ""
    return f"{place}{what or first}"[:_LONGEST]

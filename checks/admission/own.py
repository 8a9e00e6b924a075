"""Own checks: files of CEL expressions, read with the place of every mistake."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from checks.admission.policy import Bound, Policy
from checks.cel.protocol import Named, Program, Validation
from checks.cluster import objects as o
from checks.cluster.documents import Document, parse
from checks.cluster.errors import BadManifest
from checks.cluster.files import Source, read_all
from checks.cluster.whole import Asked, asked_by_kind, asked_by_rules
from checks.errors import QuarterdeckError
from checks.model import Problem, Remediation, Severity
from checks.registry import all_checks

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
_SCHEMA = "`docs/schema/own-checks.json` says what is allowed."


class OwnCheckError(QuarterdeckError):
    """A file of own checks that cannot be used: the file, the line, what to do."""

    next_step = "Mend the file; `docs/own-checks.md` shows how one looks."


class _Part(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    pass


class Match(_Part, frozen=True):
    """The kind whose objects are judged."""

    api_version: str
    kind: str


class Expression(_Part, frozen=True):
    """A match condition or a variable."""

    name: str
    expression: str


class Rule(_Part, frozen=True):
    """What must hold; where it does not, `messageExpression`, else `message`, is what the finding says."""

    expression: str
    message: str = ""
    message_expression: str = ""


class Example(_Part, frozen=True):
    """An object and what the check must say of it, for `quarterdeck checks test`."""

    name: str
    expect: Literal["pass", "fail", "skip", "error"]
    object: dict[str, Any]
    namespace: dict[str, Any] | None = None


class OwnCheck(_Part, frozen=True):
    """One check. `match`, or `matchConstraints` as in a ValidatingAdmissionPolicy, says what it judges."""

    id: str
    title: str
    severity: Severity
    validations: tuple[Rule, ...]
    rationale: str
    remediation: str
    match: Match | None = None
    match_constraints: o.MatchResources | None = None
    match_conditions: tuple[Expression, ...] = ()
    variables: tuple[Expression, ...] = ()
    params: Any = None
    because: str = ""
    snippet: str = ""
    requirements: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()


class OwnChecks(_Part, frozen=True):
    """A file of own checks."""

    checks: tuple[OwnCheck, ...]


class Loaded(Struct, frozen=True):
    """A check as it was written, and as a policy to run."""

    written: OwnCheck
    policy: Policy


def load(paths: Iterable[Path]) -> tuple[Loaded, ...]:
    """Every check in these files and folders, by id. Raises OwnCheckError."""
    builtin = {each.id for each in all_checks()}
    found: dict[str, Loaded] = {}
    for path in paths:
        for source in _sources(path):
            for line, written in _read(source):
                if written.id in found or written.id in builtin or written.id.startswith("vap-"):
                    what = (
                        "is taken by another check"
                        if not written.id.startswith("vap-")
                        else "may not begin so"
                    )
                    raise OwnCheckError(
                        f"{source.name}:{line}: the id {written.id} {what}.", "Choose another id."
                    )
                found[written.id] = Loaded(written, _policy(written, source.name))
    return tuple(found[id_] for id_ in sorted(found))


def asked(loaded: Iterable[Loaded]) -> tuple[Asked, ...]:
    """The kinds that must be read whole for these checks."""
    wanted: list[Asked] = []
    for each in loaded:
        if each.policy.kind is not None:
            wanted.append(asked_by_kind(*each.policy.kind))
        else:
            wanted += asked_by_rules(each.policy.match.resource_rules or ())
    return tuple(dict.fromkeys(wanted))


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a file of own checks."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Own checks",
        "description": "Checks in CEL for --checks and the setting own_checks.",
        **msgspec.json.schema(OwnChecks),
    }


def _sources(path: Path) -> Iterator[Source]:
    try:
        for source in read_all(path):
            if isinstance(source, Problem):
                raise OwnCheckError(f"{source}.")
            yield source
    except BadManifest as error:
        raise OwnCheckError(
            f"The own checks at {path} cannot be read.", "Give a file or folder that exists."
        ) from error


def _read(source: Source) -> Iterator[tuple[int, OwnCheck]]:
    try:
        text = source.text()
    except UnicodeDecodeError:
        raise OwnCheckError(f"{source.name} is not text in UTF-8 or UTF-16.") from None
    documents, unreadable = parse(text)
    for broken in unreadable:
        raise OwnCheckError(f"{source.name}:{broken.line}: {broken.reason}.")
    for document in documents:
        for line, oddity in document.oddities:
            raise OwnCheckError(f"{source.name}:{line}: {oddity}.")
        if document.data is None:
            continue
        for index, written in enumerate(_converted(source.name, document).checks):
            line = document.line_of(f"$.checks[{index}].id")
            _validate(f"{source.name}:{line}", written)
            yield line, written


def _converted(file: str, document: Document) -> OwnChecks:
    try:
        return msgspec.convert(document.data, OwnChecks)
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at `")
        path = where.removesuffix("`") or "$"
        place = "" if path == "$" else f" at {path.removeprefix('$.')}"
        hint = "; put it in quotes" if reason.startswith("Expected `str`") else ""
        raise OwnCheckError(f"{file}:{document.line_of(path)}: {reason}{place}{hint}.", _SCHEMA) from None


def _validate(place: str, written: OwnCheck) -> None:
    if not _ID.fullmatch(written.id):
        raise OwnCheckError(
            f"{place}: {written.id!r} is no check id.", "Use lower-case words joined by hyphens."
        )
    if not written.validations:
        raise OwnCheckError(f"{place}: {written.id} has no validations.", "Give at least one expression.")
    if (written.match is None) == (written.match_constraints is None):
        raise OwnCheckError(
            f"{place}: {written.id} must say what it judges, once.", "Give match or matchConstraints."
        )


def _policy(written: OwnCheck, file: str) -> Policy:
    program = Program(
        tuple(
            Validation(each.expression, each.message, each.message_expression) for each in written.validations
        ),
        tuple(Named(each.name, each.expression) for each in written.match_conditions),
        tuple(Named(each.name, each.expression) for each in written.variables),
    )
    match = written.match
    return Policy(
        written.id,
        written.title,
        written.severity,
        written.rationale,
        Remediation(written.remediation, written.snippet),
        program,
        because=written.because,
        own=True,
        kind=(match.api_version, match.kind) if match else None,
        match=written.match_constraints or o.MatchResources(),
        bound=(Bound(),),
        params=written.params,
        requirements=written.requirements,
        source=file,
    )

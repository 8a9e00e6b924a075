"""SARIF 2.1.0 for code scanning: failures as results, what was not judged as notifications of the run.

A waived failure is a suppressed result. Passes are left out: viewers show every result as an alert.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from checks.model import CheckInfo, Result, Scan, Severity, Status

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}
_SCORES = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "3.0"}
_SHOWN = (Status.FAIL, Status.WAIVED)
_UNJUDGED = (Status.NOT_EVALUATED, Status.ERROR)
_BATCH = 500
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif_chunks(scan: Scan) -> Iterator[bytes]:
    """One SARIF log with one run."""
    rules = {check.id: number for number, check in enumerate(scan.checks)}
    encode = msgspec.json.Encoder().encode
    head = encode({"$schema": _SCHEMA, "version": "2.1.0"})[:-1]
    run = encode({"tool": {"driver": _driver(scan)}, "invocations": [_invocation(scan)]})[:-1]
    yield head + b',"runs":[' + run + b',"results":['
    batch: list[bytes] = []
    first = True
    for result in scan.results:
        if result.status in _SHOWN:
            batch.append(encode(_result(result, rules)))
        if len(batch) >= _BATCH:
            yield (b"" if first else b",") + b",".join(batch)
            batch, first = [], False
    yield (b"" if first or not batch else b",") + b",".join(batch) + b"]}]}\n"


def _driver(scan: Scan) -> dict[str, Any]:
    return {
        "name": "Quarterdeck",
        "version": scan.tool.version,
        "rules": [_rule(check) for check in scan.checks],
    }


def _rule(check: CheckInfo) -> dict[str, Any]:
    help_ = check.remediation.text
    return {
        "id": check.id,
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": check.rationale},
        "help": {"text": help_, "markdown": f"{help_}\n\n```yaml\n{check.remediation.snippet.rstrip()}\n```"},
        "defaultConfiguration": {"level": _LEVELS[check.severity]},
        "properties": {"security-severity": _SCORES[check.severity], "tags": ["security", "kubernetes"]},
    }


def _invocation(scan: Scan) -> dict[str, Any]:
    notes = {
        (result.check, result.status, result.reason): result
        for result in scan.results
        if result.status in _UNJUDGED
    }
    return {
        "executionSuccessful": not any(result.status is Status.ERROR for result in notes.values()),
        "startTimeUtc": f"{scan.started:%Y-%m-%dT%H:%M:%SZ}",
        "endTimeUtc": f"{scan.finished:%Y-%m-%dT%H:%M:%SZ}",
        "toolExecutionNotifications": [
            {
                "level": "error" if result.status is Status.ERROR else "warning",
                "associatedRule": {"id": result.check},
                "message": {"text": f"{result.status}: {result.reason or result.message}"},
            }
            for result in notes.values()
        ],
    }


def _result(result: Result, rules: dict[str, int]) -> dict[str, Any]:
    resource = result.resource
    where = f"{resource} {result.locus}".strip()
    made: dict[str, Any] = {
        "ruleId": result.check,
        "level": _LEVELS[result.severity],
        "kind": "fail",
        "message": {"text": f"{resource}: {result.message or result.check}"},
        "locations": [
            {"logicalLocations": [{"name": resource.name, "fullyQualifiedName": where, "kind": "resource"}]}
        ],
        "partialFingerprints": {"quarterdeckFinding/v1": result.fingerprint},
        "properties": {"evidence": result.evidence, "requirements": result.requirements},
    }
    if result.check in rules:
        made["ruleIndex"] = rules[result.check]
    if result.status is Status.WAIVED:
        made["suppressions"] = [{"kind": "external", "justification": result.reason or "waived"}]
    return made

"""Failed checks with as much evidence as a reader can use; the rest is counted and in the evidence.

The body holds about 300 evidence rows however large the cluster is (a document of thousands takes minutes to
draw and nobody reads it). The room is shared out so that every failed check shows something.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec

from checks.model import CheckInfo, Evidence, Result, Scan, Status
from reports.document.model import Fact, FailedCheck, Finding, Open

ROWS = 300
"""Evidence rows in the body of a report."""
FACTS = 3
"""Evidence rows shown of one finding."""
REASONS = 2
"""Reasons shown of one check that did not come to a verdict."""
LONGEST = 240
"""Characters shown of one observed value."""


def failed_checks(
    scan: Scan, *, new: frozenset[str] = frozenset(), rows: int = ROWS
) -> tuple[FailedCheck, ...]:
    """The checks with failures, the worst severity and then the most findings first.

    `new` are the fingerprints of what was not there before: of each check these are shown first.
    """
    failures: defaultdict[str, list[Result]] = defaultdict(list)
    for result in scan.results:
        if result.status is Status.FAIL:
            failures[result.check].append(result)
    checks = [check for check in scan.checks if check.id in failures]
    checks.sort(key=lambda check: (check.severity.rank, -len(failures[check.id]), check.id))
    made, left = [], rows
    for at, check in enumerate(checks):
        shown = _first(failures[check.id], left // (len(checks) - at), new)
        left -= sum(len(finding.facts) or 1 for finding in shown)
        made.append(_failed_check(check, failures[check.id], shown))
    return tuple(made)


def open_verdicts(scan: Scan) -> tuple[Open, ...]:
    """Everything that is neither pass nor fail, by status and check, with the reasons and how often."""
    reasons: defaultdict[tuple[Status, str], Counter[str]] = defaultdict(Counter)
    for result in scan.results:
        if result.status not in (Status.PASS, Status.FAIL):
            reasons[result.status, result.check][result.reason or result.message] += 1
    titles = {check.id: check.title for check in scan.checks}
    rows = []
    for (status, check), counts in reasons.items():
        first = tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:REASONS])
        rows.append(Open(status, check, titles.get(check, check), counts.total(), first, len(counts)))
    return tuple(sorted(rows, key=lambda row: (row.status.rank, row.check)))


def shown_value(value: Any) -> str:
    """An observed value as JSON; a long one is cut and says so."""
    text = msgspec.json.encode(value, order="sorted").decode()
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}… ({len(text)} characters)"


def _failed_check(check: CheckInfo, failures: Sequence[Result], shown: tuple[Finding, ...]) -> FailedCheck:
    numbers: dict[str, list[str]] = {}
    for requirement in failures[0].requirements:
        framework, _, number = requirement.partition("/")
        numbers.setdefault(framework, []).append(number)
    return FailedCheck(
        check,
        tuple((framework, tuple(each)) for framework, each in numbers.items()),
        len(failures),
        len({_identity(result) for result in failures}),
        shown,
    )


def _identity(result: Result) -> tuple[str, str | None, str]:
    return result.resource.kind, result.resource.namespace, result.resource.name


def _first(failures: Sequence[Result], room: int, new: frozenset[str]) -> tuple[Finding, ...]:
    shown: list[Finding] = []
    for result in sorted(failures, key=lambda each: each.fingerprint not in new):
        facts = tuple(_fact(each) for each in result.evidence[:FACTS])
        room -= len(facts) or 1
        if room < 0 and shown:
            break
        shown.append(
            Finding(
                result.resource.kind,
                result.resource.namespace,
                result.resource.name,
                result.locus,
                result.message,
                facts,
                len(result.evidence) - len(facts),
                result.fingerprint in new,
            )
        )
    return tuple(shown)


def _fact(evidence: Evidence) -> Fact:
    return Fact(evidence.path, shown_value(evidence.observed), evidence.expected, evidence.source)

"""JUnit's XML for CI: a suite a check, a case a resource. What was not judged is skipped, never passed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby
from typing import assert_never

from checks.model import Result, Scan, Status

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_SPACES = {ord(char): f"&#{ord(char)};" for char in "\t\n\r"}
"""In an attribute, a reader would make plain spaces of these."""


def junit_chunks(scan: Scan) -> Iterator[bytes]:
    """One XML document; fail is a failure, error an error, all but pass else is skipped with its reason."""
    titles = {check.id: check.title for check in scan.checks}
    tallies = [_tally(results) for _, results in groupby(scan.results, key=_check)]
    total = sum(tallies, Counter[Status]())
    yield b'<?xml version="1.0" encoding="UTF-8"?>\n'
    yield _bytes(f"<testsuites name={_attribute(f'quarterdeck {scan.cluster.name}')}{_counts(total)}>\n")
    stamp = scan.finished.strftime("%Y-%m-%dT%H:%M:%S")
    for tally, (check, results) in zip(tallies, groupby(scan.results, key=_check), strict=True):
        name = _attribute(f"{check}: {titles.get(check, check)}")
        yield _bytes(f'<testsuite name={name} timestamp="{stamp}"{_counts(tally)}>\n')
        for result in results:
            yield _bytes(_case(result))
        yield b"</testsuite>\n"
    yield b"</testsuites>\n"


def _check(result: Result) -> str:
    return result.check


def _tally(results: Iterable[Result]) -> Counter[Status]:
    return Counter(result.status for result in results)


def _counts(tally: Counter[Status]) -> str:
    failures, errors = tally[Status.FAIL], tally[Status.ERROR]
    skipped = tally.total() - tally[Status.PASS] - failures - errors
    return f' tests="{tally.total()}" failures="{failures}" errors="{errors}" skipped="{skipped}" time="0"'


def _case(result: Result) -> str:
    where = f"{result.resource} {result.locus}".strip()
    start = f'<testcase classname={_attribute(result.check)} name={_attribute(where)} time="0"'
    match result.status:
        case Status.PASS:
            return f"{start}/>\n"
        case Status.FAIL:
            facts = "\n".join(
                f"{fact.source or result.resource} {fact.path}: {fact.observed!r}, expected {fact.expected}"
                for fact in result.evidence
            )
            kind = _attribute(result.severity)
            message = _attribute(result.message)
            inside = f"<failure type={kind} message={message}>{escape(_legal(facts))}</failure>"
        case Status.ERROR:
            inside = f"<error message={_attribute(result.reason or '')}/>"
        case Status.WAIVED | Status.MANUAL | Status.NOT_APPLICABLE | Status.NOT_EVALUATED:
            inside = f"<skipped message={_attribute(f'{result.status}: {result.reason or result.message}')}/>"
        case _:
            assert_never(result.status)
    return f"{start}>{inside}</testcase>\n"


def _attribute(text: str) -> str:
    return f'"{escape(_legal(text)).translate(_SPACES)}"'


def _legal(text: str) -> str:
    return _NOT_XML.sub(lambda match: f"\\u{{{ord(match.group()):X}}}", text)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8")

"""What other programs read: complete, well-formed, harmless, and never all in memory."""

import csv
import io
import json
import re
import tracemalloc
from collections import Counter
from collections.abc import Callable
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import Scan, Status
from checks.schema import scan_schema
from reports.render.errors import UnknownFormat
from reports.render.scan_formats import SCAN_FORMATS, encode_scan
from reports.render.scan_formats.csv import COLUMNS, safe_cell
from tests.harness.report_scans import (
    HOSTILE,
    finding,
    hostile,
    huge,
    nothing_found,
    nothing_read,
    sample,
    scan,
)

SCANS: dict[str, Callable[[], Scan]] = {
    "sample": sample,
    "hostile": hostile,
    "nothing found": nothing_found,
    "nothing read": nothing_read,
    "empty": scan,
    "batches": lambda: huge(1001),
}


@pytest.fixture(params=SCANS, ids=str)
def any_scan(request: pytest.FixtureRequest) -> Scan:
    return SCANS[request.param]()


def whole(scan_: Scan, form: str) -> str:
    return b"".join(encode_scan(scan_, form)).decode("utf-8")


def statuses(scan_: Scan) -> Counter[Status]:
    return Counter(result.status for result in scan_.results)


def test_json_fits_the_published_schema(any_scan: Scan) -> None:
    jsonschema.validate(json.loads(whole(any_scan, "json")), scan_schema())


def test_csv_has_a_line_a_result(any_scan: Scan) -> None:
    rows = list(csv.DictReader(io.StringIO(whole(any_scan, "csv"), newline="")))
    assert Counter(row["status"] for row in rows) == statuses(any_scan)
    for row, result in zip(rows, any_scan.results, strict=True):
        assert tuple(row) == COLUMNS
        assert row["fingerprint"] == result.fingerprint
        assert row["name"].removeprefix("'") == result.resource.name
        assert row["requirements"].split() == list(result.requirements)
        assert len(json.loads(row["evidence"].removeprefix("'") or "[]")) == len(result.evidence)


@given(st.sampled_from("=+-@\t\r\n|%\uff1d\uff0b\uff0d\uff20"), st.text(alphabet=" "), st.text())
def test_no_cell_is_a_formula(start: str, before: str, rest: str) -> None:
    cell = safe_cell(before + start + rest)
    assert cell == "'" + before + start + rest


@given(st.text(alphabet="abc09/._ "))
def test_plain_cells_stay_as_they_are(text: str) -> None:
    assert safe_cell(text) == text


def test_junit_counts_what_it_lists(any_scan: Scan) -> None:
    root = ET.fromstring(whole(any_scan, "junit"))
    counts = statuses(any_scan)
    skipped = sum(counts.values()) - counts[Status.PASS] - counts[Status.FAIL] - counts[Status.ERROR]
    told = {name: int(root.attrib[name]) for name in ("tests", "failures", "errors", "skipped")}
    assert told == {
        "tests": len(any_scan.results),
        "failures": counts[Status.FAIL],
        "errors": counts[Status.ERROR],
        "skipped": skipped,
    }
    for name, tag in (
        ("tests", "testcase"),
        ("failures", "failure"),
        ("errors", "error"),
        ("skipped", "skipped"),
    ):
        assert len(root.findall(f".//{tag}")) == told[name]
        assert sum(int(suite.attrib[name]) for suite in root) == told[name]


def test_junit_never_passes_what_was_not_judged() -> None:
    root = ET.fromstring(whole(nothing_read(), "junit"))
    assert not [case for case in root.iter("testcase") if not len(case)]
    message = root.findall(".//skipped")[0].attrib["message"]
    assert message == "not_evaluated: Nobody may look (not_evaluated)."


def test_junit_names_hostile_strings_legally() -> None:
    text = whole(hostile(), "junit")
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f]", text)
    names = " ".join(case.attrib["name"] for case in ET.fromstring(text).iter("testcase"))
    assert "<script>alert(1)</script>" in names
    assert "nul\\u{0} bell\\u{7}" in names


def test_sarif_has_the_failures_and_names_what_was_not_judged(any_scan: Scan) -> None:
    log = json.loads(whole(any_scan, "sarif"))
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    shown = [result for result in any_scan.results if result.status in (Status.FAIL, Status.WAIVED)]
    assert [each["partialFingerprints"]["quarterdeckFinding/v1"] for each in run["results"]] == [
        each.fingerprint for each in shown
    ]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[each["ruleIndex"]]["id"] for each in run["results"]] == [each.check for each in shown]
    assert [bool(each.get("suppressions")) for each in run["results"]] == [
        each.status is Status.WAIVED for each in shown
    ]
    unjudged = {
        (each.check, each.reason)
        for each in any_scan.results
        if each.status in (Status.NOT_EVALUATED, Status.ERROR)
    }
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert {note["associatedRule"]["id"] for note in notes} == {check for check, _ in unjudged}
    assert len(notes) >= len(unjudged)
    assert run["invocations"][0]["executionSuccessful"] == (Status.ERROR not in statuses(any_scan))


@pytest.mark.parametrize("form", SCAN_FORMATS)
def test_a_big_scan_is_streamed(form: str) -> None:
    big = huge(20_000)
    size = len(whole(big, form))
    tracemalloc.start()
    for _ in encode_scan(big, form):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < size / 4


@pytest.mark.parametrize("form", SCAN_FORMATS)
def test_hostile_strings_break_no_format(form: str) -> None:
    assert len(HOSTILE) > 10
    assert whole(hostile(), form)


def test_an_unknown_format_is_named_with_the_known_ones() -> None:
    with pytest.raises(UnknownFormat) as caught:
        encode_scan(scan(finding(0)), "xml")
    assert str(caught.value) == "There is no format 'xml'. Choose one of: json, csv, sarif, junit."

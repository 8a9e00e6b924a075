"""What is published about scans and checks agrees with what the program makes."""

from __future__ import annotations

import jsonschema
import msgspec
import yaml

from checks.catalogue import markdown
from checks.frameworks import framework_ids, load
from checks.model import Scan
from checks.registry import all_checks
from checks.run import evaluate
from checks.schema import scan_schema
from tests.checks.rules.test_fixtures import FILES
from tests.harness.fixture_snapshot import snapshot_of

CHECKS = all_checks()
FRAMEWORKS = load(framework_ids())


def test_real_scan_obeys_the_published_schema_and_reads_back() -> None:
    documents = [doc for path in FILES for doc in yaml.safe_load_all(path.read_text()) if doc]
    scan = evaluate(snapshot_of(*documents, missing={"Job": "403"}), CHECKS, FRAMEWORKS, tool_version="1")
    text = msgspec.json.encode(scan)
    jsonschema.Draft202012Validator.check_schema(scan_schema())
    jsonschema.validate(msgspec.json.decode(text), scan_schema())
    assert msgspec.json.encode(msgspec.json.decode(text, type=Scan)) == text


def test_field_names_are_the_contract() -> None:
    scan = evaluate(snapshot_of(), CHECKS[:1], FRAMEWORKS[:1], tool_version="1")
    document = msgspec.to_builtins(scan)
    assert document["schema"] == "quarterdeck.scan/v1"
    assert {"cluster", "started", "finished", "tool", "coverage", "results", "frameworks"} <= set(document)
    assert set(document["results"][0]) == {
        *("check", "status", "severity", "reason", "message", "resource", "locus"),
        *("evidence", "fingerprint", "requirements"),
    }
    assert set(document["coverage"][0]) == {"kind", "apiVersion", "state", "listed", "reason"}


def test_catalogue_has_every_check_with_its_numbers() -> None:
    page = markdown(CHECKS, FRAMEWORKS)
    for check in CHECKS:
        assert f"## {check.id}\n" in page
        assert check.remediation.snippet.strip("\n") in page
    assert "`cis-kubernetes-2.0.1` 5.2.2" in page
    assert f"There are {len(CHECKS)} checks" in page

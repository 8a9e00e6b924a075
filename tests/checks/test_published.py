"""What is published about scans and checks agrees with what the program makes."""

from __future__ import annotations

import jsonschema
import msgspec
import yaml

from checks.catalogue import markdown
from checks.frameworks import framework_ids, load, page
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
    privileged = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "shop", "namespace": "web", "uid": "u-1"},
        "spec": {"containers": [{"name": "app", "securityContext": {"privileged": True}}]},
    }
    scan = evaluate(snapshot_of(privileged), CHECKS, FRAMEWORKS, tool_version="1")
    document = msgspec.json.decode(msgspec.json.encode(scan))
    assert document["schema"] == "quarterdeck.scan/v1"
    assert {"cluster", "started", "finished", "tool", "coverage", "results", "frameworks"} <= set(document)
    assert {"uid", "name", "version", "provider"} <= set(document["cluster"])
    assert set(document["tool"]) == {"version", "checks"}
    assert document["tool"]["checks"].startswith("sha256:")
    assert set(document["coverage"][0]) >= {"kind", "apiVersion", "state", "listed", "reason"}
    (result,) = [
        each for each in document["results"] if (each["check"], each["status"]) == ("pod-privileged", "fail")
    ]
    assert set(result) == {
        *("check", "status", "severity", "reason", "message", "resource", "locus"),
        *("evidence", "fingerprint", "requirements"),
    }
    assert set(result["resource"]) == {"apiVersion", "kind", "namespace", "name", "uid"}
    assert result["locus"] == "containers/app"
    assert {"path", "observed", "expected"} <= set(result["evidence"][0])
    assert "cis-kubernetes-2.0.1/5.2.2" in result["requirements"]
    statuses = {"pass", "fail", "waived", "manual", "not_applicable", "not_evaluated", "error"}
    for framework in document["frameworks"]:
        assert set(framework["counts"]) == statuses
        assert sum(framework["counts"].values()) == len(framework["requirements"])
        assert all({"id", "status", "reason"} <= set(each) for each in framework["requirements"])


def test_frameworks_page_has_every_requirement_and_every_total() -> None:
    text = page.markdown(FRAMEWORKS)
    for framework in FRAMEWORKS:
        section = text.partition(f"## {framework.id}\n")[2].partition("\n## ")[0]
        assert f": {len(framework.requirements)} requirements." in section
        rows = [line.split(" | ")[0].removeprefix("| ") for line in section.splitlines()[5:] if line]
        assert rows == [item.id for item in framework.requirements]
        assert sum(page.counts(framework).values()) == len(framework.requirements)


def test_catalogue_has_every_check_with_its_numbers() -> None:
    listed = markdown(CHECKS, FRAMEWORKS)
    for check in CHECKS:
        assert f"## {check.id}\n" in listed
        assert check.remediation.snippet.strip("\n") in listed
        assert f"- Severity: {check.severity}. {check.because}" in listed
        assert f"- How: {check.explanation}" in listed
    assert "`cis-kubernetes-2.0.1` 5.2.2" in listed
    assert f"There are {len(CHECKS)} checks" in listed

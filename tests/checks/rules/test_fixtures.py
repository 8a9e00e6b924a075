"""Every check against its fixtures: `<check id>/<status>.<why>.yaml` is what the file must be judged as.

Every check has at least one `pass` and one `fail` fixture. A `# loci: …` line names where findings must be,
all of them and no others. A `# manifests` line first makes it files instead of a live cluster.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checks.model import Scan, Status
from checks.registry import all_checks
from checks.run import evaluate
from tests.harness.fixture_snapshot import snapshot_from

HERE = Path(__file__).parent
CHECKS = {check.id: check for check in all_checks()}
FILES = sorted(HERE.glob("*/*.yaml"))
SETTLED = {Status.PASS, Status.NOT_APPLICABLE}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_fixture_is_judged_as_its_name_says(path: Path) -> None:
    check = CHECKS[path.parent.name]
    expected = Status(path.name.partition(".")[0])
    scan = evaluate(snapshot_from(path), (check,), (), tool_version="test")
    statuses = {result.status for result in scan.results}
    assert expected in statuses
    if expected in SETTLED:
        assert statuses <= SETTLED
    loci = re.search(r"^# loci: *(.*)$", path.read_text(), re.MULTILINE)
    if loci:
        assert _loci(scan, expected) == sorted(loci[1].split())
    for result in scan.results:
        assert result.reason if result.status not in {Status.PASS, Status.FAIL} else result.reason is None
        if result.status is Status.FAIL:
            assert result.message
            assert result.evidence


def _loci(scan: Scan, status: Status) -> list[str]:
    return sorted(result.locus or "-" for result in scan.results if result.status is status)


@pytest.mark.parametrize("check", CHECKS)
def test_check_has_a_fixture_that_passes_and_one_that_fails(check: str) -> None:
    names = [path.name.partition(".")[0] for path in FILES if path.parent.name == check]
    assert {"pass", "fail"} <= set(names), (
        f"put pass.<why>.yaml and fail.<why>.yaml into {HERE.name}/{check}/"
    )


def test_every_folder_belongs_to_a_check() -> None:
    folders = {path.name for path in HERE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(CHECKS)

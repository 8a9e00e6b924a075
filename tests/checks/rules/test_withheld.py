"""What was not read turns no failure into a pass: every fixture, without each kind that its check reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.cluster.kinds import KINDS
from checks.model import Scan, Status
from checks.registry import all_checks
from checks.run import evaluate
from tests.harness.fixture_snapshot import snapshot_from
from tests.harness.withheld import without, wrongs

HERE = Path(__file__).parent
CHECKS = {check.id: check for check in all_checks()}
FILES = sorted(HERE.glob("*/*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_kind_that_is_withheld_is_said_and_changes_nothing_else(path: Path) -> None:
    check = CHECKS[path.parent.name]
    snapshot = snapshot_from(path)
    full = evaluate(snapshot, (check,), (), tool_version="test")
    for kind in dict.fromkeys(check.kinds):
        less = evaluate(without(snapshot, kind), (check,), (), tool_version="test")
        assert list(wrongs(full, less, (kind,))) == [], f"without {kind}"


LIVE = [path for path in FILES if not path.read_text().startswith("# manifests")]


@pytest.mark.parametrize("path", LIVE, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_check_reads_no_kind_that_it_does_not_declare(path: Path) -> None:
    """A message may say more where more was read; the verdicts may not differ."""
    check = CHECKS[path.parent.name]
    snapshot = snapshot_from(path)
    others = without(snapshot, *(kind for kind in KINDS if kind not in check.kinds))
    assert said(evaluate(others, (check,), (), tool_version="test")) == said(
        evaluate(snapshot, (check,), (), tool_version="test")
    )


def said(scan: Scan) -> list[tuple[str, Status]]:
    return [(result.fingerprint, result.status) for result in scan.results]

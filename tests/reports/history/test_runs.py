"""Runs are kept whole, found again, and come back byte for byte."""

from datetime import timedelta
from pathlib import Path

import pytest

from reports.history import History
from reports.history.canonical import encode
from tests.harness.scans import NOON, result, scan


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History.open(f"sqlite:///{tmp_path / 'history.db'}")


def test_a_scan_comes_back_byte_for_byte(history: History) -> None:
    kept = scan(result("web"), result("api"))
    run = history.save(kept, requested_by="erin")
    assert encode(history.scan(run.id)) == encode(kept)
    assert history.run(run.id) == run
    assert history.latest(kept.cluster.uid) == run
    assert history.previous(run) is None
    later = history.save(scan(finished=NOON + timedelta(hours=1)), requested_by="erin")
    assert history.previous(later) == run

"""A scan that is done leaves at once, with all that it said and the code it promised."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
_MAIN = "import atexit; atexit.register(lambda: print('cleaned up')); from bot.__main__ import main; main()"


def run(*arguments: str, data: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **({"QUARTERDECK_DATA_DIR": str(data)} if data else {})}
    return subprocess.run(
        [sys.executable, "-c", _MAIN, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=False,
    )


@pytest.mark.parametrize(("also", "code"), [((), 0), (("--fail-on", "low"), 1)])
def test_it_leaves_without_cleaning_up(also: tuple[str, ...], code: int) -> None:
    done = run("scan", "--sample", "--format", "json", *also)
    assert done.returncode == code
    assert len(json.loads(done.stdout)["results"]) > 500


def test_a_kept_run_and_a_file_are_whole(tmp_path: Path) -> None:
    file = tmp_path / "scan.json"
    done = run("scan", "--sample", "--record", "--format", "json", "--output", str(file), data=tmp_path)
    assert "Kept as run" in done.stderr
    assert done.stdout == ""
    assert {each.name for each in tmp_path.iterdir()} == {"history.db", "scan.json"}
    with closing(sqlite3.connect(tmp_path / "history.db")) as connection:
        assert connection.execute("select count(*) from runs").fetchone() == (1,)
    assert len(json.loads(file.read_text())["results"]) > 500


def test_what_is_no_end_of_a_scan_cleans_up() -> None:
    done = run("scan", "--snapshot", "none")
    assert done.returncode == 3
    assert done.stdout == "cleaned up\n"

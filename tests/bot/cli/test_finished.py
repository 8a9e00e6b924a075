"""A scan that is done leaves at once, with all that it said and the code it promised."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from base64 import b64encode
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from tests.harness.api_server import ApiServer

ROOT = Path(__file__).parents[3]
_MAIN = """
import atexit, sys
from bot.__main__ import main

class Held:
    def __del__(self):
        print("given back", file=sys.stderr)

held = Held()
atexit.register(lambda: print("at exit", file=sys.stderr))
main()
"""


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _MAIN, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        check=False,
    )


@pytest.mark.parametrize(("also", "code"), [((), 0), (("--fail-on", "low"), 1)])
def test_it_leaves_without_giving_memory_back(also: tuple[str, ...], code: int) -> None:
    done = run("scan", "--sample", "--format", "json", *also)
    assert done.returncode == code
    assert done.stderr == "at exit\n"
    assert len(json.loads(done.stdout)["results"]) > 500


def test_a_kept_run_and_a_file_are_whole(tmp_path: Path) -> None:
    file = tmp_path / "scan.json"
    done = run(
        "scan",
        "--sample",
        "--record",
        "--format",
        "json",
        "--output",
        str(file),
        QUARTERDECK_DATA_DIR=str(tmp_path),
    )
    assert "Kept as run" in done.stderr
    assert done.stdout == ""
    assert {each.name for each in tmp_path.iterdir()} == {"history.db", "scan.json"}
    with closing(sqlite3.connect(tmp_path / "history.db")) as connection:
        assert connection.execute("select count(*) from runs").fetchone() == (1,)
    assert len(json.loads(file.read_text())["results"]) > 500


def test_keys_from_a_kubeconfig_do_not_stay_behind(api_server: ApiServer, tmp_path: Path) -> None:
    config = yaml.safe_load(api_server.kubeconfig.read_text())
    cluster = config["clusters"][0]["cluster"]
    authority = Path(cluster.pop("certificate-authority")).read_bytes()
    cluster["certificate-authority-data"] = b64encode(authority).decode()
    (tmp_path / "config").write_text(yaml.safe_dump(config))
    folder = tmp_path / "temporary"
    folder.mkdir()
    done = run("scan", "--kubeconfig", str(tmp_path / "config"), "--format", "json", TMPDIR=str(folder))
    assert len(json.loads(done.stdout)["results"]) > 100
    assert list(folder.iterdir()) == []


def test_any_other_end_is_an_ordinary_one() -> None:
    done = run("scan", "--snapshot", "none")
    assert done.returncode == 3
    assert done.stderr.splitlines()[-2:] == ["at exit", "given back"]

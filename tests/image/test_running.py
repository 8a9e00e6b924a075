"""The image runs as the chart runs it: a numbered user, a read-only root, no capability, no shell."""

import io
import json

import pytest
from pypdf import PdfReader

from bot import __version__
from tests.harness.image import DATA, Image

PYTHON = ("/opt/quarterdeck/bin/python",)
_WRITE = """
import pathlib
for folder in ("/", "/opt/quarterdeck", "/etc", "/usr/lib", "/var/lib", "/tmp", "/var/lib/quarterdeck"):
    try:
        pathlib.Path(folder, "probe").write_text("x")
    except OSError as error:
        print(folder, error.strerror)
    else:
        print(folder, "written")
"""
_RIGHTS = """
import os, pathlib
status = dict(line.split(":", 1) for line in pathlib.Path("/proc/self/status").read_text().splitlines())
print(os.getuid(), os.getgid(), os.getgroups(), status["CapEff"].strip(), status["NoNewPrivs"].strip())
"""
_MISSING = """
import pathlib, subprocess
(loader,) = pathlib.Path("/lib64").glob("ld-linux-*.so.*")
found = [each for top in ("/usr", "/opt") for each in pathlib.Path(top).rglob("*.so*")]
libraries = [each for each in found if not each.is_symlink()]
for each in libraries:
    said = subprocess.run([loader, "--list", each], capture_output=True, text=True).stdout
    if "not found" in said:
        print(each, said)
print(len(libraries))
"""


def test_it_says_its_version(built: Image) -> None:
    with built.run("--version") as done:
        assert (done.code, done.out.decode()) == (0, f"quarterdeck {__version__}\n"), done.err


def test_it_has_a_number_for_a_user_and_no_right(built: Image) -> None:
    with built.run("-c", _RIGHTS, entrypoint=PYTHON) as done:
        assert done.out.decode().split() == ["65532", "65532", "[]", "0" * 16, "1"], done.err


def test_it_can_write_to_tmp_and_the_data_folder_only(built: Image) -> None:
    with built.run("-c", _WRITE, entrypoint=PYTHON) as done:
        said = dict(line.split(" ", 1) for line in done.out.decode().splitlines())
    assert said.pop("/tmp") == said.pop(DATA) == "written"
    assert len(said) == 5
    assert set(said.values()) == {"Read-only file system"}


def test_no_library_is_missing(built: Image) -> None:
    with built.run("-c", _MISSING, entrypoint=PYTHON) as done:
        assert done.code == 0, done.err
        assert int(done.out.decode()) > 50


def test_it_has_the_postgresql_driver_and_time_zones(built: Image) -> None:
    program = "import pg8000, zoneinfo; print(zoneinfo.ZoneInfo('Europe/Berlin'))"
    with built.run("-c", program, entrypoint=PYTHON) as done:
        assert done.out == b"Europe/Berlin\n", done.err


def test_it_scans_the_sample_cluster(built: Image) -> None:
    with built.run("scan", "--sample", "--format", "json") as done:
        assert done.code == 0, done.err
        scan = json.loads(done.out)
    assert scan["schema"] == "quarterdeck.scan/v1"
    assert {"pass", "fail"} <= {each["status"] for each in scan["results"]}


def test_it_draws_the_report(built: Image) -> None:
    with built.run("report", "--sample", "--format", "pdf", "--output", "/tmp/report.pdf") as done:
        assert done.code == 0, done.err
        content = (done.tmp / "report.pdf").read_bytes()
    reader = PdfReader(io.BytesIO(content))
    assert len(reader.pages) > 3
    assert "cluster-admin" in "".join(page.extract_text() for page in reader.pages)


def test_it_answers_who_has_cluster_admin(built: Image) -> None:
    with built.run("ask", "who has cluster-admin", "--sample", "--format", "json") as done:
        assert done.code == 0, done.err
        assert json.loads(done.out)["schema"] == "quarterdeck.answer/v1"


@pytest.mark.parametrize(
    "arguments", [("scan", "--no-such-flag"), ("scan", "--manifests", "/no/such/folder")]
)
def test_what_it_cannot_do_it_says_without_a_traceback(built: Image, arguments: tuple[str, ...]) -> None:
    with built.run(*arguments) as done:
        assert done.code in {2, 3}
        assert done.err.strip()
        assert "Traceback" not in done.err

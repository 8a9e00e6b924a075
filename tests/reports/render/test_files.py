"""A file is whole or not there."""

import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reports.render.files import replace_file


def test_it_takes_the_place_of_the_old_file_when_all_went_well(tmp_path: Path) -> None:
    path = tmp_path / "report"
    path.write_text("old")
    with replace_file(path) as file:
        file.write(b"new ")
        file.writelines([b"and ", b"whole"])
        assert path.read_text() == "old"
    assert path.read_text() == "new and whole"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_left_of_a_file_that_failed(tmp_path: Path) -> None:
    path = tmp_path / "report"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), replace_file(path) as file:
        file.writelines(stopped_half_way())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def stopped_half_way() -> Iterator[bytes]:
    yield b"half"
    raise KeyboardInterrupt


def test_text_goes_to_the_same_file(tmp_path: Path) -> None:
    with replace_file(tmp_path / "table") as file:
        file.text().write("✓ pass\n")
    assert (tmp_path / "table").read_text("utf-8") == "✓ pass\n"


def test_a_link_keeps_pointing_where_it_does(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to("target")
    with replace_file(tmp_path / "link") as file:
        file.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "new"


def test_a_device_stays_a_device() -> None:
    with replace_file(Path("/dev/null")) as file:
        file.write(b"gone")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_full_device_is_an_error() -> None:
    with pytest.raises(OSError, match="No space left"), replace_file(Path("/dev/full")) as file:
        file.write(b"x" * 100_000)


def test_the_process_s_mask_decides_who_may_read(tmp_path: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from reports.render.files import replace_file\n"
        "os.umask(0o077)\nwith replace_file(Path(sys.argv[1])) as file: file.write(b'x')"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "private")], check=True)
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o600

"""What the image is made of: nothing that is not needed, nothing of the machine that built it."""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from bot import __version__
from tests.harness.image import DATA, ROOT, Image

SITE = "opt/quarterdeck/lib/python3.11/site-packages"
SHELLS = {"sh", "bash", "dash", "ash", "zsh", "ksh", "busybox", "toybox"}
LARGEST = 340_000_000


def files(root: Path) -> Iterator[Path]:
    """Every file of the tree that is not a link."""
    for folder, _, names in os.walk(root):
        yield from (path for name in names if not (path := Path(folder, name)).is_symlink())


def test_it_starts_as_a_numbered_user_without_a_shell(built: Image) -> None:
    assert built.config["User"] == "65532:65532"
    assert built.config["Entrypoint"] == ["/opt/quarterdeck/bin/quarterdeck"]
    assert built.config["Cmd"] == ["run"]
    assert built.config["Volumes"] == {DATA: {}}
    assert "Healthcheck" not in built.config


def test_its_labels_name_the_version_and_the_licence(built: Image) -> None:
    labels = built.config["Labels"]
    assert labels["org.opencontainers.image.version"] == __version__
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"


def test_python_trusts_neither_the_working_folder_nor_writes_byte_code(built: Image) -> None:
    environment = built.environment
    assert environment["PYTHONSAFEPATH"] == "1"
    assert environment["PYTHONDONTWRITEBYTECODE"] == "1"
    assert environment["QUARTERDECK_DATA_DIR"] == DATA


def test_the_only_programs_are_python_and_quarterdeck(built: Image) -> None:
    for folder in ("bin", "sbin", "usr/sbin", "usr/bin", "opt/quarterdeck/bin"):
        names = {each.name for each in (built.root / folder).iterdir()}
        assert {each for each in names if not each.startswith("python")} <= {"quarterdeck"}
    assert [path for path in files(built.root) if path.name in SHELLS] == []


def test_no_file_gives_its_runner_another_user(built: Image) -> None:
    marked = [path for path in files(built.root) if path.lstat().st_mode & (stat.S_ISUID | stat.S_ISGID)]
    assert marked == []


def test_only_tmp_and_the_data_folder_can_be_written_to(built: Image) -> None:
    uid = int(built.config["User"].partition(":")[0])
    own = []
    for folder, names, others in os.walk(built.root):
        for path in (Path(folder, name) for name in [*names, *others]):
            status = path.lstat()
            if not path.is_symlink() and (status.st_uid == uid or status.st_mode & stat.S_IWOTH):
                own.append(f"/{path.relative_to(built.root)}")
    assert sorted(own) == ["/tmp", DATA]


def test_no_package_manager_and_no_cache_is_left(built: Image) -> None:
    gone = (
        "var/lib/apt",
        "var/cache/apt",
        "usr/bin/apt",
        "usr/bin/dpkg",
        "root",
        "build",
        "run/secrets",
        "etc/pip.conf",
    )
    assert [each for each in gone if (built.root / each).exists()] == []
    assert [
        each.name
        for each in (built.root / SITE).iterdir()
        if re.match(r"(pip|setuptools|wheel)\b", each.name)
    ] == []


def test_it_trusts_the_authorities_that_debian_ships_and_no_other(built: Image) -> None:
    bundle = (built.root / "etc/ssl/certs/ca-certificates.crt").read_text()
    shipped = [path.read_text().strip() for path in (built.root / "usr/share/ca-certificates").rglob("*.crt")]
    assert len(shipped) > 100
    assert bundle.count("BEGIN CERTIFICATE") == sum(each.count("BEGIN CERTIFICATE") for each in shipped)
    assert [each for each in shipped if each not in bundle] == []


def test_nothing_tells_of_the_machine_that_built_it(built: Image) -> None:
    words = {str(ROOT), str(Path.home() / ".cache"), "/run/secrets/ca"} - {"/"}
    indexes = (os.environ.get(f"PIP_{name}", "") for name in ("INDEX_URL", "EXTRA_INDEX_URL", "PROXY"))
    words |= {host for each in indexes for url in each.split() if (host := urlsplit(url).netloc)}
    pattern = re.compile(b"|".join(re.escape(word.encode()) for word in sorted(words)))
    history = " ".join(each.get("created_by", "") for each in built.manifest["history"])
    assert not pattern.search(history.encode())
    assert [path for path in files(built.root) if pattern.search(path.read_bytes())] == []


def test_scanners_can_tell_what_is_in_it(built: Image) -> None:
    """Debian's packages are described where scanners look in images without dpkg, licences beside them."""
    described = list((built.root / "var/lib/dpkg/status.d").iterdir())
    assert len(described) > 30
    for each in described:
        assert re.search(r"^Version: \S", each.read_text(), re.MULTILINE), each.name
        assert (built.root / "usr/share/doc" / each.name).exists(), f"{each.name} has no copyright file"
    assert "bookworm" in (built.root / "etc/os-release").read_text()
    assert list((built.root / SITE).glob(f"quarterdeck-{__version__}.dist-info/licenses/LICENSE"))


def test_it_is_of_a_reasonable_size(built: Image) -> None:
    size = sum(path.lstat().st_size for path in files(built.root))
    print(f"the image unpacked: {size / 1e6:.0f} MB")
    assert size < LARGEST

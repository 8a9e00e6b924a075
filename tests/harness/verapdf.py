"""veraPDF, the reference validator of PDF/A and PDF/UA: from Maven, kept in the cache, run as a program."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

POM = Path(__file__).parents[1] / "reports" / "verapdf" / "pom.xml"
MAIN = "org.verapdf.apps.GreenfieldCliWrapper"
DOWNLOAD_SECONDS = 600
CHECK_SECONDS = 240


class VeraPdfError(AssertionError):
    """veraPDF is missing, or says that a file does not conform."""


def cache() -> Path:
    """Where its jars are kept; a new version of the pom gets a folder of its own."""
    own = os.environ.get("QUARTERDECK_CACHE")
    shared = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    version = POM.read_text("utf-8").partition("greenfield-apps</artifactId>")[2].split("<version>")[1]
    return (Path(own) if own else Path(shared) / "quarterdeck") / "verapdf" / version.partition("<")[0]


def install() -> Path:
    """The folder with the jars, downloaded when they are not there yet. Raises VeraPdfError."""
    java, maven = shutil.which("java"), shutil.which("mvn")
    if java is None:
        raise VeraPdfError("Java is not installed. Run: apt-get install default-jre-headless maven")
    folder = cache()
    if folder.is_dir():
        return folder
    if maven is None:
        raise VeraPdfError("Maven is not installed. Run: apt-get install maven")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as part:
        jars = Path(part) / "jars"
        command = [
            maven,
            "-q",
            "-B",
            "-f",
            str(POM),
            "dependency:copy-dependencies",
            f"-DoutputDirectory={jars}",
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=DOWNLOAD_SECONDS, check=False)
        if done.returncode or not any(jars.glob("*.jar")):
            raise VeraPdfError(f"Maven could not download veraPDF:\n{done.stdout}{done.stderr}")
        try:
            jars.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another run was faster
                raise
    return folder


def check(flavour: str, *files: Path) -> None:
    """Raise VeraPdfError unless every file conforms to a flavour such as `3a` or `ua1`."""
    jars = install()
    options = ["--flavour", flavour, "--format", "text", "-v"]
    command = ["java", "-Xmx1g", "-cp", f"{jars}/*", MAIN, *options, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=CHECK_SECONDS, check=False)
    passed = [line for line in done.stdout.splitlines() if line.startswith("PASS ")]
    if done.returncode or len(passed) != len(files):
        raise VeraPdfError(f"Not {flavour}:\n{done.stdout[:8000]}{done.stderr[:2000]}")

"""The real components are built once, kept, and a build that cannot succeed says what to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kubernetes import build

SCRIPT = Path(build.__file__)
HELLO = 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("hello") }\n'

pytestmark = pytest.mark.kubernetes


@pytest.fixture
def hello(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A component of three lines in place of the real ones, and an empty cache. Returns its folder."""
    module = tmp_path / "module"
    module.mkdir()
    (module / "go.mod").write_text("module example.com/hello\n\ngo 1.26.0\n")
    (module / "go.sum").write_text("")
    (module / "main.go").write_text(HELLO)
    monkeypatch.setattr(build, "COMPONENTS", module)
    monkeypatch.setattr(build, "PACKAGES", {"hello": "example.com/hello"})
    monkeypatch.setenv("QUARTERDECK_CACHE", str(tmp_path / "cache"))
    return module


def test_a_component_is_built_once_and_kept(hello: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = build.build("hello")
    progress = capsys.readouterr().err
    made = path.stat().st_mtime_ns

    assert subprocess.run([path], capture_output=True, check=True).stdout == b"hello\n"
    assert "hello: built, " in progress
    assert build.build("hello") == build.binary("hello") == path
    assert path.stat().st_mtime_ns == made
    assert capsys.readouterr().err == ""
    assert [each for each in path.parent.parent.iterdir() if each.is_dir()] == [path.parent]


def test_another_version_is_another_binary(hello: Path) -> None:
    first = build.build("hello")
    (hello / "go.mod").write_text("module example.com/hello\n\ngo 1.26.1\n")

    assert build.build("hello") != first
    assert first.is_file()


def test_a_failed_build_says_what_the_compiler_said_and_leaves_nothing(hello: Path) -> None:
    (hello / "main.go").write_text("package main\n\nfunc main() { sink() }\n")

    with pytest.raises(build.BuildError, match=r"(?s)hello: go build failed\..*undefined: sink"):
        build.build("hello")
    with pytest.raises(build.BuildError, match=r"hello is not built\. Run: python .*build\.py hello"):
        build.binary("hello")


def test_two_builds_at_once_are_one(hello: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.kubernetes import build;"
        f"build.COMPONENTS = Path({str(hello)!r}); build.PACKAGES = {{'hello': 'example.com/hello'}};"
        "sys.exit(build.main(['hello']))"
    )
    command = [sys.executable, "-c", program]
    both = [
        subprocess.Popen(
            command, cwd=SCRIPT.parents[2], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    answers = [run.communicate(timeout=120) for run in both]

    assert [run.returncode for run in both] == [0, 0]
    assert len({path for path, _ in answers}) == 1
    assert sorted("built, " in progress for _, progress in answers) == [False, True]


def test_without_go_it_says_which_one_to_get(tmp_path: Path) -> None:
    answer = run_script({"PATH": str(tmp_path)}, "helm")

    assert answer.returncode == 1
    assert answer.stderr.startswith(
        "Go 1.26 or newer is needed to build the Kubernetes components, and there is no go"
    )
    assert "https://go.dev/doc/install" in answer.stderr
    assert answer.stdout == ""


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo go1.21.4; echo linux; echo amd64", "go is go1.21.4."),
        (
            "echo 'go: go.mod requires go >= 1.26.0 (running go 1.24.1; GOTOOLCHAIN=local)' >&2; exit 1",
            "running go 1.24.1",
        ),
    ],
)
def test_an_old_go_is_named(tmp_path: Path, script: str, said: str) -> None:
    go = tmp_path / "go"
    go.write_text(f"#!/bin/sh\n{script}\n")
    go.chmod(0o755)

    answer = run_script({"PATH": str(tmp_path)}, "helm")

    assert answer.returncode == 1
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr


def test_an_unknown_component_and_a_cache_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    unknown = run_script({}, "kube-scheduler")
    unwritable = run_script({"QUARTERDECK_CACHE": str(tmp_path / "file")}, "helm")

    known = ", ".join(build.PACKAGES)
    assert unknown.stderr == f"There is no component 'kube-scheduler': choose from {known}.\n"
    assert "Set QUARTERDECK_CACHE" in unwritable.stderr
    assert (unknown.returncode, unwritable.returncode) == (1, 1)


def run_script(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )

"""A command that is told to end does so at once, with one message, and leaves no process and no half file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.checks.cluster.wire import Wire, dripping, items, write_kubeconfig

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
PROMPT = 10.0
SIGNALS = [signal.SIGINT, signal.SIGTERM]
JUDGING_SLOWLY = """
import os, time
from pathlib import Path
import checks.run

judge = checks.run._results

def slowly(*asked):
    Path(os.environ["AT_WORK"], str(os.getpid())).touch()
    time.sleep(0.2)
    return judge(*asked)

checks.run._LARGE, checks.run._results, os.cpu_count = 1, slowly, lambda: 3
"""
"""Before `main`: the sample is judged by three processes, each check for a while."""


@contextmanager
def quarterdeck(
    *arguments: str | Path, before: str = "", **environment: str
) -> Iterator[subprocess.Popen[str]]:
    """A command at work, in a process group of its own, which nothing outlives in the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", f"{before}\nfrom bot.__main__ import main\nmain()", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if any_left(process):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def any_left(process: subprocess.Popen[str]) -> bool:
    """Whether anything of its group runs; one that has ended and was not waited for counts too."""
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def until(what: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def stops(process: subprocess.Popen[str], number: int) -> None:
    """Told to end, only the process itself and not its group, it does, with everything it began."""
    told = time.monotonic()
    process.send_signal(number)
    out, said = process.communicate(timeout=PROMPT * 4)
    assert time.monotonic() - told < PROMPT
    assert process.returncode == 128 + number
    assert said.splitlines()[-1] == "Stopped."
    assert "Traceback" not in out + said
    until(lambda: not any_left(process), PROMPT)


@pytest.mark.parametrize("number", SIGNALS)
def test_while_it_reads(tmp_path: Path, number: int) -> None:
    with Wire({"/api/v1/pods": dripping}, items()) as wire:
        kubeconfig = write_kubeconfig(tmp_path / "kubeconfig", wire.url)
        output = tmp_path / "scan.json"
        with quarterdeck("scan", "--kubeconfig", kubeconfig, "--output", output) as process:
            until(lambda: any(path.startswith("/api/v1/pods?limit=500") for path in wire.asked))
            stops(process, number)
    assert [each.name for each in tmp_path.iterdir()] == ["kubeconfig"]


@pytest.mark.parametrize("number", SIGNALS)
def test_while_several_processes_judge(tmp_path: Path, number: int) -> None:
    with quarterdeck("scan", "--sample", before=JUDGING_SLOWLY, AT_WORK=str(tmp_path)) as process:
        until(lambda: len(list(tmp_path.iterdir())) == 3)
        stops(process, number)


def test_judging_processes_do_not_outlive_one_that_is_killed(tmp_path: Path) -> None:
    with quarterdeck("scan", "--sample", before=JUDGING_SLOWLY, AT_WORK=str(tmp_path)) as process:
        until(lambda: len(list(tmp_path.iterdir())) == 3)
        process.kill()
        process.wait()
        until(lambda: not any_left(process), PROMPT)


def test_a_drawing_process_does_not_outlive_one_that_is_killed(tmp_path: Path) -> None:
    output = tmp_path / "report.pdf"
    with quarterdeck("report", "--sample", "--format", "pdf", "--output", output) as process:
        until(lambda: list(tmp_path.glob("*.part")))
        process.kill()
        process.wait()
        until(lambda: not any_left(process), PROMPT)


@pytest.mark.parametrize("number", SIGNALS)
def test_while_a_report_is_drawn(tmp_path: Path, number: int) -> None:
    output = tmp_path / "report.pdf"
    with quarterdeck("report", "--sample", "--format", "pdf", "--output", output) as process:
        until(lambda: list(tmp_path.glob("*.part")))
        stops(process, number)
    assert list(tmp_path.iterdir()) == []


def test_a_signal_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    """As for a command that a shell runs in the background: Ctrl-C is not for it."""
    before = f"import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n{JUDGING_SLOWLY}"
    with quarterdeck("scan", "--sample", before=before, AT_WORK=str(tmp_path)) as process:
        until(lambda: len(list(tmp_path.iterdir())) == 3)
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert process.poll() is None
        stops(process, signal.SIGTERM)

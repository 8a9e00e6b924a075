"""What one measurement is: a floor in this process, or a command as people run it."""

import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import urllib3

from checks.cluster import collect
from checks.cluster.connect import JSON
from checks.cluster.kinds import Kind
from checks.cluster.objects import wire
from checks.cluster.paging import METADATA_ONLY, PAGE
from tests.harness.api_server import ApiServer

_SECONDS = 900
_ENCODING = {"Accept-Encoding": "gzip"}
"""What a scan asks for too: the floor is of the same bytes."""


class Cost(NamedTuple):
    """One round: seconds by the clock, seconds of our own processor time, peak memory in MB."""

    seconds: float
    processor: float
    megabytes: float | None = None


def floor(server: ApiServer, kinds: Sequence[Kind]) -> Cost:
    """Page through these kinds over one connection and decode them: the least that reading them takes."""
    pool = urllib3.PoolManager(ca_certs=str(server.ca))
    started, processor = time.perf_counter(), time.process_time()
    for kind in kinds:
        _drain(pool, server, kind)
    cost = Cost(time.perf_counter() - started, time.process_time() - processor)
    pool.clear()
    return cost


def _drain(pool: urllib3.PoolManager, server: ApiServer, kind: Kind) -> None:
    decoder = wire.decoder(collect.Page[kind.type])  # type: ignore[name-defined]
    accept = METADATA_ONLY if kind.metadata_only else JSON
    headers = {"Authorization": f"Bearer {server.token('admin')}", "Accept": accept, **_ENCODING}
    token = ""
    while True:
        query = {"limit": str(PAGE)} | ({"continue": token} if token else {})
        answer = pool.request("GET", server.url + kind.path, fields=query, headers=headers)
        if answer.status != 200:
            sys.exit(f"{kind.path} cannot be listed: {answer.status} {answer.data[:300]!r}")
        token = decoder.decode(answer.data).metadata.continue_
        if not token:
            return


def command(arguments: Sequence[str | Path], folder: Path) -> Cost:
    """Run this Python with arguments; its output is `folder / "output"`. Ends the benchmark when it fails.

    With the compiled modules that an installation has: without, every run would compile them anew.
    """
    environment = {**os.environ, "HOME": str(folder), "QUARTERDECK_DATA_DIR": str(folder)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    errors = folder / "errors"
    started = time.perf_counter()
    with errors.open("w") as stderr, (folder / "output").open("w") as stdout:
        child = subprocess.Popen([sys.executable, *arguments], stdout=stdout, stderr=stderr, env=environment)
        status, usage, peak = _wait(child, started)
    child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if child.returncode not in (0, 4):
        sys.exit(f"{arguments} ended with {child.returncode}:\n{errors.read_text()[-3000:]}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, peak)


def _wait(child: "subprocess.Popen[bytes]", started: float) -> tuple[int, resource.struct_rusage, float]:
    """How a process ended, what it used, and its peak in MB. The kernel's `ru_maxrss` would not do: it starts
    with the peak of the process that forked, which holds the benchmark's own clusters."""
    peak = 0.0
    while True:
        ended, status, usage = os.wait4(child.pid, os.WNOHANG)
        if ended:
            return status, usage, peak
        peak = max(peak, _peak(child.pid))
        if time.perf_counter() - started > _SECONDS:
            child.kill()
            sys.exit(f"a command took longer than {_SECONDS} s")
        time.sleep(0.005)


def _peak(pid: int) -> float:
    with suppress(OSError):
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
        return int(found[1]) / 1024 if found else 0.0
    return 0.0

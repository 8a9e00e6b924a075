"""What reading and judging a large cluster costs, beside the least it could cost in the same run.

`python -m tests.bench` fills a real API server with pods, then in turn measures the bare paged transfer with
decoding, a snapshot, and the whole `quarterdeck scan --format json` as the command people run. Machines and
moments differ, so what counts is the ratio between them.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import urllib3
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from checks.cluster.collect import PAGE, Page
from checks.cluster.objects import Pod
from tests.harness.api_server import ApiServer
from tests.harness.kubernetes_load import create_pods

MAX_RATIO = 3.0
MAX_MEGABYTES = 400
_SECONDS = 300
_SNAPSHOT = """
import sys
from pathlib import Path
from checks.cluster.source import LiveCluster, take_snapshot
taken = take_snapshot(LiveCluster(Path(sys.argv[1])), progress=lambda *_: None)
assert len(taken.all(o.Pod)) == int(sys.argv[2]), len(taken.all(o.Pod))
"""


class Cost(NamedTuple):
    """One round: seconds by the clock, seconds of our own processor time, and peak memory of the process."""

    seconds: float
    processor: float
    megabytes: float | None = None


Rounds = dict[str, list[Cost]]


def bare(server: ApiServer, pods: int) -> Cost:
    """Page through the pods over one connection and decode them, in this process."""
    pool = urllib3.PoolManager(ca_certs=str(server.ca))
    headers = {"Authorization": f"Bearer {server.token('admin')}", "Accept": "application/json"}
    decoder = msgspec.json.Decoder(Page[Pod])
    started, processor, token, count = time.perf_counter(), time.process_time(), "", 0
    while True:
        query = {"limit": str(PAGE)} | ({"continue": token} if token else {})
        answer = pool.request("GET", f"{server.url}/api/v1/pods", fields=query, headers=headers)
        assert answer.status == 200, answer.data[:300]
        page = decoder.decode(answer.data)
        count += len(page.items or ())
        token = page.metadata.continue_
        if not token:
            break
    cost = Cost(time.perf_counter() - started, time.process_time() - processor)
    assert count == pods, f"{count} pods read of {pods}"
    pool.clear()
    return cost


def process(command: Sequence[str | Path], folder: Path) -> Cost:
    """Run a command in an empty folder. Ends the benchmark when it fails."""
    environment = {**os.environ, "HOME": str(folder), "QUARTERDECK_DATA_DIR": str(folder)}
    errors = folder / "errors.txt"
    started = time.perf_counter()
    with errors.open("w") as stderr, (folder / "output.json").open("w") as stdout:
        child = subprocess.Popen(command, stdout=stdout, stderr=stderr, cwd=folder, env=environment)
        try:
            status, usage = _wait(child.pid, started)
        except TimeoutError:
            child.kill()
            sys.exit(f"{command[-1]} took longer than {_SECONDS} s")
    child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if child.returncode != 0:
        sys.exit(
            f"{' '.join(map(str, command))} ended with {child.returncode}:\n{errors.read_text()[-3000:]}"
        )
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def _wait(pid: int, started: float) -> tuple[int, resource.struct_rusage]:
    while True:
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            return status, usage
        if time.perf_counter() - started > _SECONDS:
            raise TimeoutError
        time.sleep(0.005)


def measure(server: ApiServer, pods: int, rounds: int, console: Console) -> Rounds:
    """Each measurement in turn, round by round, so that all meet the same weather."""
    kubeconfig = str(server.kubeconfig)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        snapshot = [sys.executable, "-c", _SNAPSHOT, kubeconfig, str(pods)]
        scan = [sys.executable, "-m", "bot", "scan", "--kubeconfig", kubeconfig, "--format", "json"]
        tasks: dict[str, Callable[[], Cost]] = {
            "bare paged transfer and decoding": lambda: bare(server, pods),
            "snapshot of all kinds": lambda: process(snapshot, folder),
            "quarterdeck scan --format json": lambda: process(scan, folder),
        }
        measured: Rounds = {task: [] for task in tasks}
        with Progress(console=console, transient=True) as progress:
            bar = progress.add_task("Measuring", total=rounds * len(tasks))
            for _ in range(rounds):
                for task, run in tasks.items():
                    measured[task].append(run())
                    progress.advance(bar)
        scanned = json.loads((folder / "output.json").read_text())
        seen = next(each["listed"] for each in scanned["coverage"] if each["kind"] == "Pod")
        assert seen == pods, f"the scan saw {seen} pods of {pods}"
        console.print(f"The scan gives {len(scanned['results']):,} results.")
    return measured


def report(measured: Rounds, pods: int, console: Console) -> None:
    """The table, and how it compares with the goal."""
    table = Table(title=f"{pods:,} pods on a real API server, on {os.cpu_count()} cores")
    table.add_column("What")
    for column in ("best", "median", "of bare", "own CPU", "peak memory"):
        table.add_column(column, justify="right")
    least = _best(next(iter(measured.values())))
    for task, costs in measured.items():
        median = statistics.median(cost.seconds for cost in costs)
        processor = min(cost.processor for cost in costs)
        peak = _peak(costs)
        table.add_row(
            task,
            f"{_best(costs):.2f} s",
            f"{median:.2f} s",
            f"{_best(costs) / least:.2f}",
            f"{processor:.2f} s",
            f"{peak:.0f} MB" if peak else "",
        )
    console.print(table)
    scan = list(measured.values())[-1]
    ratio, memory = _best(scan) / least, _peak(scan)
    met = ratio <= MAX_RATIO and memory < MAX_MEGABYTES
    goal = f"at most {MAX_RATIO:.0f} times the bare transfer, under {MAX_MEGABYTES} MB"
    console.print(
        f"The goal for a scan ({goal}) is {'met' if met else 'NOT met'}: {ratio:.2f}, {memory:.0f} MB."
    )


def _best(costs: list[Cost]) -> float:
    return min(cost.seconds for cost in costs)


def _peak(costs: list[Cost]) -> float:
    return max(cost.megabytes or 0 for cost in costs)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 110)
    with ApiServer() as server:
        with Progress(console=console, transient=True) as progress:
            bar = progress.add_task(f"Making {options.pods:,} pods", total=options.pods)
            create_pods(server.api, options.pods, done=lambda count: progress.update(bar, completed=count))
        measured = measure(server, options.pods, options.rounds, console)
    report(measured, options.pods, console)


if __name__ == "__main__":
    main()

"""What reading and judging a large cluster costs, beside the least it could cost in the same run.

`python -m tests.bench` fills a real API server for each size, then measures in turn: the floor (every page
that a scan reads, over one connection, decoded and dropped), the official client's own list of the pods, the
whole `quarterdeck scan --format json` as people run it, and the same from a saved snapshot. Machines and
moments differ, so what counts is the ratio between them. docs/benchmarks.md keeps the figures.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from checks.cluster.kinds import KINDS, Kind
from tests.bench.measure import Cost, command, floor
from tests.bench.store import stir, store
from tests.bench.world import world
from tests.harness.api_server import ApiServer

MAX_RATIO, MAX_MEGABYTES, MAX_JUDGING, MAX_HELP = 1.5, 300, 2.0, 0.3
"""The goals: a scan of 10,000 pods beside its floor and its memory, judging alone and `--help` in seconds."""
_CLIENT = """
import sys
from kubernetes import client, config
config.load_kube_config(sys.argv[1])
api, token, count = client.CoreV1Api(), None, 0
kept = []
while True:
    page = api.list_pod_for_all_namespaces(limit=500, _continue=token)
    kept += page.items
    token = page.metadata._continue
    if not token:
        break
assert len(kept) == int(sys.argv[2]), len(kept)
"""
FLOOR, CLIENT, SCAN, JUDGED = "floor", "official client, pods only", "scan --format json", "scan --snapshot"
Rounds = dict[str, list[Cost]]


def measure(server: ApiServer, pods: int, rounds: int, console: Console) -> Rounds:
    """Each measurement in turn, round by round, so that all meet the same weather."""
    kubeconfig = str(server.kubeconfig)
    live = ["-m", "bot", "scan", "--kubeconfig", kubeconfig, "--format", "json"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        saved = folder / "cluster.qdsnap"
        command(["-m", "bot", "snapshot", "save", str(saved), "--kubeconfig", kubeconfig], folder)
        command(live, folder)
        scanned = json.loads((folder / "output").read_text())
        kinds = _kinds(scanned["coverage"])
        seen = next(each["listed"] for each in scanned["coverage"] if each["kind"] == "Pod")
        if seen != pods:
            sys.exit(f"the scan saw {seen} pods of {pods}")
        listed = sum(each["listed"] for each in scanned["coverage"])
        console.print(
            f"{pods:,} pods, {listed:,} objects of {len(kinds)} kinds, {len(scanned['checks'])} checks, "
            f"{len(scanned['results']):,} results, {(folder / 'output').stat().st_size >> 20} MB of JSON."
        )
        tasks: dict[str, Callable[[], Cost]] = {
            FLOOR: lambda: floor(server, kinds),
            CLIENT: lambda: command(["-c", _CLIENT, kubeconfig, str(pods)], folder),
            SCAN: lambda: command(live, folder),
            JUDGED: lambda: command(
                ["-m", "bot", "scan", "--snapshot", str(saved), "--format", "json"], folder
            ),
        }
        return _in_turn(tasks, rounds, console, lambda: stir(server.api, kinds))


def _in_turn(
    tasks: dict[str, Callable[[], Cost]], rounds: int, console: Console, before_each: Callable[[], None]
) -> Rounds:
    measured: Rounds = {task: [] for task in tasks}
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task("Measuring", total=rounds * len(tasks))
        for _ in range(rounds):
            for task, run in tasks.items():
                before_each()
                measured[task].append(run())
                progress.advance(bar)
    return measured


def _kinds(coverage: Sequence[dict[str, str]]) -> list[Kind]:
    """The kinds that a scan read, as its coverage says."""
    return [KINDS[each["kind"]] for each in coverage if each["state"] == "collected"]


def report(pods: int, measured: Rounds, console: Console) -> None:
    """One size's table."""
    table = Table(title=f"{pods:,} pods, on {os.cpu_count()} cores, best of {len(measured[SCAN])}")
    table.add_column("What")
    for column in ("time", "of the floor", "own processor time", "peak memory"):
        table.add_column(column, justify="right")
    least = _best(measured[FLOOR])
    for task, costs in measured.items():
        best = _best(costs)
        processor = min(cost.processor for cost in costs)
        peak = _peak(costs)
        table.add_row(
            task,
            f"{best:.2f} s",
            f"{best / least:.2f}",
            f"{processor:.2f} s",
            f"{peak:.0f} MB" if peak else "",
        )
    console.print(table)


def goals(sizes: dict[int, Rounds], help_seconds: float) -> list[tuple[str, bool]]:
    """What was promised, with the figures of this run, and whether it holds."""
    said = [(f"--help answers in {help_seconds:.2f} s (goal: under {MAX_HELP})", help_seconds < MAX_HELP)]
    if middle := sizes.get(10_000):
        ratio, peak = _best(middle[SCAN]) / _best(middle[FLOOR]), _peak(middle[SCAN])
        judging = _best(middle[JUDGED])
        said += [
            (f"a scan takes {ratio:.2f} times its floor (goal: at most {MAX_RATIO})", ratio <= MAX_RATIO),
            (f"its peak is {peak:.0f} MB (goal: at most {MAX_MEGABYTES})", peak <= MAX_MEGABYTES),
            (f"judging alone takes {judging:.2f} s (goal: under {MAX_JUDGING})", judging < MAX_JUDGING),
        ]
    if (large := sizes.get(50_000)) and middle:
        growth, peak = _best(large[SCAN]) / _best(middle[SCAN]), _peak(large[SCAN])
        said += [
            (f"five times the pods take {growth:.2f} times as long (goal: at most 5)", growth <= 5),
            (f"the peak at 50,000 pods is {peak:.0f} MB (goal: under 1,024)", peak < 1024),
        ]
    return said


def _best(costs: list[Cost]) -> float:
    return min(cost.seconds for cost in costs)


def _peak(costs: list[Cost]) -> float:
    return max(cost.megabytes or 0 for cost in costs)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--pods", type=int, nargs="+", default=[1_000, 10_000, 50_000])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 110)
    sizes: dict[int, Rounds] = {}
    for pods in options.pods:
        with ApiServer() as server:
            with console.status(f"Making a cluster of {pods:,} pods"):
                store(server.etcd_url, world(pods))
            sizes[pods] = measure(server, pods, options.rounds, console)
            report(pods, sizes[pods], console)
    with tempfile.TemporaryDirectory() as folder:
        helped = min(command(["-m", "bot", "--help"], Path(folder)).seconds for _ in range(5))
    for sentence, met in goals(sizes, helped):
        console.print(f"{'met    ' if met else 'NOT met'}  {sentence}")


if __name__ == "__main__":
    main()

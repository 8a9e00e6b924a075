"""What questions about rights cost: 10,000 bindings, 2,000 roles and 5,000 subjects, beside a plain loop.

`python -m tests.bench.access` makes the world, indexes it in a process of its own (so that its memory is
known), then asks who can do each of many things. The baseline is what one would write first: for every
binding look at every rule of its role, with nothing built before. Both must name the same holders.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from random import Random
from typing import Any

from rich.console import Console
from rich.table import Table

from bot.commands.questions import answer
from bot.commands.review import Review
from checks.access.engine import decide, who_can
from checks.access.index import index
from checks.access.matching import Request, allows
from checks.access.subjects import MASTERS, named
from checks.cluster.snapshot import Snapshot
from checks.model import Subject
from tests.checks.access.rbac_objects import Doc, binding, role, rule
from tests.harness.fixture_snapshot import MOMENT, snapshot_of

BINDINGS, ROLES, SUBJECTS, SPACES = 10_000, 2_000, 5_000, 400
MAX_SECONDS, MAX_MEGABYTES, MAX_P99 = 1.0, 150.0, 50.0
MAX_REVIEW = 10.0
_RESOURCES = (
    "pods",
    "secrets",
    "configmaps",
    "services",
    "serviceaccounts",
    "endpoints",
    "pods/log",
    "pods/exec",
)
_VERBS = ("get", "list", "watch", "create", "update", "patch", "delete")


def world(seed: int = 7) -> list[Doc]:
    """A large cluster's RBAC: a few roles that most are bound to, many small ones, some wildcards."""
    random = Random(seed)
    docs: list[Doc] = [
        role("cluster-admin", rule("*", "*", "*"), rule("*", urls="*")),
        role("view", rule("get list watch", "core", " ".join(_RESOURCES[:-1])), _apps("get list watch")),
        role("edit", rule(" ".join(_VERBS), "core", " ".join(_RESOURCES)), _apps(" ".join(_VERBS))),
    ]
    docs += [_role(random, number) for number in range(ROLES - len(docs))]
    docs += [_binding(random, number) for number in range(BINDINGS)]
    return docs


def _apps(verbs: str) -> Doc:
    return rule(verbs, "apps batch", "deployments statefulsets daemonsets jobs cronjobs")


def _role(random: Random, number: int) -> Doc:
    rules = [_rule(random, number) for _ in range(random.randint(1, 6))]
    if number % 40 == 0:
        rules.append(rule("get", urls=f"/metrics/{number} /healthz"))
        return role(f"role-{number}", *rules)
    if number % 3:
        return role(f"role-{number}", *rules, namespace=f"ns-{number % SPACES}")
    return role(f"role-{number}", *rules)


def _rule(random: Random, number: int) -> Doc:
    verbs = " ".join(random.sample(_VERBS, random.randint(1, 4)))
    kind = random.random()
    if kind < 0.05:
        return rule(verbs, "*", "*")
    if kind < 0.2:
        return rule(
            verbs, f"group-{number % 60}.example", f"things-{number % 200} things-{number % 200}/status"
        )
    names = f"name-{number}" if kind < 0.4 else ""
    return rule(verbs, "core apps", " ".join(random.sample((*_RESOURCES, "deployments"), 3)), names)


def _binding(random: Random, number: int) -> Doc:
    subjects = [_subject(random) for _ in range(random.choice((1, 1, 1, 2, 5)))]
    where = f"ns-{number % SPACES}"
    if number % 20 == 0:
        to = "cluster-admin" if number % 2000 == 0 else f"role-{random.randrange(0, ROLES - 3, 3)}"
        return binding(f"b-{number}", to, *subjects)
    if number % 2:
        to = random.choice(("view", "edit"))
        return binding(f"b-{number}", to, *subjects, namespace=where, kind="ClusterRole")
    inside = [each for each in range(number % SPACES, ROLES - 3, SPACES) if each % 3]
    to = f"role-{random.choice(inside or [0])}"
    return binding(f"b-{number}", to, *subjects, namespace=where)


def _subject(random: Random) -> str:
    number = random.randrange(SUBJECTS)
    match number % 5:
        case 0 | 1 | 2:
            return f"sa:ns-{number % SPACES}/account-{number}"
        case 3:
            return f"user:user-{number}@example.com"
        case _:
            return f"group:oidc:team-{number}"


def requests(count: int, seed: int = 8) -> Iterator[Request]:
    """What is asked: common resources and rare ones, with and without namespace and name, and URLs."""
    random = Random(seed)
    for _ in range(count):
        verb = random.choice((*_VERBS, "deletecollection", "impersonate"))
        if random.random() < 0.05:
            yield Request("get", path=random.choice(("/healthz", "/metrics/40", "/version")))
            continue
        space = random.choice((None, None, "", f"ns-{random.randrange(SPACES)}"))
        name = random.choice(("", "", f"name-{random.randrange(ROLES)}"))
        if random.random() < 0.2:
            number = random.randrange(200)
            yield Request(verb, f"things-{number}", f"group-{number % 60}.example", "", name, space)
            continue
        resource, _, subresource = random.choice((*_RESOURCES, "nodes")).partition("/")
        yield Request(verb, resource, "", subresource, name, space)


def plain_loop(snapshot: Snapshot, request: Request) -> set[Subject]:
    """The baseline: every rule of every binding's role, nothing built before."""
    roles = {
        (kind, each.metadata.namespace or "", each.metadata.name): each
        for kind in ("Role", "ClusterRole")
        for each in snapshot.objects[kind]
    }
    found = {MASTERS}
    for kind in ("ClusterRoleBinding", "RoleBinding"):
        for each in snapshot.objects[kind]:
            where = each.metadata.namespace
            if where and (request.path or request.namespace not in (None, where)):
                continue
            reference = each.role_ref
            key = (reference.kind, "" if reference.kind == "ClusterRole" else where or "", reference.name)
            if key in roles and any(allows(rule, request) for rule in roles[key].rules or ()):
                found |= {who for subject in each.subjects or () if (who := named(subject, where))}
    return found


def _indexing() -> None:
    """In a process of its own: print its seconds, and the megabytes it needs at most."""
    snapshot = snapshot_of(*world())
    started = time.process_time()
    index(snapshot)
    seconds = time.process_time() - started
    again = snapshot_of(*world())
    tracemalloc.start()
    index(again)
    sys.stdout.write(f"{seconds} {tracemalloc.get_traced_memory()[1] / (1 << 20)}\n")


def measure(count: int, console: Console) -> dict[str, float]:
    """All figures of one run. Ends the benchmark where the engine and the baseline name different holders."""
    child = [sys.executable, "-m", "tests.bench.access", "--index"]
    runs = [
        subprocess.run(child, capture_output=True, text=True, check=True).stdout.split() for _ in range(3)
    ]
    figures = {"index": min(float(run[0]) for run in runs), "megabytes": max(float(run[1]) for run in runs)}
    snapshot = snapshot_of(*world())
    index(snapshot)
    asked = list(requests(count))
    counts, engine = _timed(asked, lambda request: len(who_can(snapshot, request).holders))
    some = [each for each in asked[::20] if each.resource != "nodes"]
    plain, loop = _timed(some, lambda request: plain_loop(snapshot, request))
    for request, theirs in zip(some, plain, strict=True):
        ours = {holder.subject for holder in who_can(snapshot, request).holders}
        if ours != theirs:
            sys.exit(f"{request}: {len(ours)} holders, and {len(theirs)} by the plain loop")
    pairs = list(zip(index(snapshot).subjects, asked, strict=False))
    _, yes_no = _timed(pairs, lambda pair: decide(snapshot, *pair))
    figures |= {
        "p50": statistics.median(engine),
        "p99": _p99(engine),
        "most": max(engine),
        "decide p99": _p99(yes_no),
        "loop p50": statistics.median(loop),
        "loop p99": _p99(loop),
    }
    started = time.process_time()
    reviewed = answer("bench", Review(), snapshot, MOMENT)
    figures["review"] = time.process_time() - started
    console.print(f"{len(reviewed.extra['privileged']):,} privileged subjects in one access review.")
    console.print(f"{len(asked):,} requests, up to {max(counts):,} holders in one answer.")
    return figures


def _timed(items: list[Any], ask: Any) -> tuple[list[Any], list[float]]:
    answers, times = [], []
    for item in items:
        started = time.process_time()
        answers.append(ask(item))
        times.append(time.process_time() - started)
    return answers, times


def _p99(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)]


def report(figures: dict[str, float], console: Console) -> None:
    """The table, and whether what was promised holds."""
    table = Table(title=f"{BINDINGS:,} bindings, {ROLES:,} roles, {SUBJECTS:,} subjects")
    for column in ("What", "median", "99th percentile", "most"):
        table.add_column(column, justify="left" if column == "What" else "right")
    milliseconds = {name: f"{value * 1000:.2f} ms" for name, value in figures.items()}
    table.add_row("who can", milliseconds["p50"], milliseconds["p99"], milliseconds["most"])
    table.add_row("plain loop over rules", milliseconds["loop p50"], milliseconds["loop p99"], "")
    table.add_row("can somebody, yes or no", "", milliseconds["decide p99"], "")
    console.print(table)
    for sentence, met in goals(figures):
        console.print(f"{'met    ' if met else 'NOT met'}  {sentence}")


def goals(figures: dict[str, float]) -> list[tuple[str, bool]]:
    """What was promised, with the figures of this run, and whether it holds."""
    seconds, megabytes, p99 = figures["index"], figures["megabytes"], figures["p99"] * 1000
    review = figures["review"]
    return [
        (f"the index is made in {seconds:.2f} s (goal: under {MAX_SECONDS:.0f})", seconds < MAX_SECONDS),
        (f"it takes {megabytes:.0f} MB (goal: under {MAX_MEGABYTES:.0f})", megabytes < MAX_MEGABYTES),
        (
            f"who can takes {p99:.1f} ms at the 99th percentile (goal: under {MAX_P99:.0f})",
            p99 < MAX_P99,
        ),
        (f"an access review takes {review:.1f} s (goal: under {MAX_REVIEW:.0f})", review < MAX_REVIEW),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.access", description=__doc__)
    parser.add_argument("--index", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--requests", type=int, default=2_000)
    options = parser.parse_args()
    if options.index:
        _indexing()
        return
    console = Console(width=None if sys.stdout.isatty() else 110)
    report(measure(options.requests, console), console)


if __name__ == "__main__":
    main()

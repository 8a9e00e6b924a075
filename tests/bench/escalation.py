"""What `escalate` costs for every service account of a large cluster, beside a plain loop.

`python -m tests.bench.escalation` asks the whole question: who reaches cluster-admin, in how many steps, what
to remove so that nobody does, that computed anew to be sure, and the picture. The baseline is the first thing
one would write, and only the first step of it: for every account a loop over all bindings and the rules of
their roles, nothing built before, to see what it holds. It follows no way. Both must name the same holders of
everything.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from random import Random

from rich.console import Console
from rich.table import Table

from bot.commands.escalate import Escalate, describe
from checks.access.escalation.ways import reaching
from checks.access.subjects import named
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Subject
from tests.checks.access.escalation.ways_of import RBAC, account, namespace, node, pod
from tests.checks.access.rbac_objects import Doc, binding, role, rule
from tests.harness.fixture_snapshot import snapshot_of

SPACES, ACCOUNTS, ROLES, BINDINGS = 200, 5_000, 2_000, 10_000
GOAL_SECONDS = 10.0
VERBS = ("get list", "create", "update patch", "get list watch create update patch delete", "*")
WHAT = (
    "pods",
    "secrets",
    "configmaps",
    "deployments",
    "serviceaccounts/token",
    "pods/exec",
    "roles",
    "rolebindings",
    "nodes/proxy",
)


def large(random: Random) -> Snapshot:
    """Most accounts hold something that leads on: far worse than a cluster is."""
    docs: list[Doc] = [node("cp", control_plane=True), role("cluster-admin", rule("*", "*", "*"))]
    docs += [namespace(f"ns-{number}", "baseline") for number in range(SPACES)]
    accounts = [f"ns-{number % SPACES}/sa-{number}" for number in range(ACCOUNTS)]
    for number, each in enumerate(accounts):
        name = each.partition("/")[2]
        docs += [account(each), pod(f"ns-{number % SPACES}/pod-{number}", name, f"node-{number % 100}")]
    groups = ("core", "apps", f"core apps {RBAC}")
    for number in range(ROLES):
        rules = [
            rule(
                random.choice(VERBS),
                random.choice(groups),
                random.choice(WHAT),
                random.choice(("", "", "x y")),
            )
            for _ in range(random.randint(1, 5))
        ]
        docs.append(role(f"role-{number}", *rules))
    for number in range(BINDINGS):
        who = [f"sa:{each}" for each in random.sample(accounts, random.randint(1, 2))]
        where = None if number % 50 == 0 else f"ns-{random.randrange(SPACES)}"
        to = f"role-{random.randrange(ROLES)}"
        docs.append(binding(f"binding-{number}", to, *who, namespace=where, kind="ClusterRole"))
    docs += [
        binding(f"admin-{number}", "cluster-admin", f"sa:{random.choice(accounts)}") for number in range(20)
    ]
    return snapshot_of(*docs)


def plain_loop(snapshot: Snapshot, subject: Subject) -> Iterator[tuple[str, o.PolicyRule]]:
    """The baseline: every rule that one account holds, and where; nothing built before."""
    for kind in ("ClusterRoleBinding", "RoleBinding"):
        for each in snapshot.objects[kind]:
            where = each.metadata.namespace or ""
            if not any(named(who, where) == subject for who in each.subjects or ()):
                continue
            for its in snapshot.objects[each.role_ref.kind]:
                if its.metadata.name == each.role_ref.name:
                    yield from ((where, rule) for rule in its.rules or ())


def measure(sample: int) -> dict[str, float]:
    """All figures of one run. Ends the benchmark where both name different holders of everything."""
    snapshot = large(Random(1))
    started = time.process_time()
    answer = describe(Escalate(), snapshot)
    took = time.process_time() - started
    found = {each.subject: each.acts for each in reaching(snapshot)}
    accounts = [Subject("ServiceAccount", f"sa-{n}", f"ns-{n % SPACES}") for n in range(ACCOUNTS)]
    admins = [each for each in accounts if found.get(each) == 0]
    asked = [*admins, *accounts[:: ACCOUNTS // sample]]
    started = time.process_time()
    holders = {each for each in asked if any(map(_everything, plain_loop(snapshot, each)))}
    loop = (time.process_time() - started) / len(asked)
    if holders != set(admins):
        sys.exit(f"{len(admins)} hold everything, and {len(holders)} by the plain loop")
    return {
        "seconds": took,
        "loop": loop * ACCOUNTS,
        "reach": float(len(found)),
        "remove": float(len(answer.extra["cut"].remove)),
    }


def _everything(held: tuple[str, o.PolicyRule]) -> bool:
    where, each = held
    return not where and all("*" in (part or ()) for part in (each.verbs, each.api_groups, each.resources))


def main() -> None:
    figures = measure(250)
    console = Console(width=None if sys.stdout.isatty() else 110)
    table = Table(
        title=f"{BINDINGS:,} bindings, {ROLES:,} roles, {ACCOUNTS:,} service accounts and as many pods"
    )
    table.add_column("What")
    table.add_column("seconds of the processor", justify="right")
    table.add_row("escalate: ways of all, the cut, proof, picture", f"{figures['seconds']:.2f}")
    table.add_row("plain loop: only what each account holds", f"{figures['loop']:.2f}")
    console.print(table)
    console.print(f"{figures['reach']:,.0f} reach cluster-admin; {figures['remove']:.0f} bindings to remove.")
    met = figures["seconds"] < GOAL_SECONDS
    console.print(f"{'met    ' if met else 'NOT met'}  escalate for all in under {GOAL_SECONDS:.0f} s")


if __name__ == "__main__":
    main()

"""Every account of a large cluster, within the time that is promised: 10 s for 10,000 bindings."""

from __future__ import annotations

import time
from random import Random

import pytest

from checks.access.escalation.ways import cheapest_for_all, holds, reaching
from checks.cluster.snapshot import Snapshot
from tests.checks.access.escalation.ways_of import RBAC, account, namespace, node, pod
from tests.checks.access.rbac_objects import Doc, binding, role, rule
from tests.harness.fixture_snapshot import snapshot_of

pytestmark = pytest.mark.slow

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


def test_ways_of_every_account_and_the_cut_of_all() -> None:
    snapshot = large(Random(1))
    started = time.process_time()
    found = reaching(snapshot)
    cut = cheapest_for_all(snapshot)
    took = time.process_time() - started
    assert len(found) > 1_000
    assert took < GOAL_SECONDS
    assert cut.complete
    assert holds(snapshot, cut.remove, [each.subject for each in found if not each.own])

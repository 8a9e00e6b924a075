"""What a scan keeps of ways to more rights: service accounts that reach cluster-admin, and what ends it."""

from __future__ import annotations

from typing import Any

from checks.model import Escalations
from checks.run import evaluate
from tests.checks.access.escalation.ways_of import account, namespace
from tests.checks.access.rbac_objects import binding, role, rule
from tests.harness.fixture_snapshot import snapshot_of


def scanned(*docs: Any, **missing: str) -> Escalations | None:
    return evaluate(snapshot_of(*docs, missing=missing), (), (), tool_version="1").escalations


DOCS = (
    namespace("ci"),
    *(account(f"ci/{name}") for name in ("runner", "deployer")),
    role("cluster-admin", rule("*", "*", "*"), rule("*", urls="*")),
    role("pods", rule("create", "core", "pods")),
    binding("deployer", "cluster-admin", "sa:ci/deployer"),
    binding("runner", "pods", "sa:ci/runner", "group:ci", namespace="ci", kind="ClusterRole"),
)


def test_service_accounts_that_reach_cluster_admin_are_kept_with_what_ends_it() -> None:
    found = scanned(*DOCS)
    assert found is not None
    assert (found.reaching, found.remove, found.holds) == (1, ("RoleBinding ci/runner",), True)
    ((first, second),) = found.ways
    assert (first.identity, first.technique) == ("ServiceAccount ci/runner", "E5")
    assert (first.gains, second.gains) == (second.identity, "cluster-admin")


def test_who_has_cluster_admin_already_is_not_counted_again() -> None:
    assert scanned(*DOCS[:-1]) == Escalations(0)


def test_nothing_is_said_where_something_that_matters_was_not_read() -> None:
    assert scanned(*DOCS, Secret="forbidden") is None

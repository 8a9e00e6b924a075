"""Bindings without effect, and why; what is only not known is not called so."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from checks.access.review.unused import unused
from checks.cluster.resources import BUILT_IN
from checks.cluster.snapshot import Snapshot
from tests.checks.access.escalation.ways_of import account, namespace
from tests.checks.access.rbac_objects import Doc, binding, cluster, role, rule

READER = role("reader", rule("get", "core", "secrets"))
HERE = (namespace("web"), account("web/shop"), READER)
STOCK = {"kubernetes.io/bootstrapping": "rbac-defaults"}


def told(snapshot: Snapshot) -> list[tuple[str, str | None, str, list[str]]]:
    return [
        (
            each.ref.name,
            str(each.subject) if each.subject else None,
            each.why.value,
            [privilege.id for privilege in each.would],
        )
        for each in unused(snapshot)
    ]


@pytest.mark.parametrize(
    ("subject", "why"),
    [
        ("sa:web/gone", "service account does not exist"),
        ("sa:gone/shop", "namespace does not exist"),
    ],
)
def test_an_account_that_is_not_there(subject: str, why: str) -> None:
    snapshot = cluster(*HERE, binding("b", "reader", subject, "sa:web/shop"))
    who = f"ServiceAccount {subject.removeprefix('sa:')}"
    assert told(snapshot) == [("b", who, why, ["read-secrets"])]


def test_users_and_groups_are_never_said_to_be_missing() -> None:
    assert told(cluster(*HERE, binding("b", "reader", "user:gone", "group:gone"))) == []


def test_a_role_that_is_not_there() -> None:
    snapshot = cluster(*HERE, binding("b", "gone", "user:alice"))
    assert told(snapshot) == [("b", None, "role does not exist", [])]


@pytest.mark.parametrize("subjects", [(), ("sa:shop",)], ids=["none", "an account without a namespace"])
def test_a_binding_that_names_nobody(subjects: tuple[str, ...]) -> None:
    snapshot = cluster(*HERE, binding("b", "reader", *subjects))
    assert told(snapshot) == [("b", None, "names nobody", ["read-secrets"])]


@pytest.mark.parametrize(
    "rules",
    [
        (),
        (rule("", "core", "pods"),),
        (rule("get", "core", "nodes"), rule("get", urls="/metrics")),
        (rule("list create", "core", "namespaces"),),
    ],
    ids=["no rules", "no verbs", "only of the cluster", "lists of namespaces"],
)
def test_a_role_that_grants_nothing_in_a_namespace(rules: tuple[Doc, ...]) -> None:
    snapshot = cluster(
        *HERE, role("idle", *rules), binding("b", "idle", "user:alice", namespace="web", kind="ClusterRole")
    )
    assert told(snapshot) == [("b", None, "role grants nothing here", [])]


@pytest.mark.parametrize(
    "rules",
    [
        (rule("get", "core", "nodes"), rule("get", "core", "pods")),
        (rule("get", "core", "namespaces"),),
        (rule("bind", "rbac.authorization.k8s.io", "clusterroles"),),
        (rule("get", "core", "secrets", "one"),),
        (rule("get", "*", "*"),),
    ],
)
def test_a_role_that_grants_something_in_a_namespace(rules: tuple[Doc, ...]) -> None:
    snapshot = cluster(
        *HERE, role("some", *rules), binding("b", "some", "user:alice", namespace="web", kind="ClusterRole")
    )
    assert told(snapshot) == []


def test_an_aggregated_role_that_waits_for_others_is_meant_to_be_empty() -> None:
    gathers = role("gathers") | {"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"to": "it"}}]}}
    assert told(cluster(*HERE, gathers, binding("b", "gathers", "user:alice"))) == []


@pytest.mark.parametrize(
    ("given", "served"),
    [
        (rule("get", "extensions", "deployments"), False),
        (rule("get", "core", "deployments"), False),
        (rule("get", "example.com", "*"), False),
        (rule("get", "*", "boats"), False),
        (rule("get", "apps", "deployments/scale"), True),
        (rule("get", "*", "pods"), True),
        (rule("approve", "certificates.k8s.io", "signers"), True),
        (rule("get", "core", "nodes/metrics"), True),
        (rule("get", "core", "*/scale"), True),
        (rule("get", urls="/metrics"), True),
    ],
)
def test_a_role_of_nothing_that_is_served(given: Doc, served: bool) -> None:
    snapshot = cluster(*HERE, role("some", given), binding("b", "some", "user:alice"))
    assert told(snapshot) == [], "without discovery it is not known"
    seeing = replace(snapshot, resources=BUILT_IN)
    expected: list[Any] = [] if served else [("b", None, "nothing it names is served", [])]
    assert told(seeing) == expected


def test_what_kubernetes_itself_binds_is_left_out() -> None:
    controller = "system:controller:job-controller"
    snapshot = cluster(
        *HERE,
        role(controller, rule("get", "core", "pods"), labels=STOCK),
        binding(controller, controller, "sa:kube-system/job-controller", labels=STOCK),
        role("system:node", rule("get", "core", "pods"), labels=STOCK),
        binding("system:node", "system:node", labels=STOCK),
    )
    assert told(snapshot) == []


def test_in_files_what_is_missing_is_only_not_known() -> None:
    docs = (*HERE, binding("a", "gone", "user:alice"), binding("b", "reader", "sa:web/gone"))
    assert told(cluster(*docs, source="manifests")) == []


def test_accounts_that_could_not_be_read_are_not_called_missing() -> None:
    snapshot = cluster(
        READER, binding("b", "reader", "sa:web/gone"), missing={"ServiceAccount": "no right to list it"}
    )
    assert told(snapshot) == []


def test_a_role_that_could_not_be_read_is_not_called_missing() -> None:
    snapshot = cluster(binding("b", "own", "user:alice"), missing={"ClusterRole": "no right to list it"})
    assert told(snapshot) == []


def test_what_would_give_most_comes_first() -> None:
    snapshot = cluster(
        *HERE,
        role("admin-like", rule("*", "*", "*")),
        binding("a", "reader", "sa:web/gone"),
        binding("b", "gone", "user:alice"),
        binding("z", "admin-like", "sa:web/gone"),
    )
    assert [each[0] for each in told(snapshot)] == ["z", "a", "b"]

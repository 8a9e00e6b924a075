"""Who counts as an admin of the cluster, who does not, and what the answer says it cannot know."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from checks.access import caveats
from checks.access.admins import cluster_admins, namespace_admins, not_counted
from checks.cluster.snapshot import Snapshot
from checks.model import AdminHolder
from tests.checks.access.rbac_objects import Doc, binding, cluster, role, rule

ALL = rule("*", "*", "*")
URLS = rule("*", urls="*")
ADMIN = role("cluster-admin", ALL, URLS)


def admins(*docs: Doc, **options: Any) -> dict[str, AdminHolder]:
    found = cluster_admins(cluster(*docs, **options))
    assert found[0].how == "implicit"
    assert str(found[0].subject) == "Group system:masters"
    return {str(holder.subject): holder for holder in found[1:]}


def said_by(snapshot: Snapshot) -> str:
    parts = (caveats.unread(snapshot), caveats.waiting(snapshot), caveats.beyond(snapshot))
    return " ".join(each for part in parts for each in part)


def test_system_masters_is_named_without_any_binding() -> None:
    (only,) = cluster_admins(cluster())
    assert only.because == ()
    assert "no binding takes it away" in only.note


def test_the_stock_binding_adds_nobody() -> None:
    snapshot = cluster(ADMIN, binding("cluster-admin", "cluster-admin", "group:system:masters"))
    (only,) = cluster_admins(snapshot)
    assert "also bound by ClusterRoleBinding cluster-admin" in only.note


def test_rule_29_by_name_and_by_content() -> None:
    found = admins(
        ADMIN,
        role("deploy-helper", rule("get", "core", "pods"), ALL, URLS),
        binding("break-glass", "cluster-admin", "user:alice", creationTimestamp="2025-06-30T16:02:51Z"),
        binding("helper", "deploy-helper", "sa:ci/deployer"),
    )
    alice, deployer = found["User alice"], found["ServiceAccount ci/deployer"]
    assert (alice.how, alice.created) == ("cluster-admin", datetime(2025, 6, 30, 16, 2, 51, tzinfo=UTC))
    assert deployer.how == "equivalent"
    assert [(each.role.name, each.rule) for each in deployer.because] == [("deploy-helper", 1)]


def test_every_resource_without_every_url_counts_and_says_so() -> None:
    found = admins(
        role("most", ALL),
        binding("most", "most", "user:alice", "user:bob"),
        role("urls", URLS),
        binding("urls", "urls", "user:bob"),
    )
    assert found["User alice"].note == "every resource, but not every non-resource URL"
    assert found["User bob"].note == ""


@pytest.mark.parametrize(
    "less",
    [
        rule("*", "apps", "*"),
        rule("get list watch create update patch delete", "*", "*"),
        rule("*", "*", "pods secrets"),
        rule("*", "*", "*", names="x"),
        rule("*", "*", "*/*"),
        URLS,
    ],
    ids=["one group", "named verbs", "named resources", "one name", "no wildcard", "urls only"],
)
def test_less_than_everything_is_no_admin(less: Doc) -> None:
    assert not admins(role("less", less), binding("less", "less", "user:alice"))


def test_a_role_of_that_name_with_less_in_it_is_no_admin() -> None:
    assert not admins(
        role("cluster-admin", rule("get", "core", "pods")), binding("b", "cluster-admin", "user:a")
    )


def test_one_holder_by_several_ways_is_listed_once() -> None:
    found = admins(
        ADMIN,
        role("other", ALL, URLS),
        binding("z", "other", "user:alice", creationTimestamp="2024-01-01T00:00:00Z"),
        binding("a", "cluster-admin", "user:alice", "user:alice", creationTimestamp="2025-01-01T00:00:00Z"),
    )
    assert {each.binding.name for each in found["User alice"].because} == {"a", "z"}
    assert found["User alice"].how == "cluster-admin"
    assert found["User alice"].created == datetime(2024, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("group", "note"),
    [
        ("system:authenticated", "EVERYONE who is authenticated"),
        ("system:unauthenticated", "anonymous"),
        ("system:serviceaccounts", "every service account of the cluster"),
        ("system:serviceaccounts:ci", "every service account in namespace ci"),
        ("kubeadm:cluster-admins", "kubeadm"),
    ],
)
def test_crowds_are_named_for_what_they_are(group: str, note: str) -> None:
    assert note in admins(ADMIN, binding("b", "cluster-admin", f"group:{group}"))[f"Group {group}"].note


def test_a_service_account_that_is_not_there_is_noted() -> None:
    bound = binding("b", "cluster-admin", "sa:ci/deployer")
    there = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "deployer", "namespace": "ci"},
    }
    name = "ServiceAccount ci/deployer"
    assert "does not exist" in admins(ADMIN, bound)[name].note
    assert admins(ADMIN, bound, there)[name].note == ""
    assert admins(ADMIN, bound, missing={"ServiceAccount": "403"})[name].note == ""


def test_a_role_binding_makes_a_namespace_admin_only() -> None:
    docs = (ADMIN, binding("owners", "cluster-admin", "user:priya", namespace="data", kind="ClusterRole"))
    assert not admins(*docs)
    (narrow,) = namespace_admins(cluster(*docs))
    assert (str(narrow.subject), narrow.namespace, narrow.because.binding.name) == (
        "User priya",
        "data",
        "owners",
    )
    assert any("User priya" in each and "data" in each for each in not_counted(cluster(*docs)))


def test_files_that_bind_the_built_in_role() -> None:
    found = admins(binding("helm", "cluster-admin", "sa:ci/helm"), source="manifests")
    assert found["ServiceAccount ci/helm"].how == "cluster-admin"


def test_a_time_that_is_none_is_left_out() -> None:
    found = admins(ADMIN, binding("b", "cluster-admin", "user:alice", creationTimestamp="last tuesday"))
    assert found["User alice"].created is None


def test_caveats_say_what_was_not_seen() -> None:
    said = said_by(cluster(missing={"ClusterRoleBinding": "403: may not list"}))
    assert (
        "ClusterRoleBinding objects could not be read (403: may not list): the answer is incomplete" in said
    )
    assert "RBAC is what was looked at" in said
    assert "certificate" in said


@pytest.mark.parametrize(("provider", "word"), [("eks", "AWS"), ("gke", "Google"), ("aks", "Entra")])
def test_caveats_know_the_clouds(provider: str, word: str) -> None:
    snapshot: Snapshot = cluster()
    assert word not in said_by(snapshot)
    cloud = replace(snapshot, cluster=replace(snapshot.cluster, provider=provider))
    assert word in said_by(cloud)


def test_caveats_name_waiting_bindings() -> None:
    waiting = [binding(f"velero-{n}", "velero-server", "sa:velero/velero") for n in range(7)]
    said = said_by(cluster(*waiting))
    assert "nothing for now: ClusterRoleBinding velero-0, ClusterRoleBinding velero-1, " in said
    assert "not in the files: what ClusterRoleBinding velero-0 may grant" in said_by(
        cluster(waiting[0], source="manifests")
    )


def test_roles_that_could_not_be_read_are_not_missing_and_cluster_admin_is_taken_to_be_what_it_is() -> None:
    docs = (binding("b", "cluster-admin", "user:alice"), binding("c", "unknown", "user:bob"))
    forbidden = {"ClusterRole": "403: may not list"}
    assert admins(*docs, missing=forbidden)["User alice"].how == "cluster-admin"
    said = said_by(cluster(*docs, missing=forbidden))
    assert "the answer is incomplete" in said
    assert "does not exist" not in said

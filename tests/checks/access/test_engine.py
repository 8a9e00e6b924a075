"""The numbered rules of who can: scopes, subjects, groups, what is missing, what could not be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.access.engine import Grants, Holder, subject_rules, who_can
from checks.access.matching import Request
from checks.access.subjects import MASTERS
from checks.cluster.manifests import read_manifests
from checks.model import ObjectRef, Subject
from tests.checks.access.rbac_objects import Doc, binding, cluster, role, rule
from tests.harness.fixture_snapshot import MOMENT

READER = role("reader", rule("get list", "core", "pods nodes namespaces secrets"))
LIST_PODS = Request("list", "pods")


def holders(request: Request, *docs: Doc) -> dict[str, Holder]:
    """The holders besides system:masters, by subject."""
    found = who_can(cluster(*docs), request).holders
    assert found[0].subject == MASTERS
    return {str(holder.subject): holder for holder in found[1:]}


def test_rule_13_a_role_binding_grants_nothing_outside_of_namespaces() -> None:
    docs = (READER, binding("b", "reader", "user:alice", namespace="web", kind="ClusterRole"))
    assert not holders(Request("list", "nodes"), *docs)
    assert not holders(Request("list", "nodes", namespace=""), *docs)
    assert not holders(Request("get", path="/metrics"), *docs)
    assert holders(LIST_PODS, *docs)


def test_rule_14_a_role_binding_grants_nothing_in_another_namespace() -> None:
    docs = (READER, binding("b", "reader", "user:alice", namespace="web", kind="ClusterRole"))
    assert not holders(Request("list", "pods", namespace="data"), *docs)
    assert not holders(Request("list", "pods", namespace=""), *docs)


def test_rule_15_a_cluster_role_by_role_binding_reaches_that_namespace() -> None:
    docs = (READER, binding("b", "reader", "user:alice", namespace="web", kind="ClusterRole"))
    assert holders(LIST_PODS, *docs)["User alice"].scope == ("web",)


def test_rule_16_a_role_binding_may_allow_to_get_its_own_namespace() -> None:
    docs = (READER, binding("b", "reader", "user:alice", namespace="web", kind="ClusterRole"))
    assert holders(Request("get", "namespaces", name="web"), *docs)["User alice"].scope == ("web",)
    assert not holders(Request("get", "namespaces", name="data"), *docs)
    assert not holders(Request("list", "namespaces"), *docs)


def test_rule_17_a_cluster_role_binding_grants_everywhere() -> None:
    docs = (READER, binding("b", "reader", "user:alice"))
    for namespace in (None, "", "web"):
        found = holders(Request("list", "pods", namespace=namespace), *docs)
        assert found["User alice"].scope == "cluster"


def test_rule_18_rules_do_not_combine() -> None:
    split = role("split", rule("get", "core", "secrets"), rule("list", "core", "pods"))
    assert not holders(Request("list", "secrets"), split, binding("b", "split", "user:alice"))


def test_rule_19_a_service_account_without_namespace_is_of_the_bindings() -> None:
    docs = (READER, binding("b", "reader", "sa:shop", namespace="web", kind="ClusterRole"))
    assert "ServiceAccount web/shop" in holders(LIST_PODS, *docs)
    assert not holders(LIST_PODS, READER, binding("b", "reader", "sa:shop"))


def test_rule_20_a_user_named_as_a_service_account_is_it() -> None:
    docs = (READER, binding("b", "reader", "user:system:serviceaccount:web:shop", "sa:web/shop"))
    assert list(holders(LIST_PODS, *docs)) == ["ServiceAccount web/shop"]


@pytest.mark.parametrize(
    ("group", "user", "allowed"),
    [
        ("system:serviceaccounts", "system:serviceaccount:web:shop", True),
        ("system:serviceaccounts:web", "system:serviceaccount:web:shop", True),
        ("system:serviceaccounts:web", "system:serviceaccount:data:shop", False),
        ("system:authenticated", "system:serviceaccount:web:shop", True),
        ("system:authenticated", "alice", True),
        ("system:authenticated", "system:anonymous", False),
        ("system:unauthenticated", "system:anonymous", True),
    ],
)
def test_rules_21_and_22_implicit_groups(group: str, user: str, allowed: bool) -> None:
    snapshot = cluster(READER, binding("b", "reader", f"group:{group}"))
    kind, _, rest = user.rpartition("serviceaccount:")
    who = Subject("User", user)
    if kind:
        namespace, _, name = rest.partition(":")
        who = Subject("ServiceAccount", name, namespace)
    assert bool(subject_rules(snapshot, who)) is allowed


def test_rules_23_and_24_system_masters_is_always_there() -> None:
    (only,) = who_can(cluster(), LIST_PODS).holders
    assert only == Holder(MASTERS, "cluster", (), implicit=True)


def test_system_masters_is_named_once_though_it_is_bound() -> None:
    found = who_can(cluster(READER, binding("b", "reader", "group:system:masters")), LIST_PODS).holders
    assert [(each.subject, each.implicit, len(each.because)) for each in found] == [(MASTERS, True, 1)]


def test_rule_25_a_missing_role_grants_nothing_and_is_told() -> None:
    grants = who_can(
        cluster(READER, binding("gone", "nowhere", "user:bob"), binding("b", "reader", "user:alice")),
        LIST_PODS,
    )
    assert [str(each.subject) for each in grants.holders[1:]] == ["User alice"]
    (dangling,) = grants.dangling
    assert dangling.role == ObjectRef("ClusterRole", "nowhere")
    assert dangling.binding.metadata.name == "gone"


def test_a_role_of_another_namespace_is_missing() -> None:
    docs = (
        role("reader", rule("list", "core", "pods"), namespace="data"),
        binding("b", "reader", "user:alice", namespace="web"),
    )
    grants = who_can(cluster(*docs), LIST_PODS)
    assert len(grants.holders) == 1
    assert grants.dangling[0].role == ObjectRef("Role", "reader", "web")


AGGREGATED = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: gathers, labels: {gather: "again"}}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {gather: "yes"}}]}
rules: [{apiGroups: [""], resources: [secrets], verbs: [list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: gathers-again}
aggregationRule: {clusterRoleSelectors: [{matchExpressions: [{key: gather, operator: In, values: [again]}]}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: source, labels: {gather: "yes"}}
rules: [{apiGroups: [""], resources: [pods], verbs: [list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: more-for-view, labels: {rbac.authorization.k8s.io/aggregate-to-view: "true"}}
rules: [{apiGroups: [shop.example], resources: [carts], verbs: [list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: b}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: gathers-again}
subjects: [{kind: User, name: alice}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: editors, namespace: web}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
subjects: [{kind: User, name: bob}]
"""


def offline(tmp_path: Path, request: Request) -> list[str]:
    (tmp_path / "roles.yaml").write_text(AGGREGATED)
    grants = who_can(read_manifests(tmp_path, version=None, now=MOMENT), request)
    return [str(each.subject) for each in grants.holders[1:]]


def test_rule_26_files_aggregate_to_the_end(tmp_path: Path) -> None:
    assert offline(tmp_path, LIST_PODS) == ["User alice", "User bob"]


def test_rule_27_an_aggregating_roles_own_rules_do_not_count(tmp_path: Path) -> None:
    assert "User alice" not in offline(tmp_path, Request("list", "secrets"))


def test_files_may_bind_and_extend_the_built_in_roles(tmp_path: Path) -> None:
    assert offline(tmp_path, Request("create", "deployments", "apps")) == ["User bob"]
    assert offline(tmp_path, Request("list", "carts", "shop.example")) == ["User bob"]


def test_rule_28_order_and_duplicates_do_not_matter() -> None:
    docs = [
        READER,
        binding("b", "reader", "user:bob", "user:alice", "user:bob"),
        binding("a", "reader", "user:bob"),
    ]
    one, other = who_can(cluster(*docs), LIST_PODS), who_can(cluster(*reversed(docs)), LIST_PODS)
    assert one == other
    assert [str(each.subject) for each in one.holders[1:]] == ["User alice", "User bob"]
    assert [because.binding.name for because in one.holders[2].because] == ["a", "b"]


def test_a_right_everywhere_is_wider_than_one_in_a_namespace() -> None:
    docs = (
        READER,
        binding("b", "reader", "user:alice"),
        binding("c", "reader", "user:alice", namespace="web", kind="ClusterRole"),
    )
    holder = holders(LIST_PODS, *docs)["User alice"]
    assert holder.scope == "cluster"
    assert len(holder.because) == 2


def test_rule_38_every_holder_comes_with_binding_role_and_rule() -> None:
    docs = (
        role(
            "mixed",
            rule("get", "apps", "deployments"),
            rule("list", "core", "pods"),
            namespace="web",
            uid="r1",
        ),
        binding("b", "mixed", "user:alice", namespace="web", uid="b1"),
    )
    (because,) = holders(LIST_PODS, *docs)["User alice"].because
    assert because.binding == ObjectRef("RoleBinding", "b", "web", "b1")
    assert because.role == ObjectRef("Role", "mixed", "web", "r1")
    assert because.rule == 1


@pytest.mark.parametrize("kind", ["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"])
def test_rule_40_what_could_not_be_read_makes_the_answer_incomplete(kind: str) -> None:
    grants = who_can(cluster(missing={kind: "403: may not list"}), LIST_PODS)
    assert not grants.complete
    assert [(each.kind, each.reason) for each in grants.unread] == [(kind, "403: may not list")]
    assert who_can(cluster(), LIST_PODS).complete


def test_binding_a_cluster_role_is_asked_for_in_a_namespace() -> None:
    binder = role("binder", rule("bind", "rbac.authorization.k8s.io", "clusterroles"))
    docs = (binder, binding("b", "binder", "user:alice", namespace="web", kind="ClusterRole"))
    request = Request("bind", "clusterroles", "rbac.authorization.k8s.io", name=None)
    assert holders(request, *docs)["User alice"].scope == ("web",)


def test_subjects_of_other_kinds_and_empty_bindings_grant_nothing() -> None:
    odd = binding("b", "reader", "user:alice")
    odd["subjects"] = [{"kind": "Robot", "name": "r2"}, {}]
    none = binding("c", "reader")
    del none["subjects"]
    assert not holders(LIST_PODS, READER, odd, none)


def test_ten_thousand_bindings_answer_at_once() -> None:
    docs = [READER, *(binding(f"b{n}", "reader", f"user:u{n}") for n in range(10_000))]
    snapshot = cluster(*docs)
    grants: Grants = who_can(snapshot, LIST_PODS)
    assert len(grants.holders) == 10_001

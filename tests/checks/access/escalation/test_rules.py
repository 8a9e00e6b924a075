"""The numbered rules about ways to more rights."""

from __future__ import annotations

import pytest

from checks.access.escalation.places import Granted
from checks.access.subjects import MASTERS
from tests.checks.access.escalation.ways_of import RBAC, account, namespace, pod, told, way, ways
from tests.checks.access.rbac_objects import binding, cluster, role, rule

EVERYTHING = role("cluster-admin", rule("*", "*", "*"), rule("*", urls="*"))
EDIT = role(
    "edit",
    rule("create delete update patch", "core", "pods pods/exec secrets serviceaccounts"),
    rule("get list watch", "core", "secrets"),
    rule("impersonate", "core", "serviceaccounts"),
    rule("create", "core", "serviceaccounts/token"),
    rule("create update patch", "apps", "deployments"),
)


def test_rule_30_edit_in_a_namespace_is_every_account_of_it() -> None:
    docs = (
        namespace("web"),
        EDIT,
        binding("b", "edit", "user:alice", namespace="web", kind="ClusterRole"),
        *(account(each) for each in ("web/a", "web/b", "data/c")),
    )
    for reached in ("sa:web/a", "sa:web/b"):
        assert len(ways("user:alice", *docs, goal=reached)) == 1
    assert not ways("user:alice", *docs, goal="sa:data/c")


@pytest.mark.parametrize("techniques", [("E4", "E5", "E9", "E10")])
def test_rule_30_by_each_of_its_rights(techniques: tuple[str, ...]) -> None:
    docs = (
        namespace("web"),
        EDIT,
        binding("b", "edit", "user:alice", namespace="web", kind="ClusterRole"),
        account("web/a"),
    )
    found = way(cluster(*docs), "user:alice", "sa:web/a")
    assert found
    assert set(techniques) <= {found.steps[0].move.technique, *found.steps[0].move.also}


def test_rule_31_escalate_without_writing_roles_is_no_way() -> None:
    permit = role("permit", rule("escalate", RBAC, "clusterroles roles"))
    write = role("write", rule("update", RBAC, "clusterroles"))
    alone = (EVERYTHING, permit, binding("p", "permit", "user:alice"))
    assert not ways("user:alice", *alone)
    both = (*alone, write, binding("w", "write", "user:alice"))
    assert ways("user:alice", *both) == ["E2 → cluster-admin"]
    assert not ways("user:alice", EVERYTHING, write, binding("w", "write", "user:alice"))


def test_rule_31_creating_a_role_is_one_only_if_it_takes_effect() -> None:
    """A new role must be bound already, by a binding that waits for it or by a role that gathers it."""
    rights = role("rights", rule("create escalate", RBAC, "clusterroles"))
    gathering = role("gathering") | {
        "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"to": "gathering"}}]}
    }
    docs = (EVERYTHING, rights, binding("b", "rights", "user:alice"))
    assert not ways("user:alice", *docs)
    bound = binding("g", "gathering", "user:alice")
    assert ways("user:alice", *docs, gathering, bound) == ["E2 → cluster-admin"]
    waiting = binding("w", "not-there", "user:alice")
    assert ways("user:alice", *docs, waiting) == ["E2 → cluster-admin"]


def test_rule_31_escalate_by_name_does_not_help_where_no_name_is_asked() -> None:
    """A role that is being created has no name yet (pkg/registry/rbac/escalation_check.go)."""
    rights = role(
        "rights",
        rule("create", RBAC, "clusterroles"),
        rule("escalate", RBAC, "clusterroles", names="not-there"),
    )
    docs = (EVERYTHING, rights, binding("b", "rights", "user:alice"), binding("w", "not-there", "user:alice"))
    assert not ways("user:alice", *docs)


def test_rule_32_bind_of_one_role_reaches_that_role_only() -> None:
    view = role("view", rule("list", "core", "pods secrets"))
    binder = role(
        "binder",
        rule("create", RBAC, "clusterrolebindings"),
        rule("bind", RBAC, "clusterroles", names="view"),
    )
    docs = (EVERYTHING, view, binder, binding("b", "binder", "user:alice"))
    assert not ways("user:alice", *docs)
    reached = Granted(("ClusterRole", "", "view"), None)
    assert ways("user:alice", *docs, goal=reached) == ["E3 → the rights of ClusterRole view everywhere"]


def test_rule_32_bind_of_any_role_is_cluster_admin() -> None:
    binder = role("binder", rule("create", RBAC, "clusterrolebindings"), rule("bind", RBAC, "clusterroles"))
    docs = (EVERYTHING, binder, binding("b", "binder", "user:alice"))
    assert ways("user:alice", *docs) == [
        "E3 → the rights of ClusterRole cluster-admin everywhere",
        "E1 → cluster-admin",
    ]
    inside = binding("b", "binder", "user:alice", namespace="web", kind="ClusterRole")
    assert not ways("user:alice", EVERYTHING, binder, inside)


def test_rule_32_bind_without_writing_bindings_is_no_way() -> None:
    binder = role("binder", rule("bind", RBAC, "clusterroles"))
    assert not ways("user:alice", EVERYTHING, binder, binding("b", "binder", "user:alice"))


def test_rule_33_own_roles_and_bindings_give_no_more_than_is_held() -> None:
    writer = role(
        "writer", rule("create update patch", RBAC, "roles rolebindings clusterroles clusterrolebindings")
    )
    docs = (EVERYTHING, writer, binding("b", "writer", "user:alice"))
    assert not ways("user:alice", *docs)


@pytest.mark.parametrize("verb", ["get", "create", "update", "patch", "delete"])
def test_rule_34_the_proxy_of_nodes_is_every_pod(verb: str) -> None:
    proxy = role("proxy", rule(verb, "core", "nodes/proxy"))
    docs = (
        proxy,
        binding("b", "proxy", "user:alice"),
        account("web/shop"),
        pod("web/shop-0", "shop"),
    )
    assert ways("user:alice", *docs, goal="sa:web/shop") == ["E12 → ServiceAccount web/shop"]


def test_rule_35_any_group_is_system_masters() -> None:
    rights = role("rights", rule("impersonate", "core", "users groups"))
    found = way(cluster(rights, binding("b", "rights", "user:alice")), "user:alice")
    assert told(found) == ["E4 → cluster-admin"]
    assert found
    names = [each.request.name for each in found.steps[0].permissions]
    assert names == ["anybody", MASTERS.name]


def test_rule_35_a_group_takes_a_user_to_go_with_it() -> None:
    groups = role("groups", rule("impersonate", "core", "groups"))
    assert not ways("user:alice", groups, binding("b", "groups", "user:alice"))
    one = role("one", rule("impersonate", "core", "serviceaccounts", names="robot"))
    docs = (groups, one, binding("b", "groups", "user:alice"), account("web/robot"))
    inside = binding("c", "one", "user:alice", namespace="web", kind="ClusterRole")
    assert ways("user:alice", *docs, inside) == ["E4 → cluster-admin"]


def test_rule_35_named_groups_are_those() -> None:
    rights = role(
        "rights",
        rule("impersonate", "core", "users"),
        rule("impersonate", "core", "groups", names="sre"),
    )
    docs = (EVERYTHING, rights, binding("b", "rights", "user:alice"))
    assert not ways("user:alice", *docs)
    assert ways("user:alice", *docs, binding("c", "cluster-admin", "group:sre")) == [
        "E4 → Group sre",
        "E1 → cluster-admin",
    ]


AS = rule("impersonate:user-info", "authentication.k8s.io", "users", names="boss")
ON = rule("impersonate-on:user-info:create", RBAC, "clusterrolebindings")
BIND_ON = rule("impersonate-on:user-info:bind", RBAC, "clusterroles")


@pytest.mark.parametrize(
    ("rules", "steps"),
    [
        ((ON, BIND_ON), []),
        ((AS,), []),
        ((AS, ON), ["E4 → User boss (constrained: user-info)", "E3 → the rights of", "E1 → cluster-admin"]),
    ],
    ids=["on alone", "whom alone", "both"],
)
def test_rule_36_constrained_impersonation_takes_both(
    rules: tuple[dict[str, object], ...], steps: list[str]
) -> None:
    rights = role("rights", *rules)
    docs = (
        EVERYTHING,
        rights,
        binding("b", "rights", "user:alice"),
        binding("c", "cluster-admin", "user:boss"),
    )
    found = ways("user:alice", *docs)
    assert len(found) == len(steps)
    assert all(step.startswith(start) for step, start in zip(found, steps, strict=True))


def test_rule_36_a_lens_lets_through_only_what_may_be_used() -> None:
    rights = role("rights", AS, rule("impersonate-on:user-info:get", "core", "pods"))
    docs = (
        EVERYTHING,
        rights,
        binding("b", "rights", "user:alice"),
        binding("c", "cluster-admin", "user:boss"),
    )
    assert not ways("user:alice", *docs)


def test_rule_37_listing_secrets_is_reading_them() -> None:
    from tests.checks.access.escalation.ways_of import secret

    for verb in ("get", "list", "watch"):
        reader = role("reader", rule(verb, "core", "secrets"))
        docs = (
            reader,
            binding("b", "reader", "user:alice", namespace="web", kind="ClusterRole"),
            account("web/robot"),
            secret("web/robot-token", "robot"),
        )
        assert ways("user:alice", *docs, goal="sa:web/robot") == ["E11 → ServiceAccount web/robot"]

"""Every way of the catalogue: that it is one, and what it takes that it is none without."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from checks.access.escalation.catalogue import CATALOGUE
from checks.access.escalation.places import NodeIdentity, NodeRoot
from tests.checks.access.escalation.ways_of import (
    RBAC,
    account,
    namespace,
    node,
    pod,
    secret,
    told,
    way,
    ways,
)
from tests.checks.access.rbac_objects import Doc, binding, cluster, role, rule

EVERYTHING = role("cluster-admin", rule("*", "*", "*"), rule("*", urls="*"))
CERTIFICATES = "certificates.k8s.io"
ROOT = NodeRoot(None)


def holding(*rules: Doc, where: str | None = None) -> tuple[Doc, Doc]:
    """The user alice with these rules."""
    kind = "ClusterRole" if where else ""
    return role("rights", *rules), binding("rights", "rights", "user:alice", namespace=where, kind=kind)


def test_the_catalogue_is_e1_to_e23_and_what_a_node_and_others_are_worth() -> None:
    assert [*CATALOGUE] == [*(f"E{number}" for number in range(1, 24)), "NODE", "WAIT"]


def test_e1_a_role_with_everything_by_whatever_name() -> None:
    assert ways("user:alice", *holding(rule("*", "*", "*"))) == ["E1 → cluster-admin"]
    assert not ways("user:alice", *holding(rule("*", "*", "*"), where="web"))


@pytest.mark.parametrize(
    ("verb", "group", "resource"),
    [
        ("create", "core", "pods"),
        ("patch", "apps", "deployments"),
        ("update", "apps", "daemonsets"),
        ("create", "batch", "cronjobs"),
        ("create", "batch", "jobs"),
        ("update", "core", "replicationcontrollers"),
    ],
)
def test_e5_starting_pods_is_every_account_of_the_namespace(verb: str, group: str, resource: str) -> None:
    docs = (namespace("web"), account("web/shop"), account("data/db"))
    mine = holding(rule(verb, group, resource), where="web")
    assert ways("user:alice", *docs, *mine, goal="sa:web/shop") == ["E5 → ServiceAccount web/shop"]
    assert not ways("user:alice", *docs, *mine, goal="sa:data/db")
    everywhere = holding(rule(verb, group, resource))
    assert ways("user:alice", *docs, *everywhere, goal="sa:data/db")


def test_e5_a_job_that_is_there_keeps_its_template() -> None:
    docs = (
        namespace("web"),
        account("web/shop"),
        *holding(rule("update patch", "batch", "jobs"), where="web"),
    )
    assert not ways("user:alice", *docs, goal="sa:web/shop")


def test_e5_create_limited_to_names_takes_patch_of_them_too() -> None:
    """A plain create carries no name; server-side apply does, and asks for both verbs."""
    docs = (namespace("web"), account("web/shop"))
    alone = holding(rule("create", "core", "pods", names="x"), where="web")
    assert not ways("user:alice", *docs, *alone, goal="sa:web/shop")
    both = holding(rule("create patch", "core", "pods", names="x"), where="web")
    assert ways("user:alice", *docs, *both, goal="sa:web/shop") == ["E5 → ServiceAccount web/shop"]


CREATE_X = rule("create", "core", "pods", names="x")


@pytest.mark.parametrize(
    ("patch", "where", "possible"),
    [
        (rule("patch", "core", "pods", names="x"), "web", True),
        (rule("patch", "core", "pods"), None, True),
        (rule("patch", "core", "pods", names="y"), "web", False),
        (rule("patch", "core", "pods"), "data", False),
        (rule("update", "core", "pods"), "web", False),
    ],
)
def test_e5_create_of_a_name_and_patch_of_it_by_two_rules(
    patch: Doc, where: str | None, possible: bool
) -> None:
    docs = (namespace("web"), account("web/shop"))
    split = (
        role("patch", patch),
        binding("patch", "patch", "user:alice", namespace=where, kind="ClusterRole"),
    )
    found = way(cluster(*docs, *holding(CREATE_X, where="web"), *split), "user:alice", "sa:web/shop")
    assert bool(found) is possible
    for permission, verb in zip(
        found.steps[0].permissions if found else (), ("create", "patch"), strict=False
    ):
        request = permission.request
        assert (request.verb, request.name, request.namespace) == (verb, "x", "web")
    if found:
        assert {str(cut) for cut in found.cuts} == {
            "RoleBinding web/rights",
            f"RoleBinding {where}/patch" if where else "ClusterRoleBinding patch",
        }
    if where == "web":
        together = holding(CREATE_X, patch, where="web")
        assert bool(ways("user:alice", *docs, *together, goal="sa:web/shop")) is possible


def test_e2_e3_roles_and_bindings_of_a_name_are_made_by_update_too() -> None:
    bind = rule("bind", RBAC, "clusterroles", names="cluster-admin")
    make = rule("create", RBAC, "clusterrolebindings", names="mine")
    put = rule("update", RBAC, "clusterrolebindings", names="mine")
    assert not ways("user:alice", EVERYTHING, *holding(bind, make))
    assert ways("user:alice", EVERYTHING, *holding(bind, make, put))[-1:] == ["E1 → cluster-admin"]
    taken = binding("mine", "cluster-admin", "user:boss")
    found = way(cluster(EVERYTHING, taken, *holding(bind, make, put)), "user:alice")
    assert found
    assert found.steps[0].uses == "ClusterRoleBinding mine"


def test_e2_a_role_that_is_waited_for_is_made_by_its_name() -> None:
    waiting = binding("waiting", "planned", "user:alice")
    make = rule("create", RBAC, "clusterroles")
    permit = rule("escalate", RBAC, "clusterroles", names="planned")
    assert not ways("user:alice", waiting, *holding(make, permit))
    change = rule("patch", RBAC, "clusterroles", names="planned")
    found = way(cluster(waiting, *holding(make, permit, change)), "user:alice")
    assert told(found) == ["E2 → cluster-admin"]
    assert found
    assert {(each.request.verb, each.request.name) for each in found.steps[0].permissions} == {
        ("create", "planned"),
        ("escalate", "planned"),
        ("patch", "planned"),
    }


def test_e10_a_token_is_ordered_under_a_name_that_is_free_and_can_be_read() -> None:
    docs = (account("web/shop"), secret("web/old", "other"))
    order = rule("create", "core", "secrets")
    for names, possible in (("old", False), ("new", True), ("old new", True)):
        mine = holding(order, rule("get", "core", "secrets", names=names), where="web")
        assert bool(ways("user:alice", *docs, *mine, goal="sa:web/shop")) is possible
    named = holding(
        rule("create patch", "core", "secrets", names="a"), rule("get", "core", "secrets", names="b")
    )
    assert not ways("user:alice", *docs, *named, goal="sa:web/shop")


@pytest.mark.parametrize(("level", "taken"), [("", True), ("privileged", True), ("baseline", False)])
def test_e5_takes_the_node_where_pod_security_refuses_no_pod(level: str, taken: bool) -> None:
    docs = (namespace("web", level), *holding(rule("create", "core", "pods"), where="web"))
    assert bool(ways("user:alice", *docs, goal=ROOT)) is taken


def test_e17_whoever_may_label_the_namespace_lifts_that() -> None:
    docs = (namespace("web"), *holding(rule("create", "core", "pods"), where="web"))
    label = role("label", rule("patch", "core", "namespaces"))
    assert not ways("user:alice", *docs, goal=ROOT)
    inside = binding("label", "label", "user:alice", namespace="web", kind="ClusterRole")
    assert ways("user:alice", *docs, label, inside, goal=ROOT) == ["E17 → root on any node"]
    elsewhere = binding("label", "label", "user:alice", namespace="data", kind="ClusterRole")
    assert not ways("user:alice", *docs, label, elsewhere, goal=ROOT)


def test_e15_a_volume_takes_the_node_past_pod_security() -> None:
    docs = (
        namespace("web"),
        *holding(rule("create", "core", "pods persistentvolumeclaims"), where="web"),
    )
    volumes = (
        role("volumes", rule("create", "core", "persistentvolumes")),
        binding("v", "volumes", "user:alice"),
    )
    assert not ways("user:alice", *docs, goal=ROOT)
    assert ways("user:alice", *docs, *volumes, goal=ROOT) == ["E15 → root on any node"]


@pytest.mark.parametrize(
    ("technique", "rights"),
    [
        ("E6", rule("create", "core", "pods/exec")),
        ("E6", rule("create", "core", "pods/attach")),
        ("E7", rule("patch", "core", "pods/ephemeralcontainers")),
        ("E8", rule("update", "core", "pods")),
    ],
)
def test_e6_to_e8_reach_the_accounts_of_existing_pods_with_a_token(technique: str, rights: Doc) -> None:
    docs = (
        *(account(f"web/{name}") for name in ("running", "idle", "silent", "done")),
        pod("web/a", "running"),
        pod("web/b", "silent", automountServiceAccountToken=False),
        pod("web/c", "done") | {"status": {"phase": "Succeeded"}},
        *holding(rights, where="web"),
    )
    assert ways("user:alice", *docs, goal="sa:web/running") == [f"{technique} → ServiceAccount web/running"]
    for other in ("idle", "silent", "done"):
        assert not ways("user:alice", *docs, goal=f"sa:web/{other}")


def test_e6_by_name_reaches_that_pod_only() -> None:
    docs = (account("web/x"), account("web/y"), pod("web/a", "x"), pod("web/b", "y"))
    mine = holding(rule("create", "core", "pods/exec", names="a"), where="web")
    found = way(cluster(*docs, *mine), "user:alice", "sa:web/x")
    assert found
    request = found.steps[0].permissions[0].request
    assert (request.verb, request.namespace, request.name) == ("create", "web", "a")
    assert not ways("user:alice", *docs, *mine, goal="sa:web/y")


def test_e6_into_a_privileged_pod_takes_its_node() -> None:
    privileged: dict[str, Any] = {
        "containers": [{"name": "app", "image": "x", "securityContext": {"privileged": True}}]
    }
    docs = (
        pod("web/a", node="node-7", **privileged),
        *holding(rule("create", "core", "pods/exec"), where="web"),
    )
    assert ways("user:alice", *docs, goal=NodeRoot("node-7")) == ["E6 → root on node node-7"]


@pytest.mark.parametrize("names", ["", "shop"])
def test_e9_a_token_of_an_account(names: str) -> None:
    docs = (account("web/shop"), account("web/other"))
    mine = holding(rule("create", "core", "serviceaccounts/token", names=names), where="web")
    found = way(cluster(*docs, *mine), "user:alice", "sa:web/shop")
    assert told(found) == ["E9 → ServiceAccount web/shop"]
    assert found
    assert found.steps[0].permissions[0].request.name == "shop"
    assert bool(ways("user:alice", *docs, *mine, goal="sa:web/other")) is (not names)


def test_e10_ordering_a_token_takes_reading_it_too() -> None:
    docs = (account("web/shop"), *holding(rule("create", "core", "secrets"), where="web"))
    assert not ways("user:alice", *docs, goal="sa:web/shop")
    read = (
        role("read", rule("get", "core", "secrets")),
        binding("read", "read", "user:alice", namespace="web", kind="ClusterRole"),
    )
    assert ways("user:alice", *docs, *read, goal="sa:web/shop") == ["E10 → ServiceAccount web/shop"]


def test_e11_reads_the_tokens_that_are_there() -> None:
    docs = (account("web/a"), account("web/b"), secret("web/a-token", "a"))
    mine = holding(rule("get", "core", "secrets"), where="web")
    assert ways("user:alice", *docs, *mine, goal="sa:web/a") == ["E11 → ServiceAccount web/a"]
    assert not ways("user:alice", *docs, *mine, goal="sa:web/b")
    other = holding(rule("get", "core", "secrets", names="something-else"), where="web")
    assert not ways("user:alice", *docs, *other, goal="sa:web/a")


@pytest.mark.parametrize("signer", ["kubernetes.io/kube-apiserver-client", "kubernetes.io/*"])
def test_e13_a_certificate_is_anybody_but_masters(signer: str) -> None:
    rights = (
        rule("create", CERTIFICATES, "certificatesigningrequests"),
        rule("update", CERTIFICATES, "certificatesigningrequests/approval"),
        rule("approve", CERTIFICATES, "signers", names=signer),
    )
    boss = binding("boss", "cluster-admin", "user:boss")
    assert ways("user:alice", EVERYTHING, boss, *holding(*rights)) == [
        "E13 → User boss",
        "E1 → cluster-admin",
    ]
    for missing in range(3):
        less = (each for number, each in enumerate(rights) if number != missing)
        assert not ways("user:alice", EVERYTHING, boss, *holding(*less))
    assert not ways("user:alice", EVERYTHING, *holding(*rights))


def test_e13_a_kubelets_certificate_is_a_node() -> None:
    rights = (
        rule("create", CERTIFICATES, "certificatesigningrequests"),
        rule("update", CERTIFICATES, "certificatesigningrequests/approval"),
        rule("approve", CERTIFICATES, "signers", names="kubernetes.io/kube-apiserver-client-kubelet"),
    )
    docs = (account("web/shop"), pod("web/shop-0", "shop", automountServiceAccountToken=False))
    assert ways("user:alice", *docs, *holding(*rights), goal="sa:web/shop") == [
        "E13 → the identity of node node-1",
        "NODE → ServiceAccount web/shop",
    ]


def test_e13_the_controller_manager_approves_a_kubelet_by_itself() -> None:
    docs = (account("web/shop"), pod("web/shop-0", "shop"))
    ask = rule("create", CERTIFICATES, "certificatesigningrequests")
    nodeclient = rule("create", CERTIFICATES, "certificatesigningrequests/nodeclient")
    own = rule("create", CERTIFICATES, "certificatesigningrequests/selfnodeclient")
    assert not ways("user:alice", *docs, *holding(ask, own), goal="sa:web/shop")
    found = way(cluster(*docs, *holding(ask, nodeclient)), "user:alice", "sa:web/shop")
    assert told(found) == ["E13 → the identity of node node-1", "NODE → ServiceAccount web/shop"]
    assert found
    assert "controller manager" in found.steps[0].condition


JOINING = (
    role(
        "join",
        rule("create", CERTIFICATES, "certificatesigningrequests certificatesigningrequests/nodeclient"),
    ),
    binding("join", "join", "group:system:bootstrappers:kubeadm:default-node-token"),
    account("web/shop"),
    pod("web/shop-0", "shop"),
)
NODE = "E13 → the identity of node node-1"


def an_api_server(*flags: str) -> Doc:
    made = pod("kube-system/kube-apiserver-cp")
    made["spec"]["containers"][0]["command"] = ["kube-apiserver", *flags]
    made["metadata"]["ownerReferences"] = [
        {"apiVersion": "v1", "kind": "Node", "name": "node-1", "uid": "u", "controller": True}
    ]
    return made


@pytest.mark.parametrize(
    ("rights", "possible"),
    [
        (rule("create", "core", "secrets"), True),
        (rule("create patch", "core", "secrets", names="bootstrap-token-abcdef"), True),
        (rule("create", "core", "secrets", names="bootstrap-token-abcdef"), False),
        (rule("create patch", "core", "secrets", names="other"), False),
        (rule("get", "core", "secrets"), True),
        (rule("list", "core", "secrets", names="bootstrap-token-123456"), True),
        (rule("get", "core", "secrets", names="other"), False),
        (rule("patch", "core", "secrets", names="bootstrap-token-123456"), True),
        (rule("update", "core", "secrets", names="other"), False),
    ],
)
def test_e23_a_bootstrap_token_is_a_node_where_nodes_join_so(rights: Doc, possible: bool) -> None:
    docs = (*JOINING, secret("kube-system/bootstrap-token-123456", ""))
    found = ways("user:alice", *docs, *holding(rights, where="kube-system"), goal=NodeIdentity("node-1"))
    assert found[1:] == ([NODE] if possible else [])
    assert not ways("user:alice", *docs, *holding(rights, where="web"), goal=NodeIdentity("node-1"))
    assert not ways(
        "user:alice", *docs[2:], *holding(rights, where="kube-system"), goal=NodeIdentity("node-1")
    )


@pytest.mark.parametrize(
    ("flags", "possible", "condition"),
    [
        (("--enable-bootstrap-token-auth=true",), True, ""),
        (("--enable-bootstrap-token-auth=false",), False, ""),
        ((), False, ""),
        (None, True, "the API server takes bootstrap tokens"),
    ],
)
def test_e23_takes_an_api_server_that_takes_such_tokens(
    flags: tuple[str, ...] | None, possible: bool, condition: str
) -> None:
    servers = () if flags is None else (an_api_server(*flags),)
    mine = holding(rule("create", "core", "secrets"), where="kube-system")
    found = way(cluster(*JOINING, *servers, *mine), "user:alice", NodeIdentity("node-1"))
    assert bool(found) is possible
    if found:
        assert found.steps[0].condition.startswith(condition)
        assert bool(found.steps[0].condition) is bool(condition)


@pytest.mark.parametrize("resource", ["mutatingwebhookconfigurations", "mutatingadmissionpolicies"])
def test_e14_a_webhook_changes_every_pod(resource: str) -> None:
    docs = (account("web/shop"), pod("web/shop-0", "shop"))
    mine = holding(rule("patch", "admissionregistration.k8s.io", resource))
    found = way(cluster(*docs, *mine), "user:alice", "sa:web/shop")
    assert told(found) == [
        "E14 → code in every pod that is started from then on",
        "WAIT → ServiceAccount web/shop",
    ]
    assert found
    assert [step.condition for step in found.steps] == ["", "somebody starts such a pod anew"]
    assert not found.steps[1].permissions
    assert ways("user:alice", namespace("web"), *docs, *mine, goal=ROOT) == []
    assert ways("user:alice", namespace("web", ""), *docs, *mine, goal=ROOT)[-1] == "WAIT → root on any node"


def test_e18_the_map_of_identities_is_masters_on_eks_only() -> None:
    docs = holding(rule("update", "core", "configmaps", names="aws-auth"), where="kube-system")
    snapshot = cluster(*docs)
    assert not way(snapshot, "user:alice")
    eks = replace(snapshot, cluster=replace(snapshot.cluster, provider="eks"))
    assert told(way(eks, "user:alice")) == ["E18 → cluster-admin"]


def test_e22_an_account_that_is_bound_and_not_there() -> None:
    docs: tuple[Any, ...] = (
        EVERYTHING,
        namespace("web"),
        account("web/default"),
        binding("left", "cluster-admin", "sa:web/gone"),
        *holding(rule("create", "core", "pods"), where="web"),
    )
    assert not ways("user:alice", *docs)
    make = (
        role("make", rule("create", "core", "serviceaccounts")),
        binding("make", "make", "user:alice", namespace="web", kind="ClusterRole"),
    )
    assert ways("user:alice", *docs, *make) == ["E22 → ServiceAccount web/gone", "E1 → cluster-admin"]


def test_e22_limited_to_names_makes_the_account_of_that_name_only() -> None:
    docs: tuple[Any, ...] = (
        EVERYTHING,
        account("web/default"),
        binding("left", "cluster-admin", "sa:web/gone"),
    )
    for name, possible in (("gone", True), ("other", False)):
        make = rule("create patch", "core", "serviceaccounts", names=name)
        mint = rule("create", "core", "serviceaccounts/token")
        assert bool(ways("user:alice", *docs, *holding(make, mint, where="web"))) is possible


def test_a_node_is_worth_its_pods_accounts_and_a_control_plane_the_cluster() -> None:
    docs = (
        namespace("web", ""),
        account("data/db"),
        pod("data/db-0", "db", node="node-1", automountServiceAccountToken=False),
        *holding(rule("create", "core", "pods"), where="web"),
    )
    assert ways("user:alice", *docs, goal="sa:data/db") == [
        "E5 → the identity of node node-1",
        "NODE → ServiceAccount data/db",
    ]
    assert not ways("user:alice", *docs)
    assert ways("user:alice", *docs, node("cp", control_plane=True)) == [
        "E5 → root on any node",
        "NODE → cluster-admin",
    ]


def test_static_pods_have_no_account() -> None:
    mirror = pod("web/static", "shop")
    mirror["metadata"]["ownerReferences"] = [
        {"apiVersion": "v1", "kind": "Node", "name": "node-1", "uid": "u", "controller": True}
    ]
    docs = (account("web/shop"), mirror, *holding(rule("create", "core", "pods/exec"), where="web"))
    assert not ways("user:alice", *docs, goal="sa:web/shop")


def test_system_masters_needs_no_way() -> None:
    assert way(cluster(), "group:system:masters") is not None
    assert ways("group:system:masters") == []


def test_nodes_by_impersonation_take_their_group() -> None:
    rights = (
        rule("impersonate", "core", "users"),
        rule("impersonate", "core", "groups", names="system:nodes"),
    )
    docs = (account("web/shop"), pod("web/shop-0", "shop"), *holding(*rights))
    assert ways("user:alice", *docs, goal=NodeIdentity("node-1")) == ["E4 → the identity of node node-1"]


def test_constrained_nodes_mint_tokens_of_their_pods_if_that_may_be_used() -> None:
    rights = rule("impersonate:arbitrary-node", "authentication.k8s.io", "nodes")
    use = rule("impersonate-on:arbitrary-node:create", "core", "serviceaccounts/token")
    docs = (account("web/shop"), pod("web/shop-0", "shop"))
    assert not ways("user:alice", *docs, *holding(rights), goal="sa:web/shop")
    assert ways("user:alice", *docs, *holding(rights, use), goal="sa:web/shop")[-1:] == [
        "E9 → ServiceAccount web/shop"
    ]


@pytest.mark.parametrize(("names", "possible"), [("", True), ("*", True), ("node-1", False)])
def test_associated_node_is_the_one_that_the_accounts_own_pod_runs_on(names: str, possible: bool) -> None:
    """The API server asks about the name `*`, and takes only tokens that are bound to the node."""
    whom = rule("impersonate:associated-node", "authentication.k8s.io", "nodes", names=names)
    use = rule("impersonate-on:associated-node:create", "core", "serviceaccounts/token")
    agent = role("agent", whom, use), binding("agent", "agent", "sa:web/agent", "user:alice")
    docs = (
        account("web/agent"),
        account("web/beside"),
        account("web/elsewhere"),
        pod("web/agent-0", "agent", node="node-1"),
        pod("web/beside-0", "beside", node="node-1", automountServiceAccountToken=False),
        pod("web/elsewhere-0", "elsewhere", node="node-2"),
        *agent,
    )
    found = way(cluster(*docs), "sa:web/agent", "sa:web/beside")
    assert bool(found) is possible
    if found:
        assert [step.move.technique for step in found.steps] == ["E4", "E9"]
        assert "Pod web/agent-0" in found.steps[0].condition
        assert [each.request.name for each in found.steps[0].permissions] == ["*"]
    assert not ways("sa:web/agent", *docs, goal="sa:web/elsewhere")
    assert not ways("user:alice", *docs, goal="sa:web/beside")
    less = (*docs[:-2], role("agent", whom), agent[1])
    assert not ways("sa:web/agent", *less, goal="sa:web/beside")


def test_two_bindings_make_a_way_together() -> None:
    write = (role("write", rule("create", RBAC, "clusterrolebindings")), binding("w", "write", "group:sre"))
    permit = (
        role("permit", rule("bind", RBAC, "clusterroles")),
        binding("p", "permit", "group:system:authenticated"),
    )
    assert ways("group:sre", EVERYTHING, *write, *permit)[-1:] == ["E1 → cluster-admin"]
    assert not ways("group:sre", EVERYTHING, *write)

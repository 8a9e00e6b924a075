"""Who is privileged: every kind of row, and that each claim holds and nobody is missing."""

from __future__ import annotations

from random import Random

import pytest
from msgspec.structs import replace

from checks.access.engine import decide
from checks.access.escalation.needs import CHANGE_NAMESPACES, Need
from checks.access.escalation.ways import reaching
from checks.access.index import index
from checks.access.matching import Request
from checks.access.review.holders import Holder, holders, rights_of
from checks.access.review.privileges import HOLD_EVERYTHING, PRIVILEGES, Privilege
from checks.access.subjects import groups_of
from checks.cluster.snapshot import Snapshot
from checks.model import Severity, Subject
from tests.checks.access.escalation.test_oracle import a_world
from tests.checks.access.escalation.ways_of import RBAC, account, namespace, secret, who
from tests.checks.access.rbac_objects import Doc, binding, cluster, role, rule
from tests.checks.access.worlds import a_world as a_wide_world
from tests.checks.access.worlds import filled

ADMIN = role("cluster-admin", rule("*", "*", "*"), rule("*", urls="*"))


ALICE = who("user:alice")


def of(snapshot: Snapshot, text: str) -> Holder:
    (found,) = (each for each in holders(snapshot) if each.subject == who(text))
    return found


def held(holder: Holder) -> dict[str, object]:
    return {right.privilege.id: right.scope for right in holder.rights}


GIVES: tuple[tuple[Doc, str], ...] = (
    (rule("*", "*", "*"), "hold-everything"),
    (rule("escalate", RBAC, "clusterroles"), "escalate-roles"),
    (rule("bind", RBAC, "roles"), "bind-roles"),
    (rule("impersonate", "core", "groups"), "impersonate"),
    (rule("impersonate:serviceaccount", "authentication.k8s.io", "serviceaccounts"), "impersonate"),
    (rule("approve", "certificates.k8s.io", "signers", "kubernetes.io/*"), "approve-certificates"),
    (rule("create", "certificates.k8s.io", "certificatesigningrequests/nodeclient"), "approve-certificates"),
    (rule("create", "core", "serviceaccounts/token"), "mint-tokens"),
    (rule("create", "core", "secrets"), "make-bootstrap-tokens"),
    (rule("patch", "core", "secrets", "bootstrap-token-abcdef"), "make-bootstrap-tokens"),
    (rule("watch", "core", "secrets"), "read-secrets"),
    (rule("get", "core", "nodes/proxy"), "use-kubelets"),
    (
        rule("patch", "admissionregistration.k8s.io", "validatingwebhookconfigurations"),
        "change-admission",
    ),
    (
        rule("delete", "admissionregistration.k8s.io", "validatingadmissionpolicybindings"),
        "change-admission",
    ),
    (rule("create", "apiregistration.k8s.io", "apiservices"), "take-over-apis"),
    (rule("patch", "apps", "deployments"), "start-pods"),
    (rule("create", "core", "pods/exec"), "enter-pods"),
    (rule("create", "core", "persistentvolumes"), "make-volumes"),
    (rule("update", "core", "namespaces"), "lift-pod-security"),
)


@pytest.mark.parametrize(("given", "privilege"), GIVES)
def test_each_right_of_the_catalogue_makes_privileged(given: Doc, privilege: str) -> None:
    snapshot = cluster(role("one", given), binding("b", "one", "user:alice"))
    assert held(of(snapshot, "user:alice")) == {privilege: "cluster"}


def test_every_kind_of_privilege_is_in_the_list_above() -> None:
    assert {privilege for _, privilege in GIVES} | {"edit-aws-auth"} == {each.id for each in PRIVILEGES}


@pytest.mark.parametrize(
    "given",
    [
        rule("get list watch", "core", "pods configmaps pods/log"),
        rule("create", "core", "pods/portforward"),
        rule("*", "networking.k8s.io", "networkpolicies"),
        rule("impersonate-on:user-info:get", "core", "pods"),
        rule("get", urls="/metrics"),
        rule("update", "core", "secrets", "tls"),
        rule("update", "core", "configmaps"),
    ],
)
def test_other_rights_make_nobody_privileged(given: Doc) -> None:
    snapshot = cluster(role("one", given), binding("b", "one", "user:alice"))
    assert [str(each.subject) for each in holders(snapshot)] == ["Group system:masters"]


@pytest.mark.parametrize("name", ["aws-auth", "", "other"])
@pytest.mark.parametrize("provider", ["eks", "gke"])
def test_the_map_of_aws_identities_counts_on_eks_alone(name: str, provider: str) -> None:
    snapshot = cluster(
        role("one", rule("patch", "core", "configmaps", name), namespace="kube-system"),
        binding("b", "one", "user:alice", namespace="kube-system"),
    )
    snapshot = replace(snapshot, cluster=replace(snapshot.cluster, provider=provider))
    found = [right.privilege.id for right in rights_of(snapshot, who("user:alice"))]
    assert found == (["edit-aws-auth"] if provider == "eks" and name != "other" else [])


@pytest.mark.parametrize("space", ["kube-system", "web"])
def test_bootstrap_tokens_are_made_in_kube_system_alone(space: str) -> None:
    snapshot = cluster(
        role("writer", rule("create update", "core", "secrets")),
        binding("b", "writer", "user:alice", namespace=space, kind="ClusterRole"),
    )
    found = [right.privilege.id for right in rights_of(snapshot, who("user:alice"))]
    assert found == (["make-bootstrap-tokens"] if space == "kube-system" else [])


def test_a_creation_limited_to_names_counts_with_the_right_to_change_them() -> None:
    create = role("create", rule("create", "core", "pods", "x y"))
    change = role("change", rule("patch", "core", "pods", "y z"))
    both = (binding("a", "create", "user:alice"), binding("b", "change", "user:alice"))
    assert rights_of(cluster(create, *both), who("user:alice")) == ()
    found = {right.privilege.id: right.names for right in rights_of(cluster(create, change, *both), ALICE)}
    assert found == {"start-pods": ("y",), "enter-pods": ("y", "z")}


def test_inside_namespaces_is_told_apart_from_the_whole_cluster() -> None:
    reader = role("reader", rule("get", "core", "secrets nodes/proxy"))
    snapshot = cluster(
        reader,
        binding("a", "reader", "user:alice", namespace="web", kind="ClusterRole"),
        binding("b", "reader", "user:alice", namespace="data", kind="ClusterRole"),
    )
    assert held(of(snapshot, "user:alice")) == {"read-secrets": ("data", "web")}
    both = cluster(
        reader,
        binding("a", "reader", "user:alice", namespace="web", kind="ClusterRole"),
        binding("c", "reader", "user:alice"),
    )
    rights = of(both, "user:alice").rights
    assert [(right.privilege.id, right.scope) for right in rights] == [
        ("read-secrets", "cluster"),
        ("use-kubelets", "cluster"),
        ("read-secrets", ("web",)),
    ]


def test_the_level_says_how_dangerous_it_is() -> None:
    snapshot = cluster(
        ADMIN,
        namespace("web"),
        account("web/boss"),
        account("web/idle"),
        secret("web/boss-token", of="boss"),
        binding("admin", "cluster-admin", "sa:web/boss"),
        role("reader", rule("get", "core", "secrets")),
        role("one", rule("get", "core", "secrets", "tls")),
        binding("near", "reader", "user:near", namespace="web", kind="ClusterRole"),
        binding("far", "reader", "user:far", namespace="elsewhere", kind="ClusterRole"),
        binding("all", "one", "user:named"),
        binding("few", "one", "user:few", namespace="elsewhere", kind="ClusterRole"),
        binding("crowd", "reader", "group:system:unauthenticated", namespace="elsewhere", kind="ClusterRole"),
        role("kubelets", rule("get", "core", "nodes/proxy")),
        binding("kubelets", "kubelets", "user:kubelets"),
    )
    levels = {each.subject.name: (each.level.value, each.acts) for each in holders(snapshot)}
    assert levels == {
        "system:masters": ("critical", 0),
        "boss": ("critical", 0),
        "near": ("critical", 1),
        "kubelets": ("high", None),
        "system:unauthenticated": ("high", None),
        "far": ("medium", None),
        "named": ("medium", None),
        "few": ("low", None),
    }
    ranks = [each.level.rank for each in holders(snapshot) if not each.own]
    assert ranks == sorted(ranks)
    assert of(snapshot, "user:few").rights[0].names == ("tls",)


def test_what_kubernetes_itself_grants_comes_last_and_is_marked() -> None:
    labels = {"kubernetes.io/bootstrapping": "rbac-defaults"}
    snapshot = cluster(
        replace_labels(ADMIN, labels),
        binding("cluster-admin", "cluster-admin", "group:system:masters", labels=labels),
        role("reader", rule("get", "core", "secrets")),
        binding("few", "reader", "user:few", namespace="web", kind="ClusterRole"),
    )
    assert [(each.subject.name, each.own) for each in holders(snapshot)] == [
        ("few", False),
        ("system:masters", True),
    ]


def replace_labels(doc: Doc, labels: Doc) -> Doc:
    return {**doc, "metadata": {**doc["metadata"], "labels": labels}}


def test_a_group_that_is_bound_stands_for_the_accounts_in_it() -> None:
    snapshot = cluster(
        *(account(f"web/{name}") for name in ("a", "b", "own")),
        account("data/c"),
        role("reader", rule("get", "core", "secrets")),
        binding("web", "reader", "group:system:serviceaccounts:web"),
        binding("own", "reader", "sa:web/own"),
    )
    found = {str(each.subject): each.stands_for for each in holders(snapshot)}
    assert found == {
        "ServiceAccount web/own": None,
        "Group system:serviceaccounts:web": 3,
        "Group system:masters": None,
    }
    (right,) = of(snapshot, "sa:web/own").rights
    assert [str(hold.through) for hold in right.holds] == [
        "ServiceAccount web/own",
        "Group system:serviceaccounts:web",
    ]


def test_who_reaches_cluster_admin_only_together_with_a_group_is_listed() -> None:
    snapshot = cluster(
        ADMIN,
        account("web/shop"),
        role("binder", rule("bind", RBAC, "clusterroles")),
        role("writer", rule("create", RBAC, "clusterrolebindings")),
        binding("bind", "binder", "group:system:serviceaccounts"),
        binding("write", "writer", "sa:web/shop"),
    )
    assert of(snapshot, "group:system:serviceaccounts").acts is None
    found = of(snapshot, "sa:web/shop")
    assert (found.level, found.acts) == (Severity.CRITICAL, 1)


def test_a_group_of_a_namespace_has_what_all_accounts_have() -> None:
    snapshot = cluster(
        ADMIN,
        account("web/shop"),
        role("binder", rule("bind", RBAC, "clusterroles")),
        role("writer", rule("create", RBAC, "clusterrolebindings")),
        binding("bind", "binder", "group:system:serviceaccounts"),
        binding("write", "writer", "group:system:serviceaccounts:web"),
    )
    listed = {each.subject for each in holders(snapshot)}
    assert who("sa:web/shop") not in listed
    assert who("group:system:serviceaccounts") in listed
    assert of(snapshot, "group:system:serviceaccounts:web").acts == 1


WORLDS = (*range(12),)


def a_snapshot(seed: int) -> Snapshot:
    random = Random(seed)
    return cluster(*(a_world(random) if seed % 2 else filled(a_wide_world(random))))


@pytest.mark.parametrize("seed", WORLDS)
def test_nobody_who_reaches_cluster_admin_is_missing(seed: int) -> None:
    snapshot = a_snapshot(seed)
    listed = {each.subject: each for each in holders(snapshot)}
    found = reaching(snapshot)
    assert len(found) > 1 or not seed % 2
    for each in found:
        names = [name for name in (each.subject, *groups_of(each.subject)) if name in listed]
        assert any(listed[name].acts is not None for name in names), str(each.subject)
        if each.subject in listed:
            assert listed[each.subject].acts == each.acts


@pytest.mark.parametrize("seed", WORLDS)
def test_every_right_that_is_claimed_is_allowed(seed: int) -> None:
    snapshot = a_snapshot(seed)
    claims = 0
    for holder in holders(snapshot):
        for right in holder.rights:
            for hold in right.holds:
                claims += 1
                request = hold.permission().request
                assert decide(snapshot, holder.subject, request).allowed, (str(holder.subject), request)
    assert claims > 10


@pytest.mark.parametrize("seed", WORLDS)
def test_every_right_that_is_allowed_is_claimed(seed: int) -> None:
    snapshot = a_snapshot(seed)
    for subject in index(snapshot).subjects:
        claimed = {(right.privilege, right.wide) for right in rights_of(snapshot, subject)}
        for wide in (True, False):
            if (HOLD_EVERYTHING, wide) in claimed:
                continue
            for privilege in PRIVILEGES[1:]:
                if _is_allowed(snapshot, subject, privilege, wide=wide):
                    assert (privilege, wide) in claimed, (str(subject), privilege.id, wide)


def _is_allowed(snapshot: Snapshot, subject: Subject, privilege: Privilege, *, wide: bool) -> bool:
    if privilege.place is not None or subject.name == "system:masters":
        return any(
            right.privilege is privilege and right.wide is wide for right in rights_of(snapshot, subject)
        )
    return any(
        any(rule_.namespace is None if wide else rule_.namespace is not None for rule_ in decision.rules)
        for need in privilege.needs
        for verb in need.verbs
        for request in _requests(snapshot, need, verb)
        for decision in (decide(snapshot, subject, request),)
    )


def _requests(snapshot: Snapshot, need: Need, verb: str) -> list[Request]:
    """The request of a need: creating names nothing, and a namespace is changed as itself."""
    name = "" if need.nameless else None
    plain = Request(verb, need.resource, need.group, need.subresource, name)
    if need is not CHANGE_NAMESPACES:
        return [plain]
    spaces = {bound.namespace for bound in index(snapshot).bounds() if bound.namespace is not None}
    return [replace(plain, namespace=""), *(replace(plain, name=each, namespace=each) for each in spaces)]

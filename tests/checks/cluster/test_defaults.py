"""Files get what the API server and its controllers would have filled in."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from checks.cluster import objects as o
from checks.cluster.defaults import aggregated, selects
from checks.cluster.manifests import read_manifests
from checks.cluster.snapshot import Snapshot


def read(folder: Path, text: str) -> Snapshot:
    (folder / "a.yaml").write_text(text)
    return read_manifests(folder, version=None, now=datetime(2026, 11, 24, tzinfo=UTC))


@pytest.mark.parametrize(
    ("spec", "types"),
    [
        ("{podSelector: {}}", ("Ingress",)),
        ("{podSelector: {}, ingress: [{}]}", ("Ingress",)),
        ("{podSelector: {}, egress: []}", ("Ingress",)),
        ("{podSelector: {}, egress: [{}]}", ("Ingress", "Egress")),
        ("{podSelector: {}, policyTypes: [Egress]}", ("Egress",)),
    ],
)
def test_policy_types(tmp_path: Path, spec: str, types: tuple[str, ...]) -> None:
    text = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\nspec: " + spec
    [policy] = read(tmp_path, text).all(o.NetworkPolicy)
    assert policy.spec.policy_types == types


def test_namespaces(tmp_path: Path) -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n---\n"
    text += "apiVersion: v1\nkind: Node\nmetadata: {name: node-1, namespace: odd}\n"
    snapshot = read(tmp_path, text)
    assert snapshot.all(o.Pod)[0].metadata.namespace == "default"
    assert snapshot.all(o.Node)[0].metadata.namespace is None


@pytest.mark.parametrize(
    ("spec", "account"),
    [("{}", "default"), ("{serviceAccountName: a}", "a"), ("{serviceAccount: old}", "old")],
)
def test_service_account_of_a_pod(tmp_path: Path, spec: str, account: str) -> None:
    [pod] = read(tmp_path, f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {spec}\n").all(o.Pod)
    assert pod.spec.service_account_name == account
    assert pod.spec.service_account == account


def test_a_static_pod_has_none(tmp_path: Path) -> None:
    owner = "ownerReferences: [{apiVersion: v1, kind: Node, name: node-1, uid: u-1}]"
    [pod] = read(tmp_path, f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p, {owner}}}\n").all(o.Pod)
    assert pod.spec.service_account_name is None


def test_a_subject_without_namespace_is_in_its_bindings(tmp_path: Path) -> None:
    text = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b, namespace: team}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects:
- {kind: ServiceAccount, name: sa}
- {kind: ServiceAccount, name: sb, namespace: other}
- {kind: User, name: u}
"""
    [binding] = read(tmp_path, text).all(o.RoleBinding)
    assert [each.namespace for each in binding.subjects or ()] == ["team", "other", None]


def role(
    name: str, *verbs: str, labels: dict[str, str] | None = None, picks: str | None = None
) -> o.ClusterRole:
    selector = o.LabelSelector(match_labels={picks: "true"}) if picks else None
    return o.ClusterRole(
        metadata=o.ManagedMetadata(name=name, labels=labels),
        rules=(o.PolicyRule(verbs=verbs),) if verbs else None,
        aggregation_rule=o.AggregationRule(cluster_role_selectors=(selector,)) if selector else None,
    )


def verbs(roles: tuple[o.ClusterRole, ...]) -> dict[str, set[str]]:
    return {each.metadata.name: {v for rule in each.rules or () for v in rule.verbs or ()} for each in roles}


def test_aggregation_to_a_fixpoint() -> None:
    roles = (
        role("admin", "own-rules-are-overwritten", picks="to-admin"),
        role("edit", labels={"to-admin": "true"}, picks="to-edit"),
        role("view", labels={"to-edit": "true"}, picks="to-view"),
        role("viewer", "get", labels={"to-view": "true"}),
        role("editor", "update", labels={"to-edit": "true"}),
        role("other", "delete"),
    )
    assert verbs(aggregated(roles)) == {
        "admin": {"get", "update"},
        "edit": {"get", "update"},
        "view": {"get"},
        "viewer": {"get"},
        "editor": {"update"},
        "other": {"delete"},
    }


def test_aggregation_leaves_itself_out_and_ends_in_a_circle() -> None:
    roles = (
        role("a", "lost", labels={"x": "true", "y": "true"}, picks="x"),
        role("b", labels={"x": "true"}, picks="y"),
        role("c", "get", labels={"y": "true"}),
    )
    assert verbs(aggregated(roles)) == {"a": {"get"}, "b": {"get"}, "c": {"get"}}


@pytest.mark.parametrize(
    ("operator", "values", "labels", "picked"),
    [
        ("In", ("a", "b"), {"k": "a"}, True),
        ("In", ("a",), {}, False),
        ("NotIn", ("a",), {}, True),
        ("NotIn", ("a",), {"k": "a"}, False),
        ("Exists", None, {"k": ""}, True),
        ("Exists", None, {}, False),
        ("DoesNotExist", None, {}, True),
        ("DoesNotExist", None, {"k": "x"}, False),
        ("Unheard", None, {"k": "x"}, False),
    ],
)
def test_label_requirements(
    operator: str, values: tuple[str, ...] | None, labels: dict[str, str], picked: bool
) -> None:
    selector = o.LabelSelector(match_expressions=(o.LabelRequirement("k", operator, values),))
    assert selects(selector, labels) is picked


def test_an_empty_selector_picks_all() -> None:
    assert selects(o.LabelSelector(), {"any": "thing"})

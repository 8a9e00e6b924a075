"""What the RBAC checks say beyond a status: the chain that is the evidence, the counts, the words."""

from __future__ import annotations

from typing import Any

import pytest

from checks.model import Result, Scan, Status
from checks.registry import all_checks
from checks.run import evaluate
from tests.harness.fixture_snapshot import snapshot_of

Doc = dict[str, Any]
API = "rbac.authorization.k8s.io/v1"
CHECKS = {check.id: check for check in all_checks()}
STOCK = {"kubernetes.io/bootstrapping": "rbac-defaults"}


def role(name: str, *rules: Doc, **meta: Any) -> Doc:
    return {
        "apiVersion": API,
        "kind": "ClusterRole",
        "metadata": {"name": name, **meta},
        "rules": list(rules),
    }


def bind(name: str, to: str, *subjects: Doc, namespace: str | None = None, **meta: Any) -> Doc:
    where = {"namespace": namespace} if namespace else {}
    return {
        "apiVersion": API,
        "kind": "RoleBinding" if namespace else "ClusterRoleBinding",
        "metadata": {"name": name, **where, **meta},
        "roleRef": {"kind": "ClusterRole", "name": to},
        "subjects": list(subjects),
    }


def rule(verbs: list[str], group: str, resources: list[str], **more: Any) -> Doc:
    return {"verbs": verbs, "apiGroups": [group], "resources": resources, **more}


def user(name: str) -> Doc:
    return {"kind": "User", "name": name}


def judged(check: str, *docs: Doc, **options: Any) -> Scan:
    return evaluate(snapshot_of(*docs, **options), (CHECKS[check],), (), tool_version="test")


def only(check: str, *docs: Doc, **options: Any) -> Result:
    (result,) = judged(check, *docs, **options).results
    return result


def test_rule_34_get_of_nodes_proxy_is_flagged_as_running_commands() -> None:
    power = role("power", rule(["get"], "", ["nodes/proxy"]))
    result = only("rbac-node-proxy", power, bind("b", "power", user("alice")))
    assert result.status is Status.FAIL
    assert "run commands in any pod" in result.message


def test_rule_35_impersonating_groups_without_names_is_flagged() -> None:
    power = role("power", rule(["impersonate"], "", ["groups"]))
    result = only("rbac-escalation", power, bind("b", "power", user("alice")))
    assert result.status is Status.FAIL
    assert "(impersonate groups)" in result.message


def test_rule_36_impersonate_on_verbs_alone_are_not_flagged() -> None:
    half = role("half", rule(["impersonate-on:user-info:list"], "", ["pods"]))
    assert only("rbac-escalation", half, bind("b", "half", user("alice"))).status is Status.PASS


@pytest.mark.parametrize("verb", ["get", "list", "watch"])
def test_rule_37_each_reading_verb_reads_secrets(verb: str) -> None:
    reader = role("reader", rule([verb], "", ["secrets"]))
    result = only("rbac-secrets-reader", reader, bind("b", "reader", user("alice")))
    assert result.status is Status.FAIL
    assert result.message == f"User alice can read secrets in the whole cluster ({verb} secrets)."


def test_rule_38_the_evidence_is_the_chain() -> None:
    reader = role(
        "reader", rule(["get"], "", ["pods"]), rule(["list"], "", ["secrets"]), uid="r", resourceVersion="7"
    )
    bound = bind("b", "reader", user("bob"), user("alice"), uid="b")
    result = judged("rbac-secrets-reader", reader, bound).results[0]
    assert result.locus == "subjects/User/alice"
    subject, reference, allowed = result.evidence
    assert (subject.path, subject.observed, subject.uid) == (
        "subjects[1]",
        {"kind": "User", "name": "alice"},
        "b",
    )
    assert (reference.path, reference.observed) == ("roleRef", "ClusterRole reader")
    assert (allowed.path, allowed.source, allowed.uid, allowed.resource_version) == (
        "rules[1]",
        "ClusterRole reader",
        "r",
        "7",
    )
    assert allowed.observed == {"verbs": ["list"], "apiGroups": [""], "resources": ["secrets"]}


@pytest.mark.parametrize("kind", ["Role", "ClusterRole"])
def test_roles_that_could_not_be_read_leave_it_open(kind: str) -> None:
    result = only(
        "rbac-secrets-reader", bind("b", "reader", user("alice")), missing={kind: "403: may not list"}
    )
    assert result.status is Status.NOT_EVALUATED
    assert "403: may not list" in (result.reason or "")


def test_bindings_that_could_not_be_read_leave_it_open_and_the_rest_is_judged() -> None:
    reader = role("reader", rule(["list"], "", ["secrets"]))
    scan = judged(
        "rbac-secrets-reader", reader, bind("b", "reader", user("alice")), missing={"RoleBinding": "403"}
    )
    assert {result.status for result in scan.results} == {Status.NOT_EVALUATED, Status.FAIL}


def test_what_kubernetes_grants_is_counted_and_not_shown() -> None:
    name = "system:kube-controller-manager"
    docs = (
        role(name, rule(["get"], "", ["secrets"]), labels=STOCK),
        bind(name, name, user(name), labels=STOCK),
        role("all", rule(["*"], "*", ["*"])),
        bind("admins", "all", user("alice")),
    )
    result = only("rbac-secrets-reader", *docs)
    assert result.status is Status.PASS
    assert result.message == (
        "Nobody was given the right to read secrets, besides what Kubernetes itself grants (1) and bindings "
        "to a role with everything (1), which have findings of their own. Bindings looked at: 2."
    )


def test_many_subjects_in_one_namespace_are_one_question() -> None:
    reader = role("reader", rule(["list"], "", ["secrets"]))
    result = only("rbac-secrets-reader", reader, bind("b", "reader", *map(user, "abcdefg"), namespace="web"))
    assert result.status is Status.MANUAL
    assert result.reason == (
        "User a, User b, User c, User d, User e and 2 more can read secrets in namespace web (list secrets): "
        "is that needed?"
    )


def test_an_unbound_wildcard_role_is_said_to_be_idle() -> None:
    owner = role("owner", rule(["*"], "apps", ["deployments"]))
    assert only("rbac-wildcard-role", owner).message == "It has a wildcard in: verbs. Nobody is bound to it."
    bound = bind("b", "owner", user("alice"))
    assert only("rbac-wildcard-role", owner, bound).message == "It has a wildcard in: verbs."


def test_a_cluster_without_bindings_has_nothing_to_judge() -> None:
    assert only("rbac-secrets-reader").status is Status.NOT_APPLICABLE
    assert only("rbac-secrets-reader", source="manifests").status is Status.NOT_EVALUATED


def test_hostile_names_stay_data() -> None:
    name = "</script><!channel> ${jndi:x}\u202e"
    reader = role("reader", rule(["list"], "", ["secrets"]))
    result = only("rbac-secrets-reader", reader, bind("b", "reader", user(name)))
    assert result.locus == f"subjects/User/{name}"

"""`can` and `why`: what somebody may do, yes or no with the deciding rule, and every step to it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from bot.answer import Answer, Table, to_json
from bot.commands.can import CanDo
from bot.commands.questions import answer
from checks.access.who import UnclearSubject
from tests.checks.access.rbac_objects import Doc, binding, cluster, role, rule

AGGREGATED = role("editor", rule("delete", "core", "pods"), labels={}) | {
    "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"to-editor": "true"}}]}
}
SOURCE = role(
    "pods", rule("get", "apps", "deployments"), rule("delete", "core", "pods"), labels={"to-editor": "true"}
)
WORLD = (
    AGGREGATED,
    SOURCE,
    role("reader", rule("get list", "core", "pods configmaps"), rule("get", urls="/metrics")),
    role("one", rule("get update", "core", "secrets", names="db"), namespace="web"),
    binding("editors", "editor", "group:system:serviceaccounts:ci", namespace="web", kind="ClusterRole"),
    binding("readers", "reader", "sa:ci/deployer", "user:ann"),
    binding("again", "reader", "sa:ci/deployer", namespace="web", kind="ClusterRole"),
    binding("named", "one", "sa:ci/deployer", namespace="web"),
    {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "deployer", "namespace": "ci"}},
)


def asked(question: CanDo, *docs: Doc, **options: Any) -> Answer:
    snapshot = cluster(*(docs or WORLD), **options)
    return answer("prod", question, snapshot, snapshot.finished)


def table(given: Answer, title: str) -> Table:
    return next(each for each in given.tables if each.title == title)


def test_yes_with_the_group_the_binding_and_the_deciding_rule() -> None:
    given = asked(CanDo("sa:ci/deployer", ("delete",), "pods", namespace="web"))
    assert given.verdict == (
        "prod: yes, ServiceAccount ci/deployer can delete pods in web, as a member of Group "
        "system:serviceaccounts:ci: RoleBinding web/editors → ClusterRole editor, rule 0."
    )
    assert table(given, "Decided by").rows == (
        (
            "Group system:serviceaccounts:ci",
            "web",
            "RoleBinding web/editors",
            "ClusterRole editor",
            "0",
            "pods (to-editor=true)",
        ),
    )
    assert given.extra["allowed"] is True


def test_why_shows_every_step_to_the_role_that_supplied_the_rule() -> None:
    given = asked(CanDo("sa:ci/deployer", ("delete",), "pods", namespace="web", why=True))
    assert table(given, "Way 1").rows == (
        ("subject", "ServiceAccount ci/deployer"),
        ("is in", "Group system:serviceaccounts:ci"),
        ("named by", "RoleBinding web/editors"),
        ("which binds", "ClusterRole editor"),
        ("rules[0]", "delete pods"),
        ("supplied by", "ClusterRole pods, rules[1], by to-editor=true"),
    )


def test_no_and_in_another_namespace_no() -> None:
    assert asked(CanDo("sa:ci/deployer", ("delete",), "pods", namespace="data")).verdict == (
        "prod: no, ServiceAccount ci/deployer cannot delete pods in data: no rule that it holds allows that."
    )
    given = asked(CanDo("user:ann", ("create",), "pods"))
    assert given.extra["allowed"] is False
    assert [each.title for each in given.tables] == ["Asked"]


def test_without_a_namespace_where_is_part_of_the_answer() -> None:
    only = asked(CanDo("sa:ci/deployer", ("delete",), "pods")).verdict
    assert "can delete pods, but only in web, as a member" in only
    assert "can get pods in the whole cluster" in asked(CanDo("user:ann", ("get",), "pods")).verdict


def test_several_verbs_are_answered_one_by_one() -> None:
    given = asked(CanDo("user:ann", ("read",), "pods"))
    assert "yes, User ann can get or list pods" in given.verdict
    assert [row[:2] for row in table(given, "Asked").rows] == [
        ("get pods", "yes"),
        ("list pods", "yes"),
        ("watch pods", "no"),
    ]


def test_what_could_not_be_read_is_not_a_no() -> None:
    given = asked(CanDo("user:ann", ("delete",), "pods"), missing={"Role": "403"})
    assert "cannot be told" in given.verdict
    assert given.extra["allowed"] is None


def test_a_role_that_is_not_in_the_files_may_grant_anything() -> None:
    docs = (role("r", rule("get", "core", "pods")), binding("b", "elsewhere", "user:ann", "user:eve"))
    asking = CanDo("user:ann", ("delete",), "pods")
    given = asked(asking, *docs, source="manifests")
    assert "cannot be told: some roles are not in the files" in given.verdict
    assert given.extra["allowed"] is None
    assert given.extra["decisions"][0].allowed is None
    other = asked(CanDo("user:bob", ("delete",), "pods"), *docs, source="manifests")
    assert other.extra["allowed"] is False
    assert asked(asking, *docs).extra["allowed"] is False


def test_system_masters_needs_no_rule() -> None:
    given = asked(CanDo("user:ann", ("delete",), "nodes", groups=("system:masters",)))
    assert "system:masters is allowed everything before RBAC is asked" in given.verdict


def test_rights_by_namespace_say_nothing_twice() -> None:
    given = asked(CanDo("sa:ci/deployer"))
    assert given.verdict == (
        "prod: ServiceAccount ci/deployer holds 2 rules in the whole cluster and 4 rules in web, "
        "through 4 roles."
    )
    assert table(given, "Rights").rows == (
        ("whole cluster", "get", "/metrics", ""),
        ("whole cluster", "get, list", "configmaps, pods", ""),
        ("web", "delete", "pods", ""),
        ("web", "get, update", "secrets", "db"),
    )
    here = asked(CanDo("sa:ci/deployer", namespace="data"))
    assert {row[0] for row in table(here, "Rights").rows} == {"whole cluster"}


def test_in_full_every_rule_has_its_binding_and_index() -> None:
    rows = table(asked(CanDo("sa:ci/deployer", full=True)), "Rules").rows
    assert len(rows) == 6
    assert (
        "web",
        "get, update secrets named db",
        "ServiceAccount ci/deployer",
        "RoleBinding web/named",
        "Role web/one",
        "0",
    ) in rows


def test_a_huge_rule_neither_fills_the_memory_nor_the_table() -> None:
    things, groups = (" ".join(f"{word}-{n}" for n in range(3_000)) for word in ("thing", "group"))
    docs = (role("huge", rule("get", groups, things)), binding("b", "huge", "user:ann"))
    (row,) = table(asked(CanDo("user:ann"), *docs), "Rights").rows
    assert row[2].endswith("and 4988 more")
    (full,) = table(asked(CanDo("user:ann", full=True), *docs), "Rules").rows
    assert full[1].endswith("and more")


def test_as_json() -> None:
    found = msgspec.json.decode(
        msgspec.json.encode(to_json(asked(CanDo("sa:ci/deployer", ("delete",), "pods", namespace="web"))))
    )
    assert found["command"] == "can sa:ci/deployer delete pods namespace=web"
    assert found["subject"] == {"kind": "ServiceAccount", "name": "deployer", "namespace": "ci"}
    (decision,) = found["decisions"]
    assert (decision["allowed"], decision["scope"], decision["request"]["verb"]) == (True, ["web"], "delete")
    (way,) = decision["rules"]
    assert way["through"]["name"] == "system:serviceaccounts:ci"
    assert way["rule"] == {"verbs": ["delete"], "apiGroups": [""], "resources": ["pods"]}
    assert way["sources"] == [[{"role": "pods", "rule": 1, "labels": ["to-editor=true"]}]]


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("user:ann", "User ann"),
        ("ann", "User ann"),
        ("sa:ci/deployer", "ServiceAccount ci/deployer"),
        ("ci/deployer", "ServiceAccount ci/deployer"),
        ("sa:deployer", "ServiceAccount ci/deployer"),
        ("deployer", "ServiceAccount ci/deployer"),
        ("user:system:serviceaccount:ci:deployer", "ServiceAccount ci/deployer"),
        ("system:serviceaccount:ci:deployer", "ServiceAccount ci/deployer"),
        ("system:serviceaccounts:ci", "Group system:serviceaccounts:ci"),
        ("group:system:masters", "Group system:masters"),
        ("anonymous", "User system:anonymous"),
        ("everyone", "Group system:authenticated"),
        ("someone-else", "User someone-else"),
    ],
)
def test_whom_a_word_means(text: str, subject: str) -> None:
    found = asked(CanDo(text)).extra["subject"]
    assert str(found) == subject


def test_who_is_not_known_is_said_and_who_could_be_meant_is_asked() -> None:
    given = asked(CanDo("user:anna"))
    assert given.verdict == "prod: User anna can do nothing."
    assert given.notes[:2] == (
        "No binding names User anna: this is what everybody has who logs in.",
        "Did you mean user:ann?",
    )
    both = (*WORLD, binding("b", "reader", "group:ann"))
    with pytest.raises(UnclearSubject, match="may be any of 2"):
        asked(CanDo("ann"), *both)
    with pytest.raises(UnclearSubject, match="cannot be told who"):
        asked(CanDo("sa:nobody"))

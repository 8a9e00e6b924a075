"""`who-can`: holders with where and why, names apart, questions back, and what is not covered."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from bot.answer import Answer, to_json
from bot.commands.can import CanDo
from bot.commands.desk import Desk
from bot.commands.perform import perform
from bot.commands.questions import answer
from bot.commands.who_can import WhoCan
from bot.commands.who_has import WhoHas
from bot.errors import CommandError
from bot.rights.roles import Asker
from checks.access.catalog import UnknownResource
from checks.cluster.snapshot import Snapshot
from tests.bot.commands.desks import Steps
from tests.checks.access.rbac_objects import Doc, binding, cluster, role, rule

READER = role("reader", rule("get list", "core", "secrets nodes"))
ONE = role("one", rule("get", "core", "secrets", names="db"), namespace="web")
WORLD = (
    READER,
    ONE,
    binding("everywhere", "reader", "user:ann", "group:system:serviceaccounts"),
    binding("there", "reader", "sa:web/shop", namespace="web", kind="ClusterRole"),
    binding("named", "one", "user:bob", namespace="web"),
)


def asked(question: WhoCan | WhoHas | CanDo, *docs: Doc, **options: Any) -> Answer:
    snapshot: Snapshot = cluster(*(docs or WORLD), **options)
    return answer("prod", question, snapshot, snapshot.finished)


def document(given: Answer) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(to_json(given)))
    return found


def test_holders_with_where_binding_and_role() -> None:
    given = asked(WhoCan(("get",), "secrets"))
    assert given.verdict == (
        "prod: 3 subjects can get secrets besides the built-in group system:masters; "
        "1 more only what their rules name."
    )
    rows = {row[0]: row[1:] for row in given.tables[0].rows}
    assert rows["User ann"][:3] == ("whole cluster", "ClusterRoleBinding everywhere", "ClusterRole reader")
    assert rows["ServiceAccount web/shop"][0] == "web"
    assert "does not exist now" in rows["ServiceAccount web/shop"][3]
    assert "every service account of the cluster" in rows["Group system:serviceaccounts"][3]
    (limited,) = given.tables[1].rows
    assert limited == ("User bob", "web", "RoleBinding web/named", "Role web/one", "db")
    assert given.evidence[0].source == (
        "Group system:serviceaccounts → ClusterRoleBinding everywhere → ClusterRole reader"
    )


def test_one_object_counts_the_rules_that_name_it() -> None:
    given = asked(WhoCan(("get",), "secret", "db", "web"))
    assert "4 subjects can get secrets db in web" in given.verdict
    assert len(given.tables) == 1
    assert "3 subjects" in asked(WhoCan(("get",), "secret", "other", "web")).verdict


def test_another_namespace_has_no_use_for_a_role_binding() -> None:
    given = asked(WhoCan(("get",), "secrets", "", "data"))
    assert "2 subjects can get secrets in data" in given.verdict
    assert len(given.tables) == 1


def test_what_is_outside_of_namespaces_is_asked_about_the_whole_cluster() -> None:
    given = asked(WhoCan(("list",), "nodes", "", "web"))
    assert "2 subjects can list nodes besides" in given.verdict
    assert "outside of namespaces" in given.notes[0]


def test_nobody_is_said_and_unread_is_never_nobody() -> None:
    question = WhoCan(("delete",), "pods")
    assert "nobody can delete pods besides the built-in group" in asked(question).verdict
    given = asked(question, missing={"ClusterRoleBinding": "403: may not list"})
    assert "there may be more" in given.verdict
    assert given.extra["incomplete"] is True
    assert any("403: may not list" in each for each in given.caveats)


def test_roles_that_are_not_in_the_files_may_grant_it_too() -> None:
    docs = (READER, binding("b", "elsewhere", "user:eve"))
    given = asked(WhoCan(("delete",), "pods"), *docs, source="manifests")
    assert "there may be more: some roles are not in the files" in given.verdict
    assert any("what ClusterRoleBinding b may grant" in each for each in given.caveats)


def test_an_unknown_resource_is_a_question_back() -> None:
    with pytest.raises(UnknownResource, match="no resource called secretz"):
        asked(WhoCan(("get",), "secretz"))


def test_a_namespace_that_is_not_there_is_said() -> None:
    web = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web"}}
    other, there = (asked(WhoCan(("get",), "pods", "", name), web).caveats for name in ("data", "web"))
    assert any("no namespace data" in each for each in other)
    assert not any("no namespace" in each for each in there)


def test_a_place_that_is_no_namespace_may_be_a_cluster_of_the_settings(desk: Desk, steps: Steps) -> None:
    given = perform(
        desk, WhoCan(("get",), "secrets", "", "payments"), asker=Asker.of_the_house("erin"), progress=steps
    )
    assert given.command == "who-can get secrets namespace=payments"
    given = perform(
        desk, WhoCan(("get",), "secrets", "", "harbour"), asker=Asker.of_the_house("erin"), progress=steps
    )
    assert given.command == "who-can get secrets cluster=harbour"
    assert given.verdict.startswith("harbour: ")


def test_as_json_it_is_the_published_contract() -> None:
    found = document(asked(WhoCan(("get",), "secrets")))
    assert found["command"] == "who-can get secrets"
    (request,) = found["query"]["requests"]
    assert request == {
        "verb": "get",
        "group": "",
        "resource": "secrets",
        "subresource": "",
        "name": "",
        "namespace": None,
        "url": None,
    }
    by_name = {each["name"]: each for each in found["subjects"]}
    assert by_name["ann"]["scope"] == "cluster"
    assert by_name["shop"]["scope"] == ["web"]
    assert (by_name["shop"]["kind"], by_name["shop"]["namespace"]) == ("ServiceAccount", "web")
    assert by_name["ann"]["because"] == [
        {
            "binding": {"kind": "ClusterRoleBinding", "namespace": None, "name": "everywhere"},
            "role": {"kind": "ClusterRole", "namespace": None, "name": "reader"},
            "rule": 0,
        }
    ]
    assert by_name["system:masters"]["implicit"] is True
    assert by_name["ann"]["names"] is None
    assert by_name["bob"]["names"] == ["db"]


def test_people_s_verbs_stand_for_several_and_subresources() -> None:
    docs = (
        role("exec", rule("create", "core", "pods/exec")),
        role("old", rule("get", "core", "pods/exec")),
        role("watcher", rule("watch", "core", "secrets")),
        binding("e", "exec", "user:new"),
        binding("o", "old", "user:old"),
        binding("w", "watcher", "user:watcher"),
    )
    old = asked(WhoCan(("exec",), "pods"), *docs)
    assert {row[0] for row in old.tables[0].rows} == {"Group system:masters", "User new", "User old"}
    assert "Before Kubernetes 1.35 get on pods/exec is enough" in old.notes[0]
    assert {row[0] for row in asked(WhoCan(("read",), "secrets"), *docs).tables[0].rows} == {
        "Group system:masters",
        "User watcher",
    }


def test_creating_carries_no_name() -> None:
    docs = (role("c", rule("create", "core", "pods", names="x")), binding("b", "c", "user:ann"))
    given = asked(WhoCan(("create",), "pods", "x"), *docs)
    assert "nobody can create pods" in given.verdict
    assert "create carries no name" in given.notes[0]


def test_a_verb_that_no_rule_names_is_said() -> None:
    assert "Did you mean list?" in asked(WhoCan(("lsit",), "pods")).notes[0]
    assert not asked(WhoCan(("impersonate-on:user-info:get",), "pods")).notes


def test_reading_a_path_is_getting_it() -> None:
    docs = (role("m", rule("get", urls="/metrics")), binding("b", "m", "user:ann"))
    assert "1 subject can get, list or watch /metrics" in asked(WhoCan(("read",), "/metrics"), *docs).verdict


def test_approving_takes_the_signer_too() -> None:
    given = asked(WhoCan(("update",), "csr/approval"))
    assert "who-can approve csr" in given.notes[0]


def test_approving_is_a_right_to_the_request_and_to_its_signer() -> None:
    change = rule("update", "certificates.k8s.io", "certificatesigningrequests/approval")
    signer = rule("approve", "certificates.k8s.io", "signers", names="shop.example/*")
    docs = (
        role("change", change),
        role("signer", signer),
        binding("a", "change", "user:ann", "user:bob"),
        binding("b", "signer", "user:ann"),
    )
    given = asked(WhoCan(("approve",), "csr"), *docs)
    assert "; 1 more only what their rules name" in given.verdict
    assert [row[0] for row in given.tables[0].rows] == ["Group system:masters"]
    assert [(row[0], row[4]) for row in given.tables[1].rows] == [("User ann", "shop.example/*")]
    assert "approve signers.certificates.k8s.io" in given.verdict
    query = document(given)["query"]
    assert [each["subresource"] for each in query["requests"]] == ["approval", "approval"]
    assert [each["resource"] for each in query["also"]] == ["signers"]
    named = asked(WhoCan(("approve",), "csr", "shop.example/client"), *docs)
    assert [row[0] for row in named.tables[0].rows] == ["Group system:masters", "User ann"]
    yes = asked(CanDo("user:ann", ("approve",), "csr", "shop.example/client"), *docs)
    assert yes.extra["allowed"] is True
    no = asked(CanDo("user:bob", ("approve",), "csr", "shop.example/client"), *docs)
    assert no.extra["allowed"] is False
    assert "no rule that it holds allows it to approve signers" in no.verdict
    some = asked(CanDo("user:ann", ("approve",), "csr"), *docs)
    assert some.extra["allowed"] is False
    assert any("of these names only: shop.example/*" in note for note in some.notes)


def test_everything_and_urls() -> None:
    docs = (
        role("all", rule("*", "*", "*"), rule("get", urls="/healthz/*")),
        binding("b", "all", "user:ann"),
    )
    assert "1 subject can use every verb on every resource" in asked(WhoCan(("*",), "*"), *docs).verdict
    assert "1 subject can get /healthz/ping" in asked(WhoCan(("get",), "/healthz/ping"), *docs).verdict
    assert "nobody can get /healthz besides" in asked(WhoCan(("get",), "/healthz"), *docs).verdict


def test_kubernetes_own_holders_are_marked() -> None:
    own = {"kubernetes.io/bootstrapping": "rbac-defaults"}
    docs = (
        role("system:node-proxier", rule("list", "core", "nodes")),
        binding("system:node-proxier", "system:node-proxier", "user:system:kube-proxy", labels=own),
    )
    given = asked(WhoCan(("list",), "nodes"), *docs)
    assert "1 subject (1 of them Kubernetes' own)" in given.verdict
    assert given.tables[0].rows[1][4] == "Kubernetes' own"


def test_holders_of_any_role_by_name() -> None:
    given = asked(WhoHas(role="reader"))
    assert given.verdict == "prod: 3 subjects have the role reader."
    assert [row[:3] for row in given.tables[0].rows] == [
        ("Group system:serviceaccounts", "by name", "whole cluster"),
        ("ServiceAccount web/shop", "by name", "web"),
        ("User ann", "by name", "whole cluster"),
    ]
    assert asked(WhoHas(role="web/one")).verdict == "prod: 1 subject has the role web/one."
    assert "2 subjects have the role reader in data" in asked(WhoHas(role="reader", namespace="data")).verdict
    found = document(given)
    assert found["holders"][2]["bindings"] == [
        [
            {"kind": "ClusterRoleBinding", "namespace": None, "name": "everywhere"},
            {"kind": "ClusterRole", "namespace": None, "name": "reader"},
        ]
    ]


def test_holders_of_another_role_with_the_same_rules_are_marked() -> None:
    """Equal permissions count, more of them do not: that is another right."""
    read = rule("get list", "core", "pods")
    docs = (
        role("watcher", read),
        role("copy", rule("list get", "core", "pods")),
        role("more", rule("*", "core", "*")),
        binding("a", "watcher", "user:ann"),
        binding("b", "copy", "user:bob", "user:ann"),
        binding("c", "more", "user:cid"),
        binding("d", "copy", "user:dot", namespace="web", kind="ClusterRole"),
    )
    given = asked(WhoHas(role="watcher"), *docs)
    assert given.verdict == (
        "prod: 3 subjects have the role watcher (2 of them by a role of another name with the same rules)."
    )
    assert [row[:3] for row in given.tables[0].rows] == [
        ("User ann", "by name, same rules", "whole cluster"),
        ("User bob", "same rules", "whole cluster"),
        ("User dot", "same rules", "web"),
    ]
    assert [each["how"] for each in document(given)["holders"]] == [
        ["by name", "same rules"],
        ["same rules"],
        ["same rules"],
    ]


def test_cluster_admin_in_a_namespace_is_by_bindings_that_count_there() -> None:
    docs = (
        role("cluster-admin", rule("*", "*", "*")),
        binding("owner", "cluster-admin", "user:ann", namespace="web", kind="ClusterRole"),
        binding("all", "cluster-admin", "user:bob"),
    )
    question = WhoHas(role="cluster-admin", namespace="web")
    assert asked(question, *docs).verdict == "prod: 2 subjects have the role cluster-admin in web."
    assert "1 subject has the role" in asked(replace(question, namespace="data"), *docs).verdict


def test_an_unknown_role_is_a_question_back() -> None:
    with pytest.raises(CommandError, match="no role called raeder") as raised:
        asked(WhoHas(role="raeder"))
    assert "reader" in raised.value.next_step


def test_a_role_that_bindings_wait_for_has_no_holders() -> None:
    given = asked(WhoHas(role="gone"), binding("b", "gone", "user:ann"))
    assert given.verdict == "prod: 0 subjects have the role gone."
    assert any("does not exist" in each for each in given.caveats)

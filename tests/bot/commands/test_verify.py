"""`--verify`: agreement is counted, a difference shown, and no right to ask is said; on a real API server."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from bot.answer import Answer
from bot.commands import verify
from bot.commands.can import CanDo
from bot.commands.desk import Desk, target_of
from bot.commands.perform import perform
from bot.commands.questions import answer, read
from bot.commands.verify import sampled, verified
from bot.commands.who_can import WhoCan
from bot.errors import CommandError
from bot.rights.roles import Asker
from bot.settings import ClusterSettings
from checks.access.asking import ask
from checks.access.verify import MOST, samples
from checks.cluster.source import LiveCluster, Sample
from tests.checks.access.rbac_objects import Doc, binding, cluster, role, rule
from tests.harness.api_server import ApiServer

SPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "verify"}}
READER = role("verify-reader", rule("get list", "core", "secrets"))
INSIDE = binding("inside", "verify-reader", "user:ann", "sa:shop", namespace="verify", kind="ClusterRole")
EVERYWHERE = binding("verify-all", "verify-reader", "group:verify:sre", "user:bob")
MAY_READ = binding("verify-may-read", "verify-sees", "user:auditor")
SEES = role(
    "verify-sees",
    rule("list", "rbac.authorization.k8s.io", "roles rolebindings clusterroles clusterrolebindings"),
    rule("list", "core", "namespaces serviceaccounts"),
)
QUESTION = WhoCan(("read",), "secrets")


@pytest.fixture
def server(api_server: ApiServer) -> Iterator[ApiServer]:
    docs = (SPACE, READER, INSIDE, EVERYWHERE, SEES, MAY_READ)
    api_server.api.apply(*docs)
    yield api_server
    api_server.api.delete(*docs)


def asked(
    server: ApiServer, question: WhoCan | CanDo, user: str = "admin", then: Doc | None = None
) -> Answer:
    """The verified answer. `then`: what is taken away between reading and verifying."""
    target = LiveCluster(server.kubeconfig_for(user))
    taken = read(target, question, lambda _: None)
    if then:
        server.api.delete(then)
    return verified(answer("test", question, taken, taken.finished), question, target, taken)


def test_agreement_is_counted(server: ApiServer) -> None:
    given = asked(server, QUESTION)
    verification = given.extra["verification"]
    assert verification.asked > 10
    assert verification.differences == ()
    assert f"decides the same in all {verification.asked} questions" in given.notes[-1]
    one = asked(server, CanDo("user:ann", ("get",), "secrets"))
    assert one.extra["verification"].asked == 1
    assert "in all 1 questions" in one.notes[-1]


def test_a_difference_is_shown(server: ApiServer) -> None:
    given = asked(server, QUESTION, then=EVERYWHERE)
    differences = given.extra["verification"].differences
    assert {each.subject for each in differences} == {"User bob", "Group verify:sre"}
    assert "But the API server decides 2 of" in given.verdict
    assert given.tables[0].title == "Decided otherwise"
    assert {row[2:4] for row in given.tables[0].rows} == {("yes", "no")}


def test_without_the_right_to_ask_nothing_is_claimed(server: ApiServer) -> None:
    given = asked(server, QUESTION, user="auditor")
    assert "Not verified" in given.notes[-1]
    assert "verification" not in given.extra


def a_little(server: ApiServer, user: str = "admin", then: Doc | None = None, **options: Any) -> Answer:
    """The answer with a small sample of it put to the API server, as Slack and `ask` do."""
    target = LiveCluster(server.kubeconfig_for(user), **options)
    taken = read(target, QUESTION, lambda _: None)
    if then:
        server.api.delete(then)
    return sampled(answer("test", QUESTION, taken, taken.finished), QUESTION, target, taken)


def test_a_little_is_asked_where_nobody_said_so(server: ApiServer) -> None:
    given = a_little(server)
    assert 0 < given.extra["verification"].asked <= 20
    assert "the API server decides the same" in given.notes[-1]
    changed = a_little(server, then=EVERYWHERE)
    assert "But the API server decides 2 of" in changed.verdict


@pytest.mark.parametrize(("user", "options"), [("auditor", {}), ("admin", {"verify": False})])
def test_nothing_is_asked_and_nothing_said_where_that_is_not_allowed(
    server: ApiServer, user: str, options: dict[str, Any]
) -> None:
    given = a_little(server, user, **options)
    assert "verification" not in given.extra
    assert not any("erified" in note for note in given.notes)


def test_a_slow_api_server_holds_no_answer_up(server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "_SECONDS", 0.0)
    given = a_little(server)
    assert "verification" not in given.extra
    assert "can get, list or watch secrets" in given.verdict


def test_answers_in_slack_are_verified_by_the_clusters_setting(server: ApiServer, desk: Desk) -> None:
    cluster_settings = ClusterSettings(name="test", kubeconfig=server.kubeconfig_for("admin"))
    for setting, verified_there in ((True, True), (False, False)):
        target = target_of(cluster_settings.model_copy(update={"verify_answers": setting}))
        there = dataclasses.replace(desk, targets={"test": target})
        given = perform(there, QUESTION, asker=Asker.of_the_house("test"))
        assert ("verification" in given.extra) is verified_there


def test_only_a_running_cluster_can_be_asked() -> None:
    snapshot = cluster(READER)
    given = answer("x", QUESTION, snapshot, snapshot.finished)
    with pytest.raises(CommandError, match="Only a running cluster"):
        verified(given, QUESTION, Sample(), snapshot)
    whole = CanDo("user:ann")
    with pytest.raises(CommandError, match="Only a question about a verb"):
        verified(given, whole, LiveCluster(None, None), snapshot)


def test_a_sample_has_those_who_may_and_those_who_may_not() -> None:
    docs = [READER, role("other", rule("get", "core", "pods"))]
    docs += [binding(f"r{n}", "verify-reader", f"user:reader-{n}", f"sa:a/s-{n}") for n in range(90)]
    docs += [
        binding(f"o{n}", "other", f"user:other-{n}", namespace="a", kind="ClusterRole") for n in range(90)
    ]
    snapshot = cluster(*docs)
    found = samples(snapshot, ask(snapshot, ("list",), "secrets").requests)
    assert len(found) == MOST
    assert sum(each.expected for each in found) == MOST // 2
    account = next(each for each in found if each.subject.kind == "ServiceAccount")
    assert account.asked.user == f"system:serviceaccount:a:{account.subject.name}"
    assert "system:serviceaccounts:a" in account.asked.groups
    assert account.asked.attributes["resourceAttributes"]["namespace"] == ""

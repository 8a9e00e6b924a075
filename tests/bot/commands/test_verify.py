"""`--verify`: agreement is counted, a difference shown, and no right to ask is said; on a real API server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.answer import Answer
from bot.commands.can import CanDo
from bot.commands.questions import answer, read
from bot.commands.verify import verified
from bot.commands.who_can import WhoCan
from bot.errors import CommandError
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

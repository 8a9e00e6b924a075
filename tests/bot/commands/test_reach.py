"""`reach`: the verdict, who decided it, and what is said where something is not known."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from bot.answer import Answer, to_json
from bot.commands.questions import answer
from bot.commands.reach import CanReach
from bot.errors import CommandError
from tests.checks.network.network_objects import only, pod, policy
from tests.harness.fixture_snapshot import MOMENT, snapshot_of

SPACES = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in ("web", "data")]
DOCS = [
    *SPACES,
    pod("front", app="front"),
    pod("shop", app="shop"),
    pod("db", "data", app="db"),
    policy(
        "shop",
        only(app="shop"),
        types="Ingress",
        ingress=[{"from": [{"podSelector": only(app="front")}], "ports": [{"port": 80}]}],
    ),
]


def asked(*words: str, docs: list[Any] | None = None, **options: Any) -> Answer:
    snapshot = snapshot_of(*(docs or DOCS), **options)
    return answer("prod", CanReach(*words), snapshot, MOMENT + timedelta(seconds=7))


@pytest.mark.parametrize(
    ("words", "outcome", "verdict"),
    [
        (("web/front", "web/shop", "80"), "allowed", "yes, web/front reaches web/shop on port 80."),
        (("front", "shop", "443"), "denied", "no, the policies do not let it"),
        (("web/front", "web/shop"), "some", "in part: TCP 80."),
        (("db", "shop", "80"), "denied", "no, the policies"),
        (("shop", "internet"), "allowed", "yes"),
        (("8.8.8.8", "shop"), "denied", "no"),
        (("shop", "metadata", "80"), "allowed", "yes"),
        (("shop", "shop", "80"), "denied", "no"),
        (
            ("any", "web/shop", "80"),
            "some",
            "1 of 2 workloads but not the Internet may reach web/shop on port 80.",
        ),
        (("web/shop", "any"), "allowed", "web/shop may reach 2 of 2 workloads and the Internet."),
    ],
)
def test_the_verdict_stands_alone(words: tuple[str, ...], outcome: str, verdict: str) -> None:
    answer = asked(*words)
    assert answer.extra["outcome"] == outcome
    assert verdict in answer.verdict
    msgspec.json.encode(to_json(answer))


def test_the_deciding_policy_is_named() -> None:
    answer = asked("web/front", "web/shop", "80")
    assert answer.tables[0].rows[0][4] == "web/shop spec.ingress[0] allow"
    assert [each.source for each in answer.evidence] == ["NetworkPolicy web/shop"]
    assert answer.caveats[0].startswith("This is what the policies say")


def test_namespaces_without_a_default_deny() -> None:
    answer = asked(docs=[*DOCS, policy("closed", namespace="data", types="Ingress Egress")])
    assert "1 of 2 namespaces lack a default deny" in answer.verdict
    assert answer.tables[0].rows == (("web", "none", "none"), ("data", "canonical", "canonical"))


def test_what_could_not_be_read_comes_before_the_verdict() -> None:
    answer = asked("web/front", "web/shop", "80", missing={"CiliumNetworkPolicy": "403"})
    assert answer.verdict.startswith("prod: Not certain, because CiliumNetworkPolicy could not be read.")
    assert answer.extra["incomplete"] is True


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nobody", "web/shop"), "no workload or pod called nobody"),
        (("web/frnt", "web/shop"), "Did you mean web/front?"),
        (("8.8.8.8", "1.1.1.1"), "Neither end"),
        (("twin", "web/shop"), "more than one namespace: data, web"),
    ],
)
def test_a_name_that_stands_for_nothing_or_too_much_is_refused(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError) as raised:
        asked(*words, docs=[*DOCS, pod("twin"), pod("twin", "data")])
    assert said in f"{raised.value.message} {raised.value.next_step}"


def test_the_end_that_is_asked_about_is_not_repeated_in_every_row() -> None:
    incoming, outgoing = asked("any", "web/shop").tables[0], asked("web/shop", "any").tables[0]
    assert (incoming.title, incoming.columns[:2]) == ("Who reaches Pod web/shop", ("From", "Verdict"))
    assert (outgoing.title, outgoing.columns[:2]) == ("What Pod web/shop reaches", ("To", "Verdict"))
    assert "Internet (1.1.1.1)" in {row[0] for row in outgoing.rows}
    assert asked("web/front", "web/shop").tables[0].columns[:2] == ("From", "To")


def test_many_of_whom_the_same_is_said_share_a_row() -> None:
    agents = [pod(f"agent-{number}", "data", app=f"agent-{number}") for number in range(9)]
    table = asked("any", "web/shop", docs=[*DOCS, *agents]).tables[0]
    (row,) = [row for row in table.rows if "agent-0" in row[0]]
    assert "more" in row[0]
    assert table.total == len(table.rows)


def test_pods_on_the_network_of_their_nodes_are_told_of_together() -> None:
    agents = [pod(f"agent-{number}", "data", host=True, app=f"agent-{number}") for number in range(5)]
    caveats = asked("any", "web/shop", docs=[*DOCS, *agents]).caveats
    assert len(caveats) == 2
    assert caveats[1].endswith(": Pod data/agent-0, Pod data/agent-1, Pod data/agent-2 and 2 more.")


def test_an_unknown_rule_is_said_and_not_guessed() -> None:
    cilium = {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": {"name": "names", "namespace": "web"},
        "spec": {"endpointSelector": {}, "egress": [{"toFQDNs": [{"matchName": "example.com"}]}]},
    }
    answer = asked("web/front", "internet", docs=[*DOCS, cilium])
    assert answer.extra["outcome"] == "unknown"
    assert any("not modelled" in each for each in answer.caveats)


def test_rules_of_a_mesh_are_said_to_be_there_and_not_modelled() -> None:
    access = {
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": "a", "namespace": "web"},
        "spec": {},
    }
    answer = asked("web/front", "web/shop", "80", docs=[*DOCS, access])
    assert answer.extra["outcome"] == "allowed"
    assert any("not modelled" in each and "1 IstioAuthorizationPolicy" in each for each in answer.caveats)
    assert not any("mesh" in each for each in asked("web/front", "web/shop", "80").caveats)

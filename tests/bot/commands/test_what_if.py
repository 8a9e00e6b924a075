"""`what-if payments restricted`: who would be refused and why, and what the API does not show said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from bot.answer import Answer, to_json
from bot.commands.desk import Desk
from bot.commands.perform import perform
from bot.commands.questions import answer
from bot.commands.what_if import WhatIf
from bot.errors import CommandError
from bot.rights.roles import Asker
from checks.pod_security.levels import Level
from tests.bot.commands.desks import Steps
from tests.checks.pod_security.pods import SAFE
from tests.harness.fixture_snapshot import MOMENT, snapshot_of

Object = dict[str, Any]


def deployment(name: str, namespace: str = "payments", **spec: Any) -> Object:
    containers = [{"name": "app", "image": "shop:1", "securityContext": SAFE}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "uid": f"u-{name}"},
        "spec": {"template": {"spec": {"containers": containers, **spec}}},
    }


def asked(*documents: Object, level: Level = Level.RESTRICTED, **missing: str) -> Answer:
    snapshot = snapshot_of(*documents, missing=missing)
    return answer("prod", WhatIf("payments", level), snapshot, MOMENT + timedelta(seconds=7))


def test_the_refused_are_named_with_control_and_place() -> None:
    answer = asked(
        deployment("good"),
        deployment("agent", hostPID=True, securityContext={"runAsUser": 0}),
        deployment("other", "web", hostPID=True),
    )
    assert answer.verdict == "prod: if payments enforced restricted, 1 of 2 workloads would be refused."
    assert answer.tables[0].rows == (
        (
            "Deployment payments/agent",
            "hostNamespaces, runAsUser",
            "It shares the node's process namespace.",
        ),
    )
    assert [(fact.source, fact.path) for fact in answer.evidence] == [
        ("Deployment payments/agent", "spec.template.spec.hostPID"),
        ("Deployment payments/agent", "spec.template.spec.securityContext.runAsUser"),
    ]
    assert [each.name for each in answer.extra["admitted"]] == ["good"]


def test_a_milder_level_refuses_less() -> None:
    root = deployment("root", securityContext={"runAsUser": 0})
    (ready,) = asked(root, level=Level.BASELINE).tables
    assert ready.rows == (("kubectl label namespace payments pod-security.kubernetes.io/enforce=baseline",),)
    assert "none of 1 workloads" in asked(root, level=Level.BASELINE).verdict


def test_it_says_what_happens_to_controllers_running_pods_and_exemptions() -> None:
    said = " ".join(asked(deployment("good")).caveats)
    assert "not evicted" in said
    assert "only warned about" in said
    assert "Exemptions" in said


def test_what_could_not_be_read_is_part_of_the_verdict() -> None:
    answer = asked(deployment("good"), CronJob="403 Forbidden")
    assert "there may be more" in answer.verdict
    assert answer.tables == ()
    assert answer.extra["incomplete"] is True
    assert any("CronJob could not be read: 403 Forbidden" in each for each in answer.caveats)


def test_an_unknown_namespace_is_refused_with_the_nearest() -> None:
    with pytest.raises(CommandError) as caught:
        asked(deployment("good", "payment"))
    assert "Did you mean payment?" in caught.value.next_step


def test_as_json_it_is_the_published_contract() -> None:
    document = msgspec.json.decode(msgspec.json.encode(to_json(asked(deployment("agent", hostIPC=True)))))
    assert document["command"] == "what-if payments restricted"
    assert document["refused"][0]["workload"]["kind"] == "Deployment"
    assert document["refused"][0]["controls"] == ["hostNamespaces"]


def test_the_restricted_team_of_the_sample_would_lose_nothing(desk: Desk, steps: Steps) -> None:
    assert (
        "none of"
        in perform(desk, WhatIf("payments"), asker=Asker.of_the_house("erin"), progress=steps).verdict
    )
    assert perform(desk, WhatIf("monitoring"), asker=Asker.of_the_house("erin"), progress=steps).tables

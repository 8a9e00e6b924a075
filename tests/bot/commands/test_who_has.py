"""`who-has cluster-admin`: holders with their evidence, and what was not seen said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from bot.answer import Answer, to_json
from bot.commands.desk import Desk
from bot.commands.perform import perform
from bot.commands.questions import answer
from bot.commands.who_has import WhoHas
from bot.rights.roles import Asker
from tests.bot.commands.desks import Steps
from tests.harness.fixture_snapshot import MOMENT, snapshot_of

API = "rbac.authorization.k8s.io/v1"
EVERYTHING = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
URLS = [{"nonResourceURLs": ["*"], "verbs": ["*"]}]


def role(name: str) -> dict[str, Any]:
    return {"apiVersion": API, "kind": "ClusterRole", "metadata": {"name": name}, "rules": EVERYTHING + URLS}


def binding(name: str, to: str, subject: str) -> dict[str, Any]:
    return {
        "apiVersion": API,
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name, "uid": f"uid-{name}"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": to},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": subject}],
    }


def asked(*documents: dict[str, Any], missing: dict[str, str] | None = None) -> Answer:
    snapshot = snapshot_of(*documents, missing=missing)
    return answer("prod", WhoHas(), snapshot, MOMENT + timedelta(seconds=7))


def test_holders_by_name_and_by_content_each_with_the_chain() -> None:
    answer = asked(
        role("cluster-admin"),
        role("custom"),
        binding("a", "cluster-admin", "ann"),
        binding("b", "custom", "bob"),
    )
    assert answer.verdict == "prod: 2 subjects have cluster-admin besides the built-in group system:masters."
    rows = {row[0]: row[1:4] for row in answer.tables[0].rows}
    assert rows["User ann"] == ("cluster-admin", "ClusterRoleBinding a", "ClusterRole cluster-admin")
    assert rows["User bob"] == ("equivalent", "ClusterRoleBinding b", "ClusterRole custom")
    assert rows["Group system:masters"] == ("implicit", "-", "-")
    assert {(each.source, each.uid) for each in answer.evidence} == {
        ("User ann → ClusterRoleBinding a → ClusterRole cluster-admin", "uid-a"),
        ("User bob → ClusterRoleBinding b → ClusterRole custom", "uid-b"),
    }
    everything = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
    assert [each.observed for each in answer.evidence] == [everything, everything]


def test_what_could_not_be_read_is_part_of_the_verdict() -> None:
    answer = asked(role("cluster-admin"), missing={"ClusterRoleBinding": "403 Forbidden"})
    assert "there may be more" in answer.verdict
    assert answer.extra["incomplete"] is True
    assert asked(role("cluster-admin")).extra["incomplete"] is False


def test_the_caveat_that_rbac_is_what_was_looked_at() -> None:
    assert any("RBAC is what was looked at" in caveat for caveat in asked().caveats)


def test_as_json_it_is_the_published_contract() -> None:
    answer = asked(role("cluster-admin"), binding("a", "cluster-admin", "ann"))
    document = msgspec.json.decode(msgspec.json.encode(to_json(answer)))
    assert document["schema"] == "quarterdeck.answer/v1"
    assert document["command"] == "who-has cluster-admin"
    assert document["verdict"] == answer.verdict
    assert document["age_seconds"] == 7
    assert set(document["cluster"]) >= {"uid", "name", "version", "provider"}
    assert document["cluster"]["name"] == "prod"
    assert {"tables", "evidence", "caveats"} <= set(document)
    assert set(document["tables"][0]) >= {"title", "columns", "rows"}
    (holder,) = [each for each in document["holders"] if each["how"] == "cluster-admin"]
    assert holder["subject"] == {"kind": "User", "name": "ann", "namespace": None}
    ((because),) = holder["because"]
    assert set(because) == {"binding", "role", "rule"}
    assert because["binding"]["name"] == "a"
    assert set(document["coverage"][0]) >= {"kind", "apiVersion", "state", "listed", "reason"}


def test_it_reads_rbac_only_and_names_the_cluster_as_the_settings_do(desk: Desk, steps: Steps) -> None:
    answer = perform(desk, WhoHas(), asker=Asker.of_the_house("erin"), progress=steps)
    assert answer.verdict.startswith("harbour: ")
    assert answer.cluster is not None
    assert answer.cluster.name == "harbour"
    assert steps.stages == ["reading", "done"]
    assert "Pod" not in {each.kind for each in answer.extra["coverage"] if each.listed}

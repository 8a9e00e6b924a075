"""`escalate`: the verdict, the ways, the cut, and what is said where something is not known."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from jsonschema import validate

from bot.answer import Answer, to_json
from bot.commands.escalate import Escalate
from bot.commands.questions import answer
from bot.published import schemas
from checks.access.who import UnclearSubject
from checks.cluster.source import Sample, take_snapshot
from tests.checks.access.escalation.ways_of import account, namespace
from tests.checks.access.rbac_objects import binding, role, rule
from tests.harness.fixture_snapshot import MOMENT, snapshot_of

DOCS = (
    namespace("ci"),
    *(account(f"ci/{name}") for name in ("runner", "deployer", "idle")),
    role("cluster-admin", rule("*", "*", "*"), rule("*", urls="*")),
    role("pods", rule("create", "core", "pods")),
    binding("deployer", "cluster-admin", "sa:ci/deployer"),
    binding("runner", "pods", "sa:ci/runner", namespace="ci", kind="ClusterRole"),
)


def asked(subject: str = "", *docs: Any, **missing: str) -> Answer:
    snapshot = snapshot_of(*(docs or DOCS), missing=missing)
    given = answer("prod", Escalate(subject), snapshot, MOMENT + timedelta(seconds=7))
    msgspec.json.encode(to_json(given))
    return given


@pytest.mark.parametrize(
    ("subject", "verdict"),
    [
        (
            "sa:ci/runner",
            (
                "prod: ServiceAccount ci/runner becomes cluster-admin in 1 step: start a pod as "
                "ServiceAccount ci/runner, which gives ServiceAccount ci/deployer. "
                "Removing RoleBinding ci/runner ends it."
            ),
        ),
        (
            "system:serviceaccount:ci:deployer",
            (
                "prod: ServiceAccount ci/deployer has cluster-admin already. "
                "Removing ClusterRoleBinding deployer ends it."
            ),
        ),
        (
            "sa:ci/idle",
            "prod: no way was found from ServiceAccount ci/idle to cluster-admin or to anybody else.",
        ),
        ("user:Alice", "prod: no way was found from User Alice to cluster-admin or to anybody else."),
        ("", "prod: 1 reaches cluster-admin besides the 1 who has it"),
    ],
)
def test_the_verdict_stands_alone(subject: str, verdict: str) -> None:
    assert asked(subject).verdict.startswith(verdict)


def test_whoever_the_table_names_is_not_named_again_in_the_first_step() -> None:
    rows = {row[0]: row[2] for row in asked("").tables[0].rows}
    assert rows["ServiceAccount ci/runner"] == "start a pod, which gives ServiceAccount ci/deployer"
    assert rows["ServiceAccount ci/deployer"] == "holds everything"


def test_the_picture_is_of_all_ways_and_says_what_the_cut_ends() -> None:
    picture = asked("sa:ci/runner").picture
    assert picture is not None
    assert picture.title == "prod: Ways from ServiceAccount ci/runner to cluster-admin"
    assert picture.drawing.told.startswith(
        "ServiceAccount ci/runner: start a pod (E5); create pods in ci; remove RoleBinding ci/runner, which "
        "gives ServiceAccount ci/deployer."
    )
    assert asked("sa:ci/idle").picture is None


def test_every_step_names_permission_binding_role_and_rule() -> None:
    given = asked("sa:ci/runner")
    (ways, cut, others) = given.tables
    assert [row[0] for row in ways.rows] == ["1.1", "1.2"]
    assert ways.rows[0][3:5] == ("create pods in ci", "RoleBinding ci/runner → ClusterRole pods rules[0]")
    assert cut.rows == (("RoleBinding ci/runner", "1"),)
    assert ("ServiceAccount ci/deployer", "1") in others.rows
    assert [fact.path for fact in given.evidence] == ["rules[0]", "rules[0]"]
    cut = given.extra["cut"]
    assert [(each.binding.kind, each.binding.name, each.subject) for each in cut.remove] == [
        ("RoleBinding", "runner", None)
    ]
    assert (cut.exact, cut.complete, cut.verified, cut.unbreakable) == (True, True, True, 0)


def test_what_was_not_read_is_said() -> None:
    given = asked("sa:ci/runner", Pod="forbidden", Secret="forbidden")
    assert given.extra["incomplete"] is True
    assert given.verdict.startswith("prod: Not complete, because Pod, Secret could not be read.")
    assert any(text.startswith("Pod objects could not be read (forbidden)") for text in given.caveats)


def test_whom_nobody_knows_is_said() -> None:
    given = asked("sa:ci/runer")
    assert given.verdict.startswith("prod: no way was found from ServiceAccount ci/runer")
    assert given.caveats[0] == "No binding names ServiceAccount ci/runer. Did you mean sa:ci/runner?"
    with pytest.raises(UnclearSubject):
        asked("sa:nobody")


@pytest.mark.parametrize("subject", ["", "sa:ci/runner", "user:Alice"])
def test_the_json_form_is_the_published_one(subject: str) -> None:
    validate(msgspec.json.decode(msgspec.json.encode(to_json(asked(subject)))), schemas()["escalate"])


def test_the_sample_names_who_is_nearest_first() -> None:
    snapshot = take_snapshot(Sample(), progress=lambda *_: None)
    given = answer("harbour", Escalate(), snapshot, snapshot.finished)
    table = given.tables[0]
    assert [row[3] for row in table.rows] == sorted((row[3] for row in table.rows), reverse=True)
    steps = [row[1] for row in table.rows if row[3] == "people"]
    assert steps == sorted(steps, key=lambda text: int(text) if text.isdigit() else 0)
    assert given.extra["cut"].verified is True

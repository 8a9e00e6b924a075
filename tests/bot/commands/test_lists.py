"""`list`: where checks fail, of a namespace or everywhere, honest about what could not be judged."""

from __future__ import annotations

from typing import Any

import pytest

from bot.answer import Tone
from bot.commands import questions
from bot.commands.lists import ListFailing, describe, kinds
from bot.commands.named_lists import LISTS
from bot.commands.progress import silent
from bot.errors import CommandError
from checks.cluster.source import Sample
from checks.registry import all_checks
from tests.harness.fixture_snapshot import snapshot_of


def pod(namespace: str, name: str, *, privileged: bool) -> dict[str, Any]:
    """A pod of one container."""
    container = {"name": "a", "image": "a", "securityContext": {"privileged": privileged}}
    meta = {"name": name, "namespace": namespace, "uid": f"{namespace}-{name}"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": [container]}}


PODS = (
    pod("web", "open", privileged=True),
    pod("web", "closed", privileged=False),
    pod("data", "other", privileged=True),
)


def test_every_list_is_of_checks_that_there_are() -> None:
    known = {check.id for check in all_checks()}
    assert [name for name, listed in LISTS.items() if not known >= set(listed.checks)] == []
    assert not known & set(LISTS)


def test_what_fails_is_listed_with_where_and_why() -> None:
    answer = describe(ListFailing("privileged"), snapshot_of(*PODS))
    assert answer.verdict == "2 of 3 are privileged."
    assert answer.tone is Tone.BAD
    assert [row[:2] for row in answer.tables[0].rows] == [("data", "Pod/other"), ("web", "Pod/open")]
    assert "explain pod-privileged" in answer.notes[0]
    assert answer.evidence
    assert not answer.extra["incomplete"]


def test_a_namespace_limits_the_list() -> None:
    answer = describe(ListFailing("privileged", "web"), snapshot_of(*PODS))
    assert answer.verdict == "1 of 2 in web is privileged."


def test_a_check_is_a_list_by_its_id() -> None:
    answer = describe(ListFailing("pod-host-network"), snapshot_of(*PODS))
    assert (answer.verdict, answer.tone, answer.tables) == ("none of 3 fail pod-host-network.", Tone.GOOD, ())


def test_a_number_is_a_list_of_its_checks() -> None:
    answer = describe(ListFailing("5.2.2"), snapshot_of(*PODS))
    assert answer.verdict == "2 of 3 fail 5.2.2."
    assert {"pod-privileged", "namespace-pod-security-baseline"} == set(answer.extra["checks"])


def test_a_severity_is_a_list_of_all_its_checks() -> None:
    answer = describe(ListFailing("critical"), questions.read(Sample(), ListFailing("critical"), silent))
    assert "fail a critical check" in answer.verdict
    assert len(answer.extra["checks"]) > 2
    assert {"pod-privileged"} <= {each["check"] for each in answer.extra["failing"]}
    assert answer.notes == ()


def test_what_could_not_be_read_is_never_none() -> None:
    snapshot = snapshot_of(PODS[1], missing={"Deployment": "forbidden"})
    answer = describe(ListFailing("privileged"), snapshot)
    assert answer.verdict == "0 of 1 are privileged; of others it cannot be told."
    assert answer.tone is Tone.NEUTRAL
    assert "Deployment" in answer.tables[0].rows[0][3]
    assert answer.extra["incomplete"]


def test_a_namespace_that_there_is_not_is_no_good_news() -> None:
    with pytest.raises(CommandError, match="no namespace wep"):
        describe(ListFailing("privileged", "wep"), snapshot_of(*PODS))


def test_a_list_that_there_is_not_names_the_nearest() -> None:
    with pytest.raises(CommandError, match="no list called priviledged") as raised:
        kinds(ListFailing("priviledged"))
    assert "Did you mean privileged?" in raised.value.next_step


@pytest.mark.parametrize("name", LISTS)
def test_every_list_answers_about_the_sample(name: str) -> None:
    question = ListFailing(name)
    answer = describe(question, questions.read(Sample(), question, silent))
    assert answer.verdict.endswith(".")
    assert all(len(row) == len(table.columns) for table in answer.tables for row in table.rows)

"""`explain` and `fix`: what is always so, and what the last run says of it."""

from __future__ import annotations

import pytest

from bot.answer import Answer, Tone
from bot.commands.desk import Desk
from bot.commands.explain import Explain, Fix, explain, fix
from bot.commands.scan import RunScan, scan
from bot.errors import CommandError
from tests.bot.commands.desks import Clock, Steps


def facts(answer: Answer) -> dict[str, str]:
    """The first table, by its first column."""
    return {row[0]: row[1] for row in answer.tables[0].rows}


def test_a_check_is_explained_without_a_cluster() -> None:
    answer = explain(None, Explain("Pod-Privileged"))
    assert answer.verdict.startswith("pod-privileged: ")
    assert {"Severity", "Why", "How", "What to do"} <= set(facts(answer))
    assert [table.title for table in answer.tables] == ["", "For example", "Requirements"]
    assert answer.run_id is None
    assert answer.command == "explain Pod-Privileged"


def test_before_any_scan_nothing_is_said_of_the_cluster(desk: Desk) -> None:
    assert explain(desk, Explain("pod-privileged")).caveats == ()


def test_the_last_run_says_where_and_why_it_fails(desk: Desk, steps: Steps, clock: Clock) -> None:
    _, kept = scan(desk, RunScan(), asker="U1", progress=steps)
    clock.now = kept.run.finished
    clock.forward(hours=3)
    answer = explain(desk, Explain("pod-privileged"))
    assert answer.verdict.endswith("It fails in 4 places in the last run of harbour.")
    assert answer.tables[1].title == "What fails now"
    assert ("ci", "Deployment/build-runner", "containers/docker") in {
        row[:3] for row in answer.tables[1].rows
    }
    assert answer.caveats == (f"From the run {kept.run.id}, 3 hours ago; a scan tells how it is now.",)
    assert (answer.age_seconds, answer.run_id, answer.tone) == (3 * 3600, kept.run.id, Tone.BAD)
    one = explain(desk, Explain("pod-privileged", "ci/build-runner"))
    assert one.verdict.endswith("It fails on ci/build-runner in the last run of harbour.")
    assert [row[1] for row in one.tables[1].rows] == ["Deployment/build-runner"]
    none = explain(desk, Explain("pod-privileged", "web/booking"))
    assert none.verdict.endswith("Nothing of pod-privileged on web/booking fails in the last run of harbour.")
    mended = fix(desk, Fix("pod-privileged", "deployment/build-runner"))
    assert "It fails on deployment/build-runner" in mended.verdict
    assert mended.tables[0].columns == ("Snippet",)
    requirement = explain(desk, Explain("5.1.3"))
    assert requirement.verdict.startswith("cis-kubernetes-2.0.1 5.1.3: ")
    ((check, _, _, state),) = requirement.tables[0].rows
    assert (check, state) == ("rbac-wildcard-role", "4 findings")


@pytest.mark.parametrize(
    ("topic", "framework"),
    [
        ("5.1.3", "cis-kubernetes-2.0.1"),
        ("cis-eks-1.8.0/4.1.3", "cis-eks-1.8.0"),
        ("soc2/CC6.1", "soc2"),
        ("AC-6", "nist-800-53-r5"),
    ],
)
def test_a_requirement_is_found_by_its_number(topic: str, framework: str) -> None:
    answer = explain(None, Explain(topic))
    assert answer.verdict.startswith(f"{framework} {topic.rpartition('/')[2]}: ")


def test_a_number_is_fixed_by_its_check_or_asks_which() -> None:
    assert fix(None, Fix("5.1.3")).verdict.startswith("rbac-wildcard-role: ")
    with pytest.raises(CommandError, match="is decided by") as raised:
        fix(None, Fix("nist-800-53-r5/AC-6"))
    assert raised.value.next_step.startswith("Say which: fix ")
    with pytest.raises(CommandError, match="No check decides"):
        fix(None, Fix("cis-kubernetes-2.0.1/1.1.9"))


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        ("pod-priviledged", "Did you mean pod-privileged?"),
        ("99.9.9", "cis-kubernetes-2.0.1/5.1.3"),
        ("cis-eks-1.8.0/99.1", "cis-eks-1.8.0"),
    ],
)
def test_what_there_is_not_is_refused_with_what_is_near(topic: str, said: str) -> None:
    with pytest.raises(CommandError) as raised:
        explain(None, Explain(topic))
    assert said in raised.value.next_step
    if not topic[0].isdigit() and "/" not in topic:
        with pytest.raises(CommandError, match=topic):
            fix(None, Fix(topic))

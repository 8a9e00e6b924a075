"""`diff` in Slack: rights now beside those that were kept with a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from bot.answer import Answer, Tone
from bot.commands.access_changes import AccessChanges
from bot.commands.perform import perform
from bot.commands.scan import RunScan
from bot.grammar import understand
from bot.rights.roles import Asker
from checks.access.kept import rights_from, rights_of
from checks.cluster import objects as o
from checks.cluster.sample import read_sample
from tests.bot.commands.desks import Clock, desk_in

SAID = {
    "diff": AccessChanges(),
    "diff monday": AccessChanges("monday"),
    "diff 3 days ago cluster=production": AccessChanges("3 days ago", "production"),
    "diff since=yesterday": AccessChanges("yesterday"),
    "who gained access": AccessChanges(),
    "who gained access since monday": AccessChanges("monday"),
    "Who has gained cluster-admin since last week?": AccessChanges("last week"),
    "which service accounts gained or lost rights since 2 days ago in production": AccessChanges(
        "2 days ago", "production"
    ),
    "what access changed since the last run": AccessChanges(),
    "what permissions have changed since 2026-11-01 in staging": AccessChanges("2026-11-01", "staging"),
}


@pytest.mark.parametrize(("said", "meant"), SAID.items())
def test_how_it_can_be_asked(said: str, meant: AccessChanges) -> None:
    assert understand(said) == meant
    assert understand(meant.canonical) == meant


def ask(folder: Path, said: str, clock: Clock, *, scanned: bool = True) -> Answer:
    desk = desk_in(folder, clock)
    if scanned:
        assert perform(desk, RunScan(), asker=Asker.of_the_house("test")).tone is not Tone.REFUSED
        clock.forward(hours=3)
    return perform(desk, understand(said), asker=Asker.of_the_house("test"))


def test_nothing_changed_since_the_last_run(tmp_path: Path, clock: Clock) -> None:
    answer = ask(tmp_path, "who gained access", clock)
    assert answer.verdict.startswith("harbour: nobody gained or lost a right since ")
    assert answer.extra["incomplete"] is False
    assert not answer.notes


def test_what_the_last_run_did_not_have_was_gained(tmp_path: Path, clock: Clock) -> None:
    desk = desk_in(tmp_path, clock)
    perform(desk, RunScan(), asker=Asker.of_the_house("test"))
    sample = read_sample(clock.now)
    bindings = sample.all(o.ClusterRoleBinding)
    fewer = tuple(each for each in bindings if each.metadata.name != "deploy-helper")
    assert len(fewer) == len(bindings) - 1
    sample.objects["ClusterRoleBinding"] = fewer
    with desk.history._database.writing() as connection:
        kept = {"content": rights_of(sample)}
        assert connection.execute(text("UPDATE rights SET snapshot = :content"), kept).rowcount == 1
    answer = perform(desk, understand("who gained cluster-admin"), asker=Asker.of_the_house("test"))
    assert "1 subject gained rights and 0 subjects lost some" in answer.verdict
    assert "ServiceAccount ci/deployer came to cluster-admin" in answer.verdict
    assert answer.tone is Tone.BAD


def test_a_moment_before_all_runs_is_answered_from_the_oldest_and_says_so(
    tmp_path: Path, clock: Clock
) -> None:
    answer = ask(tmp_path, "diff 2020-01-01", clock)
    assert "nobody gained or lost" in answer.verdict
    assert answer.notes == ("That is the oldest run that was kept with its rights.",)


@pytest.mark.parametrize(
    ("said", "why"),
    [("diff soon", "no moment that I understand"), ("diff cluster=nowhere", "no cluster called nowhere")],
)
def test_what_cannot_be_meant_is_refused_with_the_next_step(
    tmp_path: Path, clock: Clock, said: str, why: str
) -> None:
    answer = ask(tmp_path, said, clock)
    assert answer.tone is Tone.REFUSED
    assert why in answer.verdict
    assert answer.notes[0]


def test_without_a_run_there_is_nothing_to_compare_with(tmp_path: Path, clock: Clock) -> None:
    answer = ask(tmp_path, "who gained access", clock, scanned=False)
    assert answer.verdict == "Nothing was kept of harbour to compare with."
    assert "Run a scan" in answer.notes[0]


def test_a_run_of_some_namespaces_is_not_compared_with(tmp_path: Path, clock: Clock) -> None:
    desk = desk_in(tmp_path, clock)
    perform(desk, RunScan(namespaces=("payments",)), asker=Asker.of_the_house("test"))
    assert (
        "Nothing was kept"
        in perform(desk, understand("who gained access"), asker=Asker.of_the_house("test")).verdict
    )


def test_what_is_kept_are_the_rights_and_nothing_else(clock: Clock) -> None:
    sample = read_sample(clock.now)
    kept = rights_from(rights_of(sample), "r-1")
    assert kept.all(o.ClusterRole) == sample.all(o.ClusterRole)
    assert kept.all(o.ServiceAccount) == sample.all(o.ServiceAccount)
    assert not kept.all(o.Pod)
    assert not kept.saw("Secret")

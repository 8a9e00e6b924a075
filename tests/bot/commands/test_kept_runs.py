"""`drift`, `export` and `schedule`: what is answered from the history alone."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from pathlib import Path

import pytest

from bot.answer import Tone
from bot.commands.desk import Desk
from bot.commands.drift import ShowDrift, drift
from bot.commands.export import FORMS, Export
from bot.commands.perform import perform
from bot.commands.progress import silent
from bot.commands.schedule import ShowSchedule, schedule
from bot.errors import CommandError
from bot.rights.roles import Asker
from checks.model import ClusterInfo, Result, Status
from reports.history import Run
from tests.bot.commands.desks import Clock, desk_in
from tests.harness.scans import result, scan

HARBOUR = ClusterInfo("uid", "harbour", "v1.37.0", "")


def keep(desk: Desk, *results: Result, days: float, namespaces: tuple[str, ...] = ()) -> Run:
    """Keep a scan of the first cluster, some days old."""
    moment = desk.clock() - timedelta(days=days)
    made = scan(*results, finished=moment, cluster=HARBOUR, namespaces=namespaces)
    return desk.history.save(made, requested_by="erin")


def test_drift_tells_new_fixed_and_come_back(desk: Desk) -> None:
    keep(desk, result("web"), result("api"), days=5)
    before = keep(desk, result("web"), result("api", Status.PASS), result("job", Status.PASS), days=3)
    last = keep(desk, result("web", Status.PASS), result("api"), result("job"), days=0.5)
    answer = drift(desk, ShowDrift())
    assert answer.verdict.startswith("harbour: 2 new, 1 fixed since ")
    assert answer.verdict.endswith("(1 of the new ones were there before).")
    shown = {table.title: [row[2] for row in table.rows] for table in answer.tables}
    assert {title: [name.rpartition("/")[2] for name in names] for title, names in shown.items()} == {
        "New": ["job"],
        "Come back": ["api"],
        "Fixed": ["web"],
    }
    assert answer.notes == (f"From the run {before.id} to the run {last.id}; 0 findings still open.",)
    assert answer.tone is Tone.BAD
    assert len(answer.extra["reopened"]) == 1


def test_drift_since_a_moment_compares_with_the_run_of_then(desk: Desk) -> None:
    first = keep(desk, result("web"), days=9)
    keep(desk, days=3)
    keep(desk, result("web"), result("part"), days=1, namespaces=("shop",))
    keep(desk, result("web"), days=0.1)
    assert drift(desk, ShowDrift("7 days ago")).extra["before"] == first.id
    assert drift(desk, ShowDrift("30 days ago")).extra["before"] == first.id
    assert drift(desk, ShowDrift("2 days ago")).extra["before"] != first.id


@pytest.mark.parametrize(
    ("runs", "since", "said"),
    [
        (0, "", "Nothing was kept of harbour"),
        (1, "", "one run of harbour only"),
        (1, "1 hour ago", "There is no run of harbour after that"),
        (2, "love", "no moment that I understand"),
    ],
)
def test_drift_without_two_runs_says_what_to_do(desk: Desk, runs: int, since: str, said: str) -> None:
    for number in range(runs):
        keep(desk, days=2 - number)
    with pytest.raises(CommandError, match=said) as raised:
        drift(desk, ShowDrift(since))
    assert raised.value.next_step


@pytest.mark.parametrize("form", [form for form in FORMS if form != "pdf"])
def test_the_last_run_is_exported_in_every_form(desk: Desk, form: str) -> None:
    run = keep(desk, result("web", message="=1+1"), days=1)
    answer = perform(desk, Export(form), asker=Asker.of_the_house("U1"))
    (file,) = answer.files
    assert answer.run_id == run.id
    assert form.upper() in answer.verdict
    assert file.path.is_file()
    assert b"web" in file.path.read_bytes()
    if form == "csv":
        (row,) = csv.DictReader(file.path.read_text().splitlines())
        assert (row["name"], row["message"]) == ("web", "'=1+1")


def test_a_named_run_is_exported_and_what_is_not_there_is_refused(desk: Desk) -> None:
    run = keep(desk, result("web"), days=2)
    keep(desk, days=1)
    assert perform(desk, Export("json", run=run.id), asker=Asker.of_the_house("U1")).run_id == run.id
    for command, said in (
        (Export("docx"), "csv"),
        (Export("csv", run="r-none"), "r-none"),
        (Export("csv", "lost"), "Nothing was kept of lost"),
        (Export("csv", question="scan"), "not a question"),
        (Export("sarif", question="list privileged"), "csv, json"),
    ):
        answer = perform(desk, command, asker=Asker.of_the_house("U1"))
        assert answer.tone is Tone.REFUSED
        assert said in " ".join((answer.verdict, *answer.notes))


def test_an_answer_is_exported_with_all_its_rows(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.commands.lists._MOST_ROWS", 1)
    answer = perform(desk, Export("csv", question="list privileged"), asker=Asker.of_the_house("U1"))
    (file,) = answer.files
    rows = list(csv.reader(file.path.read_text().splitlines()))
    assert rows[0][:2] == ["Namespace", "What"]
    assert ["ci", "Deployment/build-runner"] in [row[:2] for row in rows]
    assert answer.verdict.endswith("rows are in the CSV.")
    assert answer.tables == ()
    assert file.name.startswith("list-privileged-")
    answer = perform(desk, Export("json", question="who-has cluster-admin"), asker=Asker.of_the_house("U1"))
    assert json.loads(answer.files[0].path.read_text())["command"] == "who-has cluster-admin"


def test_schedules_tell_their_next_and_their_last_time(tmp_path: Path, clock: Clock) -> None:
    weekly = {"name": "weekly", "cluster": "harbour", "cron": "0 7 * * mon", "channel": "C0SECURITY"}
    daily = weekly | {"name": "daily", "cluster": "lost", "cron": "0 6 * * *"}
    desk = desk_in(tmp_path, clock, schedules=[weekly, daily])
    try:
        assert desk.history.claim("weekly", clock.now, "replica")
        desk.history.settle("weekly", clock.now, error="no cluster")
        every, one = schedule(desk, ShowSchedule()), schedule(desk, ShowSchedule("lost"))
    finally:
        desk.history.close()
    assert every.verdict.startswith("2 schedules; next is ")
    assert every.verdict.endswith("the last time came to nothing: weekly.")
    assert every.tone is Tone.BAD
    first, second = every.tables[0].rows
    assert first[:3] == ("weekly", "harbour", "0 7 * * mon")
    assert first[5].startswith("failed ")
    assert first[5].endswith(": no cluster")
    assert second[5] == "-"
    assert one.verdict.startswith("1 schedule of lost; next is daily at ")


def test_without_schedules_nothing_is_scheduled(desk: Desk) -> None:
    answer = perform(desk, ShowSchedule(), asker=Asker.of_the_house("U1"), progress=silent)
    assert (answer.verdict, answer.tables) == ("Nothing is scheduled.", ())

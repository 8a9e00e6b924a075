"""Making and ending schedules by saying so: what is refused, by whom, and what it says of itself."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from bot.answer import Answer, Tone
from bot.commands.desk import Desk
from bot.commands.perform import perform
from bot.commands.progress import silent
from bot.commands.schedule_made import AddSchedule, RemoveSchedule
from bot.grammar import Command, understand
from bot.rights.roles import Asker, Held, Rights, Role
from reports.history.records import MadeSchedule
from tests.bot.commands.desks import Clock, desk_in

ERIN = Asker("U0ERIN", Rights((Held(Role.OPERATOR),)), channel="C0SECURITY")
OSCAR = replace(ERIN, name="U0OSCAR")
ADMIN = Asker("U0ADMIN", Rights((Held(Role.ADMIN),)), channel="C0SECURITY")
BOUND = Asker("U0BOUND", Rights((Held(Role.OPERATOR, namespaces=frozenset({"payments"})),)))
VIEWER = Asker("U0VIEWER", Rights((Held(Role.VIEWER),)))
WEEKLY = AddSchedule("weekly", "0 7 * * mon", "harbour", "Europe/Berlin", pdf=True)


def said(desk: Desk, command: Command, asker: Asker = ERIN) -> Answer:
    return perform(desk, command, asker=asker, progress=silent)


def test_it_says_what_will_happen_where_and_when_next(desk: Desk) -> None:
    answer = said(desk, WEEKLY)
    assert answer.tone is Tone.GOOD
    assert answer.verdict.startswith(
        "weekly: harbour is scanned at `0 7 * * mon` (Europe/Berlin), and the PDF report is posted in "
        "C0SECURITY. Next is Mon "
    )
    assert understand(answer.actions[0].command) == RemoveSchedule("weekly")


def test_it_is_shown_with_who_made_it_and_in_status(desk: Desk) -> None:
    said(desk, WEEKLY)
    (row,) = said(desk, understand("schedule")).tables[0].rows
    assert (row[0], row[1], row[-1]) == ("weekly", "harbour", "U0ERIN")
    assert [table.rows[0][0] for table in said(desk, understand("status")).tables] == ["harbour", "weekly"]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"cron": "61 * * * *"}, "the minute is not right"),
        ({"cron": "0 0 30 2 *"}, "never comes"),
        ({"cron": "*/5 * * * *"}, "more often than every 15 minutes"),
        ({"cron": "every day"}, "has 2 fields"),
        ({"timezone": "Berlin"}, "there is no time zone"),
        ({"channel": "#security"}, "is not a channel's id"),
        ({"name": "Weekly Report"}, "The name will not do"),
        ({"name": "<!channel>"}, "The name will not do"),
        ({"name": "x" * 64}, "The name will not do"),
        ({"frameworks": ("cis",)}, "There is no framework cis"),
        ({"cluster": "harbor"}, "There is no cluster called harbor"),
    ],
)
def test_what_will_not_do_is_refused_with_what_would(desk: Desk, changed: dict[str, Any], why: str) -> None:
    answer = said(desk, replace(WEEKLY, **changed))
    assert answer.tone is Tone.REFUSED
    assert why in answer.verdict
    assert answer.notes
    assert desk.history.made_schedules() == ()


def test_without_a_channel_it_goes_where_it_was_said_and_else_must_be_named(desk: Desk) -> None:
    said(desk, WEEKLY)
    assert desk.history.made_schedules()[0].channel == "C0SECURITY"
    nowhere = said(desk, replace(WEEKLY, name="other"), Asker.of_the_house("command line"))
    assert nowhere.verdict == "A schedule needs a channel."


def test_a_name_is_taken_once_also_by_the_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    nightly = {"name": "nightly", "cluster": "harbour", "cron": "@daily", "channel": "C0SECURITY"}
    desk = desk_in(tmp_path_factory.mktemp("desk"), Clock(), schedules=[nightly])
    try:
        assert said(desk, WEEKLY).tone is Tone.GOOD
        assert "already" in said(desk, WEEKLY).verdict
        assert "in the settings" in said(desk, replace(WEEKLY, name="nightly")).verdict
        assert "in the settings" in said(desk, RemoveSchedule("nightly"), ADMIN).verdict
    finally:
        desk.history.close()


def test_whoever_made_it_ends_it_and_an_admin_does(desk: Desk) -> None:
    for name in ("one", "two"):
        said(desk, replace(WEEKLY, name=name))
    refused = said(desk, RemoveSchedule("one"), OSCAR)
    assert (refused.tone, refused.verdict) == (Tone.REFUSED, "The schedule one was made by U0ERIN.")
    assert said(desk, RemoveSchedule("one")).tone is Tone.GOOD
    assert said(desk, RemoveSchedule("two"), ADMIN).tone is Tone.GOOD
    assert said(desk, RemoveSchedule("two"), ADMIN).verdict == "There is no schedule two."
    assert desk.history.made_schedules() == ()


def test_one_whose_cluster_is_no_longer_set_up_is_told(desk: Desk) -> None:
    gone = MadeSchedule("old", "gone", "@daily", "UTC", "C0SECURITY", False, (), "U0ERIN", desk.clock())
    desk.history.make_schedule(gone, 100)
    answer = said(desk, understand("schedule"))
    assert answer.verdict == "Nothing is scheduled."
    assert "Not run, as their clusters are no longer set up: old." in answer.notes


@pytest.mark.parametrize("asker", [VIEWER, BOUND])
def test_it_takes_an_operator_of_the_whole_cluster(desk: Desk, asker: Asker) -> None:
    answer = said(desk, WEEKLY, replace(asker, channel="C0SECURITY"))
    assert answer.tone is Tone.REFUSED
    assert desk.history.made_schedules() == ()
    (noted,) = desk.history.audit(limit=1)
    assert (noted.asker, noted.decision) == (asker.name, "refused")


def test_whoever_may_not_see_its_cluster_does_not_hear_of_it(desk: Desk) -> None:
    said(desk, WEEKLY)
    elsewhere = Asker("U0LOST", Rights((Held(Role.ADMIN, frozenset({"lost"})),)))
    assert said(desk, RemoveSchedule("weekly"), elsewhere).verdict == "There is no schedule weekly."
    assert said(desk, understand("schedule"), elsewhere).verdict == "Nothing is scheduled."

"""`status`: how old each cluster's last scan is, and what runs next."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bot.answer import Tone
from bot.commands.dashboard import open_findings
from bot.commands.desk import Desk
from bot.commands.scan import RunScan, scan
from bot.commands.status import status
from tests.bot.commands.desks import Clock, Steps, desk_in


def test_a_fresh_scan_grows_stale(desk: Desk, steps: Steps, clock: Clock) -> None:
    alone = Desk(desk.settings, desk.history, {"harbour": desk.targets["harbour"]}, clock=clock)
    _, kept = scan(alone, RunScan(), asker="U1", progress=steps)
    clock.now = kept.run.finished + timedelta(hours=2)
    answer = status(alone)
    score, found = str(kept.run.score), open_findings(kept.run)
    assert answer.tables[0].rows == (("harbour", score, "-", "2 hours ago", kept.run.id, found),)
    assert (answer.verdict, answer.tone) == ("1 cluster watched; every scan is fresh.", Tone.GOOD)
    clock.forward(days=8)
    answer = status(alone)
    assert (answer.verdict, answer.tone) == ("1 cluster watched; no scan within 8 days: harbour.", Tone.BAD)


def test_a_scan_of_one_namespace_is_not_a_scan_of_the_cluster(desk: Desk, steps: Steps) -> None:
    scan(desk, RunScan(namespaces=("payments",)), asker="U1", progress=steps)
    assert status(desk).tables[0].rows[0][3] == "never"


def test_schedules_say_when_they_run_next(tmp_path: Path, clock: Clock) -> None:
    weekly = {"name": "weekly", "cluster": "harbour", "cron": "0 7 * * mon", "channel": "C0SECURITY"}
    desk = desk_in(tmp_path, clock, schedules=[weekly | {"timezone": "Europe/Berlin"}])
    try:
        ((name, cluster, cron, zone, following),) = status(desk).tables[1].rows
    finally:
        desk.history.close()
    assert (name, cluster, cron, zone) == ("weekly", "harbour", "0 7 * * mon", "Europe/Berlin")
    assert following.startswith("Mon ")
    assert " 07:00 CE" in following


def test_without_clusters_there_is_nothing_good_to_say(desk: Desk) -> None:
    answer = status(Desk(desk.settings, desk.history, {}))
    assert (answer.verdict, answer.tone) == ("No cluster is set up yet.", Tone.BAD)

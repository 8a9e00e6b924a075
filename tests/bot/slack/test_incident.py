"""Whoever asks while the cluster hardly answers has something to go on within three seconds.

The API server is one on the wire that takes four seconds for every answer; Slack is the emulator; all
between is what `quarterdeck run` uses.
"""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.commands.desk import Desk
from bot.commands.progress import silent
from bot.commands.scan import judge
from bot.rights.roles import Asker, Held, Rights, Role
from bot.service import DeskCommands
from bot.slack.asking import READING
from checks.access.kept import rights_of
from checks.cluster.source import LiveCluster, Sample
from tests.bot.commands.desks import Clock, desk_in
from tests.bot.slack.slack_app import running
from tests.checks.cluster.wire import Answer, Handler, Wire, items, named, status, write_kubeconfig
from tests.harness.local_slack import LocalSlack
from tests.harness.slack_records import Message
from tests.harness.slack_workspace import ERIN, SECURITY

pytestmark = pytest.mark.slack

SLOW = 4.0
AT_ONCE = 3.0


class Slowly:
    """Answers a request after `SLOW` seconds, or as soon as the test ends."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.over = threading.Event()

    def __call__(self, handler: Handler) -> None:
        self.over.wait(SLOW)
        self.answer(handler)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[Desk, Slowly]]:
    """A cluster that was scanned two hours ago and has become slow."""
    clock = Clock()
    desk = desk_in(tmp_path, clock)
    scan, snapshot = judge(Sample(), wanted=(), version="1", progress=silent, name="harbour")
    before = clock() - timedelta(hours=2, minutes=10)
    rights = rights_of(replace(snapshot, finished=before))
    desk.history.save(replace(scan, started=before, finished=before), requested_by="erin", rights=rights)
    slowly = Slowly(items(named("x")))
    with Wire(otherwise=slowly) as wire:
        live = LiveCluster(write_kubeconfig(tmp_path / "slow", wire.url))
        yield Desk(desk.settings, desk.history, {"harbour": live}, clock=clock), slowly
        slowly.over.set()
    desk.history.close()


def answered(slack: LocalSlack, channel: str) -> list[Message]:
    return [m for m in slack.messages(channel) if "cluster-admin besides" in m.text]


def test_who_asks_in_an_incident_has_the_last_answer_with_its_age_then_the_live_one(
    cluster: tuple[Desk, Slowly], local_slack: LocalSlack
) -> None:
    desk, slowly = cluster
    with running(local_slack, DeskCommands(desk), shelf=desk.history):
        began = time.monotonic()
        asked = local_slack.dm(ERIN, "who has cluster-admin")
        (known,) = local_slack.wait_for(lambda: answered(local_slack, asked.channel), what="what is known")
        assert time.monotonic() - began < AT_ONCE
        assert READING in str(known.blocks)
        assert "It was read 2 h ago" in str(known.blocks)
        assert "ServiceAccount" in str(known.blocks)
        slowly.over.set()
        (live,) = local_slack.wait_for(
            lambda: [m for m in answered(local_slack, asked.channel) if READING not in str(m.blocks)]
        )
        assert live.ts == known.ts
        assert "It was read" not in str(live.blocks)
        assert live.text != known.text
    noted = [(entry.command, entry.decision) for entry in desk.history.audit()]
    assert noted == [("who-has cluster-admin", "allowed")] * 2


def test_what_is_known_is_bounded_by_rights_as_the_live_answer_is(cluster: tuple[Desk, Slowly]) -> None:
    desk, _ = cluster
    commands = DeskCommands(desk)
    question = commands.understand("who can get secrets")

    def asking(*namespaces: str) -> Asker:
        return Asker(ERIN.id, Rights((Held(Role.VIEWER, namespaces=frozenset(namespaces)),)))

    everything, bounded = (commands.known(question, asker=asking(where)) for where in ("*", "payments"))
    assert everything is not None
    assert bounded is not None
    assert len(bounded.tables[0].rows) < len(everything.tables[0].rows)
    assert "payments" in bounded.verdict
    assert commands.known(question, asker=Asker(ERIN.id)) is None
    assert commands.withheld(everything, asking("payments")) is not None
    assert commands.withheld(bounded, asking("payments")) is None


def test_what_is_taken_along_is_in_the_audit_log(cluster: tuple[Desk, Slowly]) -> None:
    desk, _ = cluster
    commands = DeskCommands(desk)
    answer = commands.known(commands.understand("who has cluster-admin"), asker=Asker.of_the_house("erin"))
    assert answer is not None
    assert commands.unnoted("export", answer, Asker.of_the_house("erin")) is None
    assert desk.history.audit()[0].command == "export the answer to: who-has cluster-admin"


def test_a_slash_command_gives_both_to_the_asker_alone(
    cluster: tuple[Desk, Slowly], local_slack: LocalSlack
) -> None:
    desk, slowly = cluster
    with running(local_slack, DeskCommands(desk), shelf=desk.history):
        began = time.monotonic()
        local_slack.command(ERIN, SECURITY, "who has cluster-admin")
        local_slack.wait_for(
            lambda: [m for m in local_slack.messages(SECURITY, ERIN) if READING in str(m.blocks)]
        )
        assert time.monotonic() - began < AT_ONCE
        slowly.over.set()
        local_slack.wait_for(
            lambda: [
                m
                for m in local_slack.messages(SECURITY, ERIN)
                if "besides" in m.text and READING not in str(m.blocks)
            ]
        )
        assert all(m.ephemeral_to == ERIN.id for m in local_slack.messages(SECURITY))


def test_when_the_cluster_does_not_answer_the_last_answer_stays_and_says_why(
    cluster: tuple[Desk, Slowly], local_slack: LocalSlack
) -> None:
    desk, slowly = cluster
    slowly.answer = status(503, "etcd is down")
    with running(local_slack, DeskCommands(desk), shelf=desk.history):
        asked = local_slack.dm(ERIN, "who has cluster-admin")
        local_slack.wait_for(lambda: answered(local_slack, asked.channel), what="what is known")
        slowly.over.set()
        (left,) = local_slack.wait_for(
            lambda: [m for m in answered(local_slack, asked.channel) if READING not in str(m.blocks)], 20
        )
        assert "It could not be read anew" in str(left.blocks)
        assert "It was read 2 h ago" in str(left.blocks)


def test_what_is_not_kept_shows_at_once_that_it_is_being_read(
    cluster: tuple[Desk, Slowly], local_slack: LocalSlack
) -> None:
    desk, _ = cluster
    with running(local_slack, DeskCommands(desk), shelf=desk.history):
        began = time.monotonic()
        asked = local_slack.dm(ERIN, "what would break if web became restricted")
        (shown,) = local_slack.wait_for(lambda: local_slack.messages(asked.channel)[1:], what="a word")
        assert time.monotonic() - began < AT_ONCE
        assert "queued" in shown.text or "reading" in shown.text

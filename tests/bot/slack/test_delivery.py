"""What Slack delivers: often, to several replicas, over a wire that goes deaf, while all is slow."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog.testing
from slack_bolt import BoltRequest

from bot.slack.app import SlackApp
from reports.history import History
from tests.bot.slack.commands import FakeCommands, admins
from tests.bot.slack.slack_app import running
from tests.harness.frozen_wire import Wire, wire
from tests.harness.local_slack import LocalSlack
from tests.harness.slack_workspace import ERIN, OSCAR, SECURITY, WORKSPACE
from tests.harness.strict_slack import Forward, Reply, StrictSlack

pytestmark = pytest.mark.slack

DEAF = 90.0
"""Seconds within which a deaf socket must be noticed, at the pace of one ping in five seconds."""
PACE = 0.1
"""How much faster the pings of these tests are."""


@pytest.fixture
def commands() -> FakeCommands:
    return FakeCommands({"who": lambda order, _: admins(order.canonical)})


def deliver(app: SlackApp, event_id: str = "Ev1", **more: Any) -> int:
    """Hand a mention to the app as Slack does; gives the status that it is acknowledged with."""
    inner = {"type": "app_mention", "user": ERIN.id, "channel": SECURITY.id, "ts": "1.000001", "text": "who"}
    body = {
        "type": "event_callback",
        "team_id": WORKSPACE["teamId"],
        "event_id": event_id,
        "event": inner,
        **more,
    }
    request = BoltRequest(mode="socket_mode", body=json.loads(json.dumps(body)))
    status: int = app._bolt.dispatch(request).status
    return status


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def histories(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[History, History]]:
    sqlite = request.param == "sqlite"
    url: str = f"sqlite:///{tmp_path / 'history.db'}" if sqlite else request.getfixturevalue("postgres_url")
    opened = (History.open(url), History.open(url))
    yield opened
    for history in opened:
        history.close()


def test_rule_26_three_deliveries_to_two_replicas_are_one_answer(
    local_slack: LocalSlack, commands: FakeCommands, histories: tuple[History, History]
) -> None:
    with (
        running(local_slack, commands, claims=histories[0]) as one,
        running(local_slack, commands, claims=histories[1]) as other,
    ):
        for app in (one, other, one, other):
            assert deliver(app) == 200
        assert deliver(other, "Ev2") == 200
        local_slack.wait_for(lambda: len(local_slack.api_log("chat.update")) == 2, what="two answers")
    assert len(commands.asked) == 2


def test_rule_27_a_repeated_delivery_is_answered_when_the_first_was_not(
    local_slack: LocalSlack, commands: FakeCommands
) -> None:
    with running(local_slack, commands) as app:
        assert deliver(app, retry_attempt=1, retry_reason="timeout") == 200
        local_slack.wait_for(lambda: commands.asked, what="the answer")


def test_while_the_database_is_away_everything_is_answered_all_the_same(
    local_slack: LocalSlack, commands: FakeCommands, tmp_path: Path
) -> None:
    history = History.open(f"sqlite:///{tmp_path / 'history.db'}")
    history.close()
    (tmp_path / "history.db").write_bytes(b"no database")
    with structlog.testing.capture_logs() as logs, running(local_slack, commands, claims=history) as app:
        assert deliver(app) == 200
        local_slack.wait_for(lambda: local_slack.api_log("chat.update"), what="the answer")
    assert [each["event"] for each in logs if each["log_level"] == "warning"] == [
        "delivery not noted: another replica may answer it too"
    ]


@pytest.fixture
def away() -> threading.Event:
    """While it is set, Slack opens no new socket."""
    return threading.Event()


@pytest.fixture
def through(strict_slack: StrictSlack, away: threading.Event) -> Iterator[Wire]:
    """A wire that the app's socket goes through, as Slack is made to give its address for Slack's own."""
    own = int(strict_slack.slack.url.rsplit(":", 1)[1])
    with wire(own) as there:

        def elsewhere(forward: Forward) -> Reply:
            if away.is_set():
                return Reply(503)
            reply = forward()
            body = reply.body.replace(f":{own}/".encode(), f":{there.port}/".encode())
            return Reply(reply.status, body, reply.headers)

        strict_slack.alter("apps.connections.open", elsewhere)
        yield there


def test_rule_40_a_socket_that_goes_deaf_is_noticed_and_replaced(
    strict_slack: StrictSlack, commands: FakeCommands, through: Wire, away: threading.Event
) -> None:
    slack = strict_slack.slack
    with running(slack, commands, api_url=strict_slack.api_url, ping=5 * PACE) as app:
        assert slack.command(ERIN, SECURITY, "help") < 1
        away.set()
        through.freeze()
        slack.wait_for(lambda: not app.is_connected(), DEAF * PACE, "readiness to say that Slack is deaf")
        away.clear()
        slack.wait_for(app.is_connected, DEAF * PACE, "a new socket")
        slack.wait_connected()
        assert slack.command(ERIN, SECURITY, "help") < 1


def test_rule_21_one_channel_asked_to_slow_down_does_not_slow_another_method(
    strict_slack: StrictSlack, commands: FakeCommands
) -> None:
    strict_slack.rate_limit("chat.postMessage", retry_after=2)
    with running(strict_slack.slack, commands, api_url=strict_slack.api_url):
        asked = time.monotonic()
        strict_slack.slack.mention(ERIN, SECURITY, "who has cluster-admin")
        strict_slack.slack.command(OSCAR, SECURITY, "help")
        slack = strict_slack.slack
        slack.wait_for(
            lambda: [m for m in slack.messages(SECURITY, OSCAR) if m.ephemeral_to], 2, "help meanwhile"
        )
        slack.wait_for(lambda: slack.api_log("chat.update"), 10, "the answer after the pause")
        assert time.monotonic() - asked >= 2

"""Starting, waiting for Slack, refusing strangers, hearing things once, and ending."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import structlog.testing
from slack_bolt import BoltRequest

from bot.answer import Answer, Tone
from bot.commands.progress import Progress
from bot.local_slack import SlackProcess
from bot.slack.app import SlackApp
from bot.slack.conversation import BUSY, STOPPED
from bot.slack.errors import BadToken, SlackUnreachable
from tests.bot.slack.commands import REFUSED, FakeCommands, Said, admins, slow_scan
from tests.bot.slack.slack_app import connection, running
from tests.harness.local_slack import LocalSlack
from tests.harness.slack_workspace import APP, ERIN, GENERAL, OSCAR, SECURITY, WORKSPACE
from tests.harness.strict_slack import StrictSlack

pytestmark = pytest.mark.slack


def envelope(app: SlackApp, body: dict[str, Any]) -> int:
    """Hand Bolt an envelope as its Socket Mode adapter does; only 200 is acknowledged to Slack."""
    status: int = app._bolt.dispatch(
        BoltRequest(mode="socket_mode", body=json.loads(json.dumps(body)))
    ).status
    return status


def event(kind: str, event_id: str = "Ev1", **more: Any) -> dict[str, Any]:
    inner = {"type": kind, "user": ERIN.id, "channel": SECURITY.id, "ts": "1.000001", "text": "who", **more}
    return {"type": "event_callback", "team_id": WORKSPACE["teamId"], "event_id": event_id, "event": inner}


@pytest.fixture
def commands() -> FakeCommands:
    return FakeCommands({"who": lambda order, _: admins(order.canonical)})


def test_rule_39_slack_away_is_not_ready_and_then_it_comes(commands: FakeCommands) -> None:
    app = SlackApp(connection("http://127.0.0.1:9/api/"), commands)
    with pytest.raises(SlackUnreachable):
        app.connect()
    with structlog.testing.capture_logs() as logs:
        app.start()
        deadline = time.monotonic() + 5
        while not logs and time.monotonic() < deadline:
            time.sleep(0.02)
    assert not app.is_connected()
    assert isinstance(app.problem, SlackUnreachable)
    app.close(grace=0)
    assert logs[0]["event"] == "not connected"
    assert "connection refused" in logs[0]["error"]
    assert "exc_info" not in logs[0]


def test_it_keeps_trying_until_slack_is_back(strict_slack: StrictSlack, commands: FakeCommands) -> None:
    strict_slack.break_down("auth.test", 503)
    app = SlackApp(connection(strict_slack.api_url), commands)
    app.start()
    strict_slack.slack.wait_for(lambda: app.is_connected() and not app.problem, 15, "the connection")
    app.close(grace=0)
    assert not app.is_connected()


def test_a_dead_socket_is_noticed_and_replaced_when_slack_is_back(commands: FakeCommands) -> None:
    config = {
        "workspace": WORKSPACE,
        "apps": [APP.as_config() | {"mode": "socket"}],
        "users": [ERIN.as_config()],
        "channels": [SECURITY.as_config()],
    }
    process = SlackProcess(config)
    app = SlackApp(connection(f"{process.url}/api/"), commands, ping=0.5)
    try:
        app.connect()
        assert app.is_connected()
        process.stop()
        assert until(lambda: not app.is_connected())
        process = SlackProcess(config, int(process.url.rsplit(":", 1)[1]))
        assert until(app.is_connected)
    finally:
        app.close(grace=0)
        process.stop()


def until(probe: Callable[[], bool], timeout: float = 20) -> bool:
    deadline = time.monotonic() + timeout
    while not probe() and time.monotonic() < deadline:
        time.sleep(0.05)
    return probe()


@pytest.mark.parametrize(
    ("bot_token", "app_token"),
    [("xoxb-wrong-one", APP.app_token), (APP.bot_token, "xapp-wrong-one"), (APP.bot_token, APP.bot_token)],
)
def test_a_wrong_token_is_one_clear_message(
    strict_slack: StrictSlack,
    commands: FakeCommands,
    bot_token: str,
    app_token: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = SlackApp(connection(strict_slack.api_url, bot_token, app_token), commands)
    with pytest.raises(BadToken, match=r"Slack does not accept the token.*xoxb-.*xapp-") as raised:
        app.connect()
    assert "wrong-one" not in str(raised.value) + caplog.text
    assert not app.is_connected()
    app.close(grace=0)


def test_rule_2_nothing_of_slacks_own_makes_a_call_before_the_acknowledgement(
    local_slack: LocalSlack, commands: FakeCommands
) -> None:
    with running(local_slack, commands):
        local_slack.command(ERIN, SECURITY, "help")
        local_slack.wait_for(lambda: local_slack.messages(SECURITY), what="the answer")
        kinds = [entry.summary if entry.kind == "web_api" else entry.kind for entry in local_slack.log()]
    assert kinds.count("auth.test") == 1
    after = kinds[kinds.index("slash_commands") :]
    assert next(kind for kind in after[1:] if kind != "socket") == "ack"


def test_rule_26_delivered_again_is_answered_once(local_slack: LocalSlack, commands: FakeCommands) -> None:
    with running(local_slack, commands) as app:
        for _ in range(3):
            assert envelope(app, event("app_mention")) == 200
        assert envelope(app, event("app_mention", "Ev2", ts="2.000001")) == 200
        local_slack.wait_for(lambda: len(local_slack.api_log("chat.update")) == 2, what="two answers")
    assert len(commands.asked) == 2


@pytest.mark.parametrize(
    "body",
    [
        event("app_mention", edited={"user": ERIN.id, "ts": "2.0"}),
        event("app_mention", bot_id="B0OTHER"),
        event("app_mention", user=APP.bot_user_id),
        event("message", channel_type="im", subtype="message_changed"),
        event("message", channel_type="im", bot_id="B0OTHER"),
        event("message", channel_type="channel"),
        event("message", channel_type="im", subtype="message_deleted", user=None),
        event("app_home_opened"),
        event("something_new"),
    ],
)
def test_rule_31_what_is_no_request_is_acknowledged_and_ignored(
    local_slack: LocalSlack, commands: FakeCommands, body: dict[str, Any]
) -> None:
    app = SlackApp(connection(local_slack.api_url), commands)
    app._identity = app._identify()
    assert envelope(app, body) == 200
    app.close(grace=1)
    assert commands.asked == []
    assert local_slack.messages(SECURITY) == ()


@pytest.mark.parametrize("key", ["team", "user_team", "source_team"])
def test_rule_44_people_of_another_workspace_are_refused(
    local_slack: LocalSlack, commands: FakeCommands, key: str
) -> None:
    with running(local_slack, commands) as app:
        assert envelope(app, event("app_mention", **{key: "T0OTHER"})) == 200
        local_slack.wait_for(lambda: local_slack.api_log("chat.postEphemeral"), what="the refusal")
        (refused,) = local_slack.messages(SECURITY, ERIN)
    assert (refused.text, refused.ephemeral_to) == (f"⛔ Not done: {REFUSED}", ERIN.id)
    assert local_slack.api_log("users.info") == ()
    assert commands.asked == []


def test_when_there_is_too_much_to_do_it_says_so(local_slack: LocalSlack, commands: FakeCommands) -> None:
    released = threading.Event()
    commands.acts["scan"] = slow_scan(released)
    with running(local_slack, commands, workers=1, queue=1):
        for _ in range(4):
            local_slack.command(ERIN, SECURITY, "scan production")
        local_slack.wait_for(
            lambda: [m for m in local_slack.messages(SECURITY) if m.text == BUSY], what="busy"
        )
        released.set()


def test_rule_41_ending_marks_what_is_not_finished(local_slack: LocalSlack, commands: FakeCommands) -> None:
    never = threading.Event()
    commands.acts["scan"] = slow_scan(never)
    with running(local_slack, commands):
        local_slack.command(ERIN, SECURITY, "scan production")
        local_slack.wait_for(lambda: local_slack.messages(SECURITY), what="the run's message")
    (message,) = local_slack.messages(SECURITY)
    assert message.text == f"{STOPPED}: scan production"
    never.set()


def test_rule_41_what_is_being_done_is_done_and_nothing_new_is_begun(
    local_slack: LocalSlack, commands: FakeCommands
) -> None:
    begun, released = threading.Event(), threading.Event()

    def slow(order: Said, _: Progress) -> Answer:
        begun.set()
        assert released.wait(30)
        return admins(order.canonical)

    commands.acts["who"] = slow
    with running(local_slack, commands) as app:
        local_slack.command(ERIN, SECURITY, "who has cluster-admin")
        assert begun.wait(5)
        ending = threading.Thread(target=app.close)
        ending.start()
        local_slack.wait_for(lambda: not app.is_connected(), 2, "readiness to say so")
        released.set()
        ending.join()
    assert any("2 subjects" in each.text for each in local_slack.messages(SECURITY, ERIN))


def test_rule_41_whoever_waits_for_an_answer_is_told_that_there_is_none(
    local_slack: LocalSlack, commands: FakeCommands
) -> None:
    never = threading.Event()

    def hang(order: Said, _: Progress) -> Answer:
        assert never.wait(30)
        return admins(order.canonical)

    commands.acts["who"] = hang
    with running(local_slack, commands, workers=1):
        for _ in range(6):
            local_slack.command(ERIN, SECURITY, "who has cluster-admin")
    told = [each.text for each in local_slack.messages(SECURITY, ERIN)]
    assert told.count(f"{STOPPED}.") == 6
    never.set()


def test_rules_1_and_3_twenty_scans_and_clusters_that_hang_delay_neither_acknowledgement_nor_help(
    local_slack: LocalSlack, commands: FakeCommands
) -> None:
    released = threading.Event()

    def hang(order: Said, _: Progress) -> Answer:
        assert released.wait(30)
        return Answer(command=order.canonical, verdict=order.canonical.split()[0], tone=Tone.GOOD)

    commands.acts |= {"scan": hang, "who": hang}
    with running(local_slack, commands, workers=2):
        for number in range(20):
            channel = SECURITY if number % 2 else GENERAL
            assert local_slack.command(ERIN, channel, f"scan cluster-{number}") < 1
        for text in ("who has cluster-admin", "help") * 10:
            assert local_slack.command(OSCAR, SECURITY, text) < 1
        local_slack.wait_for(
            lambda: [m for m in local_slack.messages(SECURITY, OSCAR) if m.ephemeral_to], 3, "help"
        )
        local_slack.wait_for(lambda: len(local_slack.api_log("chat.postMessage")) == 20, 20, "all the runs")
        released.set()

        def verdicts() -> int:
            seen = [m.text for channel in (SECURITY, GENERAL) for m in local_slack.messages(channel)]
            return seen.count("✅ OK: scan")

        local_slack.wait_for(lambda: verdicts() == 20, 60, "all verdicts")

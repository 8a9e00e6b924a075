"""Slack's signed HTTP requests, as the emulator sends them and as a stranger might."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from prometheus_client import CollectorRegistry
from slack_sdk.signature import SignatureVerifier
from starlette.routing import Route

from bot.http import Server, application
from bot.slack.app import SlackApp
from bot.slack.client import Connection
from bot.slack.http_events import MOST_BYTES, routes
from bot.slack.manifest import EVENTS_PATH as PATH
from tests.bot.slack.commands import FakeCommands, admins
from tests.harness.local_slack import LocalSlack
from tests.harness.slack_records import Message
from tests.harness.slack_workspace import APP, ERIN, SECURITY

pytestmark = pytest.mark.slack

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def commands() -> FakeCommands:
    return FakeCommands({"who": lambda order, _: admins(order.canonical)})


def over_http(api_url: str, commands: FakeCommands) -> SlackApp:
    there = Connection(APP.bot_token, "", api_url, signing_secret=APP.signing_secret)
    return SlackApp(there, commands)


@dataclass(frozen=True)
class Door:
    """Where Slack's requests are received, on a real server."""

    address: str

    def post(
        self, body: bytes | str | Iterable[bytes], headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and body of the answer."""
        with closing(http.client.HTTPConnection(self.address, timeout=10)) as connection:
            connection.request("POST", PATH, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()


@contextmanager
def served(more: list[Route]) -> Iterator[Door]:
    server = Server(application(dict, CollectorRegistry(), more), "127.0.0.1", 0)
    server.start()
    try:
        yield Door(server.url.removeprefix("http://"))
    finally:
        server.stop()


@pytest.fixture
def door(local_slack: LocalSlack, commands: FakeCommands) -> Iterator[Door]:
    app = over_http(local_slack.api_url, commands)
    app.connect()
    with served(list(routes(app, APP.signing_secret))) as door:
        yield door
    app.close(grace=5)


def answered(messages: Iterable[Message]) -> bool:
    return any("2 subjects have cluster-admin" in message.text for message in messages)


def signed(body: str, age: float = 0, secret: str = APP.signing_secret) -> dict[str, str]:
    stamp = str(int(time.time() - age))
    signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
    kind = "application/json" if body.startswith("{") else FORM
    return {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": str(signature),
        "Content-Type": kind,
    }


def test_commands_mentions_and_messages_work_as_in_socket_mode(commands: FakeCommands) -> None:
    # The emulator must know the address before the app can know the emulator's: a free port joins the two.
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with LocalSlack(request_url=f"http://127.0.0.1:{port}{PATH}") as slack:
        app = over_http(slack.api_url, commands)
        app.connect()
        more = list(routes(app, APP.signing_secret))
        server = Server(application(dict, CollectorRegistry(), more), "127.0.0.1", port)
        server.start()
        try:
            assert app.is_connected()
            assert slack.command(ERIN, SECURITY, "who has cluster-admin") < 1
            slack.wait_for(lambda: answered(slack.messages(SECURITY, ERIN)), what="the answer")
            mention = slack.mention(ERIN, SECURITY, "who has cluster-admin")
            slack.wait_for(lambda: answered(slack.thread(SECURITY, mention.ts)), what="the thread's answer")
            direct = slack.dm(ERIN, "who has cluster-admin")
            slack.wait_for(lambda: answered(slack.messages(direct.channel)), what="the direct answer")
        finally:
            app.close(grace=5)
            server.stop()
    assert [asked for asked, _ in commands.asked] == ["who has cluster-admin"] * 3


@pytest.mark.parametrize(
    ("age", "secret", "status"),
    [
        (0, APP.signing_secret, 200),
        (299, APP.signing_secret, 200),
        (302, APP.signing_secret, 401),
        (-299, APP.signing_secret, 200),
        (-302, APP.signing_secret, 401),
        (0, "another secret", 401),
    ],
)
def test_rule_29_only_what_slack_signed_in_the_last_five_minutes(
    door: Door, age: float, secret: str, status: int
) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c"})
    assert door.post(body, signed(body, age, secret))[0] == status


def test_rule_30_slack_may_look_at_the_address_and_at_the_certificate(door: Door) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1aB"})
    status, answer = door.post(body, signed(body))
    assert (status, json.loads(answer)) == (200, {"challenge": "3eZbrw1aB"})
    assert door.post("ssl_check=1&token=x", {"Content-Type": FORM}) == (200, b"")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b"{}"),
        ({}, b"[1"),
        ({}, b"\xff\xfe"),
        ({}, b"command=/quarterdeck&text=scan&ssl_check=0"),
        ({"X-Slack-Request-Timestamp": "now", "X-Slack-Signature": "v0=0"}, b"{}"),
        ({"X-Slack-Request-Timestamp": str(int(time.time())), "X-Slack-Signature": "v0=0"}, b"\xff\xfe"),
        ({"X-Slack-Request-Timestamp": "9" * 5000, "X-Slack-Signature": "v0=0"}, b"{}"),
        ({"X-Slack-Request-Timestamp": "\xb2", "X-Slack-Signature": "v0=\xe9"}, b"{}"),
    ],
)
def test_what_is_not_signed_is_refused_and_never_looked_into(
    door: Door, commands: FakeCommands, headers: dict[str, str], body: bytes
) -> None:
    assert door.post(body, headers)[0] == 401
    assert commands.asked == []


def test_a_body_that_is_too_large_is_refused_whether_its_length_is_said_or_not(door: Door) -> None:
    assert door.post(bytes(MOST_BYTES + 1))[0] == 413
    assert door.post(bytes(1 << 16) for _ in range(17))[0] == 413
    assert door.post(bytes(MOST_BYTES))[0] == 401


def test_before_slack_knows_us_a_request_is_put_off_and_may_come_again(commands: FakeCommands) -> None:
    app = over_http("http://127.0.0.1:9/api/", commands)
    with served(list(routes(app, APP.signing_secret))) as door:
        body = json.dumps({"type": "event_callback"})
        assert door.post(body, signed(body))[0] == 503
    assert not app.is_connected()
    app.close(grace=0)


def test_rule_26_a_signed_event_that_is_sent_again_is_answered_once(
    door: Door, local_slack: LocalSlack, commands: FakeCommands
) -> None:
    event = {"type": "app_mention", "user": ERIN.id, "channel": SECURITY.id, "ts": "1.000001", "text": "who"}
    body = json.dumps({"type": "event_callback", "team_id": "T0ACME", "event_id": "Ev1", "event": event})
    for number in range(1, 4):
        again = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": "http_timeout"}
        assert door.post(body, signed(body) | again)[0] == 200
    local_slack.wait_for(lambda: answered(local_slack.thread(SECURITY, "1.000001")), what="the answer")
    assert len(commands.asked) == 1


def test_a_click_over_http_is_acknowledged_at_once_and_a_forged_one_is_not(door: Door) -> None:
    pressed = {"type": "block_actions", "user": {"id": ERIN.id, "team_id": "T0ACME"}, "trigger_id": "1.2"}
    action = {"action_id": "again", "value": "x", "type": "button", "block_id": "b", "action_ts": "1.0"}
    payload = {**pressed, "actions": [action], "channel": {"id": SECURITY.id}, "container": {}}
    body = urlencode({"payload": json.dumps(payload)})
    begun = time.monotonic()
    assert door.post(body, signed(body))[0] == 200
    assert time.monotonic() - begun < 1
    assert door.post(body, signed(body, secret="another secret"))[0] == 401

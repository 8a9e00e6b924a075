"""Whatever comes through the socket, and however it ends: the next command is acknowledged."""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Iterator
from typing import Any

import pytest

from bot.slack.app import SlackApp
from bot.slack.client import Connection
from bot.slack.errors import SlackUnreachable
from tests.bot.slack.commands import FakeCommands
from tests.harness import broken_slack as wire
from tests.harness.broken_slack import BrokenSlack, Mishap, broken_slack, says, send

WHO = {"ok": True, "team_id": "T1", "user_id": "U0BOT", "bot_id": "B1"}


def as_json(value: Any) -> Mishap:
    return says(200, json.dumps(value).encode())


@pytest.fixture
def slack() -> Iterator[BrokenSlack]:
    """One that lets the app in; what it says through the socket is up to the test."""
    person = {"ok": True, "user": {"id": "U1", "team_id": "T1"}}
    with broken_slack(as_json({"ok": True, "channel": "C1", "ts": "1.000001"})) as there:
        there.instead |= {
            "auth.test": as_json(WHO),
            "users.info": as_json(person),
            "apps.connections.open": as_json(
                {"ok": True, "url": f"ws://127.0.0.1:{there.port}{wire.SOCKET}"}
            ),
        }
        yield there


@pytest.fixture
def app(slack: BrokenSlack) -> Iterator[SlackApp]:
    app = SlackApp(Connection("xoxb-1", "xapp-1", f"{slack.url}api/"), FakeCommands(), ping=0.5)
    yield app
    app.close(grace=1)


def command(slack: BrokenSlack, envelope: str) -> bytes:
    payload = {
        "command": "/quarterdeck",
        "text": "help",
        "channel_id": "C1",
        "user_id": "U1",
        "team_id": "T1",
    }
    return json.dumps(
        {
            "type": "slash_commands",
            "envelope_id": envelope,
            "payload": {**payload, "trigger_id": envelope, "response_url": f"{slack.url}reply"},
        }
    ).encode()


def acknowledged(slack: BrokenSlack, envelope: str, within: float) -> bool:
    deadline = time.monotonic() + within
    while (left := deadline - time.monotonic()) > 0:
        try:
            if slack.heard.get(timeout=left).get("envelope_id") == envelope:
                return True
        except queue.Empty:
            return False
    return False


def envelope(kind: str, payload: object) -> bytes:
    return json.dumps({"type": kind, "envelope_id": "odd", "payload": payload}).encode()


def mention(**event: object) -> bytes:
    return envelope("events_api", {"type": "event_callback", "event": {"type": "app_mention", **event}})


ODD: tuple[tuple[bytes, int], ...] = (
    (b"hello", wire.TEXT),
    (b"", wire.TEXT),
    (b"{", wire.TEXT),
    (b"[1]", wire.TEXT),
    (b"null", wire.TEXT),
    (b"\xff\xfe", wire.TEXT),
    (b"\x00\x01", wire.BINARY),
    (b"p" * 100, wire.PING),
    (b'{"envelope_id": 5}', wire.TEXT),
    (json.dumps({"filler": "x" * 300_000}).encode(), wire.TEXT),
    (envelope("events_api", "x"), wire.TEXT),
    (envelope("events_api", []), wire.TEXT),
    (envelope("events_api", {"type": "event_callback", "event": "x"}), wire.TEXT),
    (mention(), wire.TEXT),
    (mention(user={}, channel=[], ts=1, text=[]), wire.TEXT),
    (envelope("interactive", {}), wire.TEXT),
    (envelope("interactive", {"type": "block_actions", "actions": [], "user": None}), wire.TEXT),
    (envelope("interactive", {"type": "view_submission", "view": {"state": 5}}), wire.TEXT),
    (envelope("slash_commands", {"command": "/quarterdeck"}), wire.TEXT),
    (envelope("slash_commands", {"command": "/quarterdeck", "text": None, "user_id": 7}), wire.TEXT),
)


def test_whatever_comes_through_the_socket_the_next_command_is_acknowledged(
    slack: BrokenSlack, app: SlackApp
) -> None:
    app.connect()
    there = slack.sockets.get(timeout=5)
    for number, (content, kind) in enumerate(ODD):
        send(there, content, kind)
        send(there, command(slack, f"e{number}"))
        assert acknowledged(slack, f"e{number}", 1), content[:80]


def test_a_socket_that_slack_ends_is_replaced(slack: BrokenSlack, app: SlackApp) -> None:
    app.connect()
    there = slack.sockets.get(timeout=5)
    for end in ("refresh_requested", "close", "reset"):
        if end == "reset":
            wire.reset(there)
            there.close()
        elif end == "close":
            send(there, b"", wire.CLOSE)
        else:
            send(there, json.dumps({"type": "disconnect", "reason": end}).encode())
        there = slack.sockets.get(timeout=5)
        send(there, command(slack, end))
        assert acknowledged(slack, end, 5), end
        assert app.is_connected()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the SDK leaves it to gc
def test_rule_39_an_address_that_opens_no_socket_is_not_ready(slack: BrokenSlack, app: SlackApp) -> None:
    good = slack.instead["apps.connections.open"]
    slack.instead["apps.connections.open"] = as_json({"ok": True, "url": "ws://127.0.0.1:9/"})
    with pytest.raises(SlackUnreachable):
        app.connect()
    slack.instead["apps.connections.open"] = as_json(
        {"ok": True, "url": f"{slack.url}api/nothing".replace("http", "ws")}
    )
    with pytest.raises(SlackUnreachable, match="did not open"):
        app.connect()
    assert not app.is_connected()
    slack.instead["apps.connections.open"] = good
    app.connect()
    assert app.is_connected()

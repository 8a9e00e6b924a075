"""The app under test, connected to the local Slack, with commands that a test can replace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bot.slack.app import SlackApp
from bot.slack.client import Connection
from bot.slack.interface import Commands
from bot.slack.tables import Layout
from tests.bot.slack.limits import breaches
from tests.harness.local_slack import LocalSlack
from tests.harness.slack_workspace import APP


def connection(api_url: str, bot_token: str = APP.bot_token, app_token: str = APP.app_token) -> Connection:
    return Connection(bot_token=bot_token, app_token=app_token, api_url=api_url)


@contextmanager
def running(
    slack: LocalSlack, commands: Commands[Any], *, api_url: str = "", **options: Any
) -> Iterator[SlackApp]:
    """A connected app; at the end every message it sent is held against Slack's limits."""
    options.setdefault("layout", Layout.TABLE)
    app = SlackApp(connection(api_url or slack.api_url), commands, **options)
    try:
        app.connect()
        slack.wait_connected()
        yield app
    finally:
        app.close(grace=1.0)
    for method in ("chat.postMessage", "chat.update"):
        for call in slack.api_log(method):
            if call.detail.get("blocks"):
                assert breaches(call.detail["text"], call.detail["blocks"]) == []


def texts(found: Callable[[], Any]) -> list[str]:
    return [message.text for message in found()]

"""The demonstration: the built-in sample cluster, a local Slack in the browser, the first report."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from bot.answer import Answer
from bot.commands.desk import Desk, open_desk
from bot.commands.perform import perform
from bot.commands.progress import Progress
from bot.commands.report import MakeReport
from bot.commands.who_has import WhoHas
from bot.errors import CommandError
from bot.local_slack import LocalSlackError, SlackProcess
from bot.rights.roles import Asker
from bot.service import Service
from bot.settings import ClusterSettings, HttpSettings, Settings, SlackSettings

PORT = 3000
CHANNEL = "C0SECURITY"
BOT_TOKEN, APP_TOKEN = "xoxb-local-demo", "xapp-local-demo"

WORKSPACE = {
    "workspace": {"name": "Harbour", "domain": "harbour", "teamId": "T0HARBOUR"},
    "apps": [
        {
            "appId": "A0QUARTERDECK",
            "botUserId": "U0QUARTERDECK",
            "botName": "Quarterdeck",
            "botToken": BOT_TOKEN,
            "appToken": APP_TOKEN,
            "signingSecret": "local",
        }
    ],
    "users": [
        {"id": "U0ENGINEER", "name": "erin", "real_name": "Erin Engineer", "email": "erin@harbour.example"},
        {"id": "U0AUDITOR", "name": "ada", "real_name": "Ada Auditor", "email": "ada@harbour.example"},
    ],
    "channels": [
        {"id": CHANNEL, "name": "security", "members": ["U0ENGINEER", "U0AUDITOR", "U0QUARTERDECK"]},
        {"id": "C0GENERAL", "name": "general", "members": ["U0ENGINEER", "U0AUDITOR"]},
    ],
}


def settings_for(folder: Path, api_url: str) -> Settings:
    """Settings of the demonstration: one sample cluster, everything kept in `folder`."""
    return Settings(
        clusters=(ClusterSettings(name="harbour", sample=True),),
        data_dir=folder,
        slack=SlackSettings(
            bot_token=SecretStr(BOT_TOKEN),
            app_token=SecretStr(APP_TOKEN),
            api_url=api_url,
            draws_tables=False,
        ),
        http=HttpSettings(port=0),
    )


@contextmanager
def slack_page() -> Iterator[SlackProcess]:
    """The local Slack, on its usual port if that is free. Raises LocalSlackError if not installed."""
    process = SlackProcess(WORKSPACE, PORT if _free(PORT) else 0)
    try:
        yield process
    finally:
        process.stop()


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Shown(CommandError):
    """The demonstration could not show something that it should have."""


def in_slack(folder: Path, page: str, progress: Progress, shown: Callable[[Answer, str], None]) -> None:
    """Post the first scan and its report in the local Slack at `page`; serve it until `shown` returns.

    `shown` gets the answer and the message's timestamp. Raises Shown if Slack did not take all of it.
    """
    service = Service(settings_for(folder, f"{page}/api/"))
    service.slack.connect()
    service.start()
    try:
        answer = first_report(service.desk, progress)
        published = service.publisher.publish(
            answer, CHANNEL, f"demo/{answer.run_id}", now=service.desk.clock()
        )
        if published.ts is None or published.problems:
            raise Shown("Not everything was posted: " + "; ".join(published.problems), "Try again.")
        shown(answer, published.ts)
    finally:
        service.stop()


def on_terminal(folder: Path, progress: Progress) -> tuple[Answer, Answer]:
    """The same answers without Slack: the report's and "who has cluster-admin"."""
    desk = open_desk(settings_for(folder, "http://localhost/"))
    answer = first_report(desk, progress)
    return answer, perform(desk, WhoHas(), asker=Asker.of_the_house("demo"))


def first_report(desk: Desk, progress: Progress) -> Answer:
    """Scan the sample and render the report. Raises Shown when that fails."""
    answer = perform(desk, MakeReport(), asker=Asker.of_the_house("demo"), progress=progress)
    if not answer.files:
        raise Shown(answer.verdict, " ".join(answer.notes))
    return answer


__all__ = ["LocalSlackError", "in_slack", "on_terminal", "slack_page"]

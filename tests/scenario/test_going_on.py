"""The service in a real (emulated) Slack: threads are gone on with, misspellings asked back, files come."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from bot.service import Service
from bot.settings import Settings
from bot.slack.manifest import scopes
from tests.harness.local_slack import LocalSlack
from tests.harness.slack_records import Message
from tests.harness.slack_workspace import APP, ERIN, SECURITY
from tests.harness.strict_slack import StrictSlack

pytestmark = [pytest.mark.slack, pytest.mark.slow]


@pytest.fixture(scope="module")
def slack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSlack]:
    """A workspace with the service, which watches two samples and answers in the open."""
    with LocalSlack() as slack, StrictSlack(slack) as strict:
        settings = Settings.model_validate(
            {
                "clusters": [{"name": "harbour", "sample": True}, {"name": "wharf", "sample": True}],
                "data_dir": tmp_path_factory.mktemp("data"),
                "slack": {
                    "bot_token": SecretStr(APP.bot_token),
                    "app_token": SecretStr(APP.app_token),
                    "api_url": strict.api_url,
                },
                "http": {"port": 0},
                "rights": {"sensitive": "public"},
            }
        )
        strict.scopes = frozenset(scopes(settings.rights))
        service = Service(settings)
        service.start()
        slack.wait_connected()
        yield slack
        service.stop()


def said(slack: LocalSlack, text: str, about: str, thread: str | None = None) -> Message:
    """Mention the app, in a thread or anew, and wait for the answer that has these words."""
    asked = slack.mention(ERIN, SECURITY, text, thread_ts=thread)
    parent = thread or asked.ts
    return slack.wait_for(
        lambda: next(
            (m for m in slack.thread(SECURITY, parent) if about in m.text and m.ts > asked.ts), None
        ),
        30,
        about,
    )


def test_a_thread_is_gone_on_with(slack: LocalSlack) -> None:
    asked = slack.mention(ERIN, SECURITY, "which pods are privileged?")
    slack.wait_for(lambda: [m for m in slack.thread(SECURITY, asked.ts) if "harbour: 4 of" in m.text], 30)
    said(slack, "and in harbuor?", "Did you mean: list privileged cluster=harbour", asked.ts)
    said(slack, "only ci", "harbour: 2 of", asked.ts)
    said(slack, "and in wharf?", "wharf: 2 of", asked.ts)
    said(slack, "why?", "pod-privileged: ", asked.ts)
    said(slack, "and how do I fix it?", "Take privileged mode away", asked.ts)
    said(slack, "and in the moon?", "I did not understand", asked.ts)
    said(slack, "again", "Take privileged mode away", asked.ts)


def test_an_answer_comes_as_a_file_in_its_thread(slack: LocalSlack) -> None:
    asked = slack.mention(ERIN, SECURITY, "list wildcard-roles")
    slack.wait_for(lambda: [m for m in slack.thread(SECURITY, asked.ts) if "with a wildcard" in m.text], 30)
    said(slack, "as CSV please", "rows are in the CSV", asked.ts)
    (file, *_) = slack.wait_for(lambda: [f for m in slack.thread(SECURITY, asked.ts) for f in m.files], 30)
    assert file.name.startswith("list-wildcard-roles-")
    assert file.name.endswith(".csv")


def test_a_misspelt_cluster_is_asked_back_and_yes_is_enough(slack: LocalSlack) -> None:
    first = said(slack, "list privileged in cluster harbuor", "There is no cluster harbuor. Did you mean")
    assert "list privileged cluster=harbour" in first.text
    said(slack, "yes", "harbour: 4 of", first.thread_ts)


def test_a_direct_message_is_one_conversation(slack: LocalSlack) -> None:
    channel = slack.dm(ERIN, "list wildcard-roles").channel

    def heard(about: str) -> None:
        slack.wait_for(lambda: [m for m in slack.messages(channel) if about in m.text], 30, about)

    heard("with a wildcard")
    slack.dm(ERIN, "fix?")
    heard("rbac-wildcard-role: ")

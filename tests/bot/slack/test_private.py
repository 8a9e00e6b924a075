"""Refusals and sensitive answers reach whoever asked, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.slack.conversation import PRIVATELY
from tests.bot.slack.commands import REFUSED, FakeCommands, admins, scanned
from tests.bot.slack.slack_app import running
from tests.harness.local_slack import LocalSlack
from tests.harness.slack_records import Message
from tests.harness.slack_workspace import ERIN, OSCAR, SECURITY
from tests.harness.strict_slack import StrictSlack

pytestmark = pytest.mark.slack

ADMINS = "💬 Answer: production: 2 subjects have cluster-admin besides the built-in group system:masters."
NOT_DONE = f"⛔ Not done: {REFUSED}"


@pytest.fixture(scope="module")
def commands() -> FakeCommands:
    return FakeCommands(
        acts={
            "who": lambda order, _: admins(order.canonical),
            "scan": lambda order, _: scanned(order.canonical),
            "audit": lambda order, _: admins(order.canonical),
        },
        refused={"scan"},
        secret={"who has cluster-admin", "audit"},
    )


@pytest.fixture(scope="module")
def strict(commands: FakeCommands) -> Iterator[StrictSlack]:
    """One workspace with one app for the module; closing takes seconds."""
    with (
        LocalSlack() as slack,
        StrictSlack(slack) as strict,
        running(slack, commands, api_url=strict.api_url),
    ):
        yield strict


@pytest.fixture
def slack(strict: StrictSlack, commands: FakeCommands) -> LocalSlack:
    strict.slack.reset()
    commands.asked.clear()
    return strict.slack


def private(slack: LocalSlack, text: str) -> list[Message]:
    """What was said to Oscar in direct messages, once this is among it."""
    channel = slack.dm(OSCAR, "hello").channel

    def there() -> list[Message] | None:
        found = list(slack.messages(channel))
        return found if any(m.text == text for m in found) else None

    return slack.wait_for(there, what=text)


@pytest.mark.parametrize("question", ["who has cluster-admin", "audit"])
def test_a_sensitive_question_in_a_channel_is_answered_in_a_direct_message(
    slack: LocalSlack, question: str
) -> None:
    asked = slack.mention(OSCAR, SECURITY, question)
    said = slack.wait_for(lambda: slack.thread(SECURITY, asked.ts), what="the note")
    assert [m.text for m in said] == [PRIVATELY]
    assert any(m.text == ADMINS for m in private(slack, ADMINS))
    assert [m.text for m in slack.messages(SECURITY)] == [asked.text]
    assert all("production" not in m.text for m in slack.thread(SECURITY, asked.ts))


def test_a_sensitive_question_by_slash_command_is_answered_there_alone(slack: LocalSlack) -> None:
    slack.command(OSCAR, SECURITY, "who has cluster-admin")
    slack.wait_for(lambda: ADMINS in {m.text for m in slack.messages(SECURITY, OSCAR)}, what="the answer")
    assert slack.messages(SECURITY, ERIN) == ()


def test_where_no_direct_message_can_be_sent_the_reason_is_said_and_nothing_else(
    strict: StrictSlack, slack: LocalSlack
) -> None:
    strict.fail("chat.postMessage", "messages_tab_disabled")
    asked = slack.mention(OSCAR, SECURITY, "who has cluster-admin")
    (said,) = slack.wait_for(lambda: slack.thread(SECURITY, asked.ts), what="the reason")
    assert said.text.startswith("I could not answer. Slack refused (messages_tab_disabled).")


def test_a_refused_run_is_no_channels_business(slack: LocalSlack, commands: FakeCommands) -> None:
    slack.command(ERIN, SECURITY, "scan")
    (answer,) = slack.wait_for(lambda: slack.messages(SECURITY), what="the refusal")
    assert (answer.text, answer.ephemeral_to) == (NOT_DONE, ERIN.id)
    assert commands.asked == []


@pytest.mark.parametrize("threaded", [False, True])
def test_a_refused_mention_is_told_its_author_alone(slack: LocalSlack, *, threaded: bool) -> None:
    thread = slack.message(ERIN, SECURITY, "look at this").ts if threaded else None
    slack.mention(OSCAR, SECURITY, "scan", thread)
    slack.wait_for(lambda: slack.api_log("chat.postEphemeral"), what="the refusal")
    (call,) = slack.api_log("chat.postEphemeral")
    assert (call.detail["user"], call.detail["text"]) == (OSCAR.id, NOT_DONE)
    assert call.detail.get("thread_ts") == thread
    assert NOT_DONE not in {post.detail["text"] for post in slack.api_log("chat.postMessage")}


def test_a_refusal_mentions_who_can_grant_the_role(slack: LocalSlack) -> None:
    slack.command(ERIN, SECURITY, "scan")
    (answer,) = slack.wait_for(lambda: slack.messages(SECURITY), what="the refusal")
    texts = [element["text"] for block in answer.blocks for element in block.get("elements", ())]
    assert "Who can grant it: <@U0ADMIN>, <!subteam^S0ADMINS>" in texts


def test_rule_2_a_guest_is_looked_up_after_the_acknowledgement_and_refused(strict_slack: StrictSlack) -> None:
    strict_slack.people = {ERIN.id: {"is_restricted": True}}
    strict_slack.delay("users.info", 2.0)
    slack, commands = strict_slack.slack, FakeCommands()
    with running(slack, commands, api_url=strict_slack.api_url):
        assert slack.command(ERIN, SECURITY, "help") < 1
        (answer,) = slack.wait_for(lambda: slack.messages(SECURITY), what="the refusal")
    assert (answer.text, answer.ephemeral_to) == (NOT_DONE, ERIN.id)
    assert commands.asked == []

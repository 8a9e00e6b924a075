"""People use the app in a real (emulated) workspace; every accepted input gets a visible answer."""

import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace
from slack_sdk import WebClient

from bot.answer import Answer, Tone
from bot.commands.progress import Progress, Stage, Step
from bot.slack.app import SlackApp
from bot.slack.delivery import PICTURE
from bot.slack.tables import Layout
from tests.bot.slack.commands import FakeCommands, Said, admins, pdf, pictured, scanned, slow_scan
from tests.bot.slack.limits import breaches
from tests.bot.slack.slack_app import running
from tests.harness.local_slack import LocalSlack
from tests.harness.slack_records import Message
from tests.harness.slack_workspace import APP, BOARD, ERIN, OSCAR, RANDOM, SECURITY, Channel
from tests.harness.strict_slack import ALL_SCOPES, StrictSlack

pytestmark = pytest.mark.slack

HELP = "💬 Answer: Ask me about your clusters: these are the words I know."
ADMINS = "💬 Answer: production: 2 subjects have cluster-admin besides the built-in group system:masters."
SCANNED = "🔴 Attention: production: 1 critical, 3 high findings; 3 new, 2 fixed since Monday."


@pytest.fixture(scope="module")
def commands() -> FakeCommands:
    return FakeCommands()


@pytest.fixture(scope="module")
def workspace(commands: FakeCommands) -> Iterator[tuple[LocalSlack, SlackApp]]:
    """One workspace behind Slack's own strictness with one app, for the module; closing takes seconds."""
    with (
        LocalSlack() as slack,
        StrictSlack(slack) as strict,
        running(slack, commands, api_url=strict.api_url, workers=2) as app,
    ):
        yield slack, app


@pytest.fixture
def slack(workspace: tuple[LocalSlack, SlackApp], commands: FakeCommands) -> LocalSlack:
    workspace[0].reset()
    commands.asked.clear()
    commands.acts = {
        "scan": lambda order, _: scanned(order.canonical),
        "who": lambda order, _: admins(order.canonical),
    }
    return workspace[0]


def final(slack: LocalSlack, text: str, timeout: float = 10) -> Message:
    """The one message in #security with this text, once it is there."""
    return slack.wait_for(lambda: [m for m in slack.messages(SECURITY) if m.text == text], timeout, text)[0]


def test_help_is_answered_to_its_asker_alone(slack: LocalSlack) -> None:
    assert slack.command(ERIN, SECURITY, "help") < 1
    answer = slack.wait_for(lambda: slack.messages(SECURITY), what="the answer")[0]
    assert (answer.text, answer.ephemeral_to) == (HELP, ERIN.id)
    assert slack.messages(SECURITY, OSCAR) == ()


@pytest.mark.parametrize("text", ["", "   ", "xyzzy `*_ <!channel>", "\u202e\u200b", "x" * 40_000])
def test_whatever_is_typed_is_answered(slack: LocalSlack, text: str) -> None:
    slack.command(ERIN, SECURITY, text)
    assert slack.wait_for(lambda: slack.messages(SECURITY, ERIN), what="the answer")[0].text == HELP


def test_a_question_is_acknowledged_with_its_meaning_and_answered_in_private(slack: LocalSlack) -> None:
    slack.command(ERIN, SECURITY, "who has cluster-admin")
    slack.wait_for(lambda: len(slack.messages(SECURITY, ERIN)) > 1, what="both")
    assert {m.text for m in slack.messages(SECURITY, ERIN)} == {
        "Looking into it: `who has cluster-admin`",
        ADMINS,
    }
    assert slack.messages(SECURITY, OSCAR) == ()


WORSE = "1 new critical since Monday: pod-privileged"


def broadcast(slack: LocalSlack) -> list[tuple[str, str]]:
    """What was told the channel out of a thread: the thread and the text."""
    calls = (call.detail for call in slack.api_log("chat.postMessage"))
    return [(call["thread_ts"], call["text"]) for call in calls if call.get("reply_broadcast")]


def test_what_got_worse_is_told_the_channel_out_of_the_thread(
    slack: LocalSlack, commands: FakeCommands
) -> None:
    commands.acts["scan"] = lambda order, _: replace(scanned(order.canonical), worse=WORSE)
    slack.command(ERIN, SECURITY, "scan production")
    parent = final(slack, SCANNED)
    slack.wait_for(lambda: broadcast(slack), what="what got worse")
    assert broadcast(slack) == [(parent.ts, f"🔺 Worse: {WORSE}.")]


def test_nothing_is_told_the_channel_of_a_run_that_is_no_worse_or_asked_for_in_private(
    slack: LocalSlack, commands: FakeCommands
) -> None:
    slack.command(ERIN, SECURITY, "scan production")
    parent = final(slack, SCANNED)
    slack.wait_for(lambda: slack.thread(SECURITY, parent.ts)[1:], what="the details")
    commands.acts["scan"] = lambda order, _: replace(scanned(order.canonical), worse=WORSE)
    mine = slack.dm(ERIN, "scan staging")
    parent = slack.wait_for(
        lambda: [m for m in slack.messages(mine.channel) if m.text == SCANNED], what="the run"
    )[0]
    slack.wait_for(lambda: slack.thread(mine.channel, parent.ts)[1:], what="the details")
    assert broadcast(slack) == []


def test_a_mention_is_answered_in_its_thread(slack: LocalSlack, commands: FakeCommands) -> None:
    asked = slack.mention(OSCAR, SECURITY, "who has cluster-admin")
    answer = slack.wait_for(lambda: [m for m in slack.thread(SECURITY, asked.ts) if m.text == ADMINS])[0]
    assert "table" in {block["type"] for block in answer.blocks}
    assert commands.asked == [("who has cluster-admin", OSCAR.id)]
    assert [m.ts for m in slack.messages(SECURITY)] == [asked.ts]


def test_a_thread_is_remembered_with_what_was_answered_there(
    slack: LocalSlack, commands: FakeCommands
) -> None:
    commands.threads.clear()
    commands.remembered.clear()
    asked = slack.mention(OSCAR, SECURITY, "who has cluster-admin")
    slack.wait_for(lambda: commands.remembered, what="the thread's command")
    thread = f"{SECURITY.id}/{asked.ts}"
    assert commands.threads == [thread]
    assert commands.remembered == [(thread, "who has cluster-admin", "who has cluster-admin")]
    slack.mention(ERIN, SECURITY, "again", thread_ts=asked.ts)
    slack.wait_for(lambda: len(commands.threads) == 2, what="the follow-up")
    slack.command(ERIN, SECURITY, "who has cluster-admin")
    slack.wait_for(lambda: len(commands.threads) == 3, what="the command")
    slack.dm(ERIN, "again")
    slack.wait_for(lambda: len(commands.threads) == 4, what="the direct message")
    assert commands.threads[1:] == [thread, "", f"@{ERIN.id}"]


def test_a_mention_inside_a_thread_is_answered_there(slack: LocalSlack) -> None:
    parent = slack.message(ERIN, SECURITY, "so")
    slack.mention(ERIN, SECURITY, "help", thread_ts=parent.ts)
    slack.wait_for(lambda: [m for m in slack.thread(SECURITY, parent.ts) if m.text == HELP])


def test_a_direct_message_is_answered_where_it_was_written(slack: LocalSlack) -> None:
    asked = slack.dm(ERIN, "help")
    answers = slack.wait_for(lambda: slack.messages(asked.channel)[1:], what="the answer")
    assert [m.text for m in answers] == [HELP]


def test_talk_in_a_channel_is_none_of_our_business(slack: LocalSlack, commands: FakeCommands) -> None:
    slack.message(ERIN, SECURITY, "scan the horizon")
    asked = slack.mention(ERIN, SECURITY, "help")
    slack.wait_for(lambda: slack.thread(SECURITY, asked.ts), what="the mention's answer")
    assert [canonical for canonical, _ in commands.asked] == ["help"]


def test_a_scan_is_one_message_that_proceeds_with_details_in_its_thread(
    slack: LocalSlack, commands: FakeCommands
) -> None:
    released = threading.Event()
    commands.acts["scan"] = slow_scan(released)
    slack.command(ERIN, SECURITY, "scan production")
    queued = slack.wait_for(lambda: slack.messages(SECURITY), what="the run's message")[0]
    assert queued.ephemeral_to is None
    final(slack, "⏳ reading 19 of 19 kinds (Pod): scan production")
    released.set()
    verdict = final(slack, SCANNED)
    assert verdict.ts == queued.ts
    assert len(slack.messages(SECURITY)) == 1
    slack.wait_for(lambda: len(slack.thread(SECURITY, verdict.ts)) == 2, what="the details")
    assert [m.text for m in slack.thread(SECURITY, verdict.ts)] == ["Critical: 1", "High: 3"]
    assert f"requested by <@{ERIN.id}>" in verdict.blocks[-1]["elements"][0]["text"]
    calls = (call.detail for call in slack.api_log("chat.postMessage"))
    posted = next(call for call in calls if call["text"] == "🕓 queued: scan production")
    assert not posted["unfurl_links"]
    assert not posted["unfurl_media"]


def test_rule_22_edits_are_calm_and_end_with_the_verdict(slack: LocalSlack, commands: FakeCommands) -> None:
    def steady(order: Said, progress: Progress) -> Answer:
        for done in range(60):
            progress(Step(Stage.READING, done, 60, "kinds"))
            time.sleep(0.1)
        return scanned(order.canonical)

    commands.acts["scan"] = steady
    slack.command(ERIN, SECURITY, "scan production")
    final(slack, SCANNED, 20)
    edits = slack.api_log("chat.update")
    assert edits[-1].detail["text"] == SCANNED
    gaps = [later.time - earlier.time for earlier, later in pairwise(edits[:-1])]
    assert len(edits) == 3
    assert min(gaps) >= 2450


def test_rule_33_the_pdf_lies_in_the_thread_byte_for_byte(
    slack: LocalSlack, commands: FakeCommands, tmp_path: Path
) -> None:
    report = pdf(tmp_path)
    commands.acts["report"] = lambda order, _: scanned(order.canonical, files=(report,))
    slack.command(ERIN, SECURITY, "report production")
    (file,) = slack.wait_for(lambda: slack.files(SECURITY), what="the PDF")
    assert slack.download(file) == report.path.read_bytes()
    assert (file.name, file.title) == ("Prüfbericht production.pdf", "Compliance report of production")
    (parent,) = slack.messages(SECURITY)
    assert slack.thread(SECURITY, parent.ts)[-1].files == (file,)


def test_340_findings_arrive_as_a_part_and_whole_as_a_file(slack: LocalSlack, commands: FakeCommands) -> None:
    commands.acts["scan"] = lambda order, _: scanned(order.canonical, findings=340)
    asked = slack.dm(ERIN, "scan production")
    (file,) = slack.wait_for(lambda: slack.files(asked.channel), what="the CSV")
    assert slack.download(file).count(b"pod-privileged") == 340


def test_a_broken_command_is_answered_with_an_error_id(slack: LocalSlack, commands: FakeCommands) -> None:
    def broken(_: Said, __: Progress) -> Answer:
        raise RuntimeError("secret inner words")

    commands.acts["scan"] = commands.acts["who"] = broken
    slack.command(ERIN, SECURITY, "scan production")
    failed = slack.wait_for(lambda: [m for m in slack.messages(SECURITY) if "(error e-" in m.text])[0]
    assert failed.text.startswith("⛔ Not done: Something in Quarterdeck itself went wrong (error e-")
    slack.command(ERIN, SECURITY, "who now")
    slack.wait_for(
        lambda: [m for m in slack.messages(SECURITY, ERIN) if "(error e-" in m.text and m.ephemeral_to]
    )
    assert not any("secret inner words" in m.text + str(m.blocks) for m in slack.messages(SECURITY))


def test_an_unreachable_cluster_is_said_in_the_runs_message(
    slack: LocalSlack, commands: FakeCommands
) -> None:
    commands.acts["scan"] = lambda order, _: Answer(
        command=order.canonical,
        verdict="The cluster production cannot be reached: connection refused.",
        tone=Tone.REFUSED,
        notes=("Check that https://10.0.0.1:6443 answers.",),
    )
    slack.command(ERIN, SECURITY, "scan production")
    message = final(slack, "⛔ Not done: The cluster production cannot be reached: connection refused.")
    assert "`https://10.0.0.1:6443`" in message.blocks[1]["text"]["text"]


@pytest.mark.parametrize("channel", [RANDOM, BOARD])
def test_where_the_bot_is_not_a_member_it_says_how_to_invite_it(
    slack: LocalSlack, commands: FakeCommands, channel: Channel
) -> None:
    slack.command(ERIN, channel, "scan production")
    (answer,) = slack.wait_for(lambda: slack.messages(channel, ERIN), what="the invitation")
    assert answer.ephemeral_to == ERIN.id
    assert answer.text.startswith("I could not answer here.")
    assert "/invite" in answer.text
    assert commands.asked == []
    slack.command(ERIN, channel, "help")
    slack.wait_for(lambda: [m for m in slack.messages(channel, ERIN) if m.text == HELP])


def test_rule_20_hostile_names_reach_nobody(slack: LocalSlack, commands: FakeCommands) -> None:
    hostile = "<!channel> <@U0OSCAR> *free* `x` <http://evil.example|click> @here :fire: \u202e\u200b"
    template = scanned("scan")
    tables = tuple(
        type(t)(hostile, t.columns, tuple((hostile,) * len(row) for row in t.rows)) for t in template.tables
    )
    commands.acts["scan"] = lambda _, __: Answer(
        command=hostile, verdict=hostile, tables=tables, caveats=(hostile,), notes=(hostile,), run_id=hostile
    )
    slack.command(ERIN, SECURITY, "scan production")
    slack.wait_for(lambda: [m for m in slack.messages(SECURITY) if slack.thread(SECURITY, m.ts)[1:]])
    for call in (*slack.api_log("chat.update"), *slack.api_log("chat.postMessage")):
        assert breaches(call.detail["text"], call.detail["blocks"]) == []


def test_a_private_answer_that_is_too_long_says_how_to_get_all_of_it(
    slack: LocalSlack, commands: FakeCommands
) -> None:
    commands.acts["who"] = lambda order, _: scanned(order.canonical, findings=340)
    slack.command(ERIN, SECURITY, "who has cluster-admin")
    more = "There is more than fits here. Ask me in a direct message and you get all of it as files."
    slack.wait_for(lambda: [m for m in slack.messages(SECURITY, ERIN) if m.text == more])
    assert slack.files() == ()


def test_a_run_whose_message_was_deleted_gives_its_verdict_anew(
    slack: LocalSlack, commands: FakeCommands
) -> None:
    released = threading.Event()
    commands.acts["scan"] = slow_scan(released)
    slack.command(ERIN, SECURITY, "scan production")
    (queued,) = slack.wait_for(lambda: slack.messages(SECURITY), what="the run's message")
    WebClient(APP.bot_token, slack.api_url).chat_delete(channel=SECURITY.id, ts=queued.ts)
    assert slack.messages(SECURITY) == ()
    released.set()
    assert final(slack, SCANNED).ts != queued.ts


def test_a_part_that_cannot_be_sent_is_named_and_the_rest_goes(
    slack: LocalSlack, commands: FakeCommands, tmp_path: Path
) -> None:
    gone = pdf(tmp_path, "gone.pdf")
    gone.path.unlink()
    (tmp_path / "b").mkdir()
    commands.acts["report"] = lambda order, _: scanned(order.canonical, files=(gone, pdf(tmp_path / "b")))
    slack.command(ERIN, SECURITY, "report production")
    slack.wait_for(lambda: slack.files(SECURITY), what="the other PDF")
    (parent,) = slack.messages(SECURITY)
    said = [m.text for m in slack.thread(SECURITY, parent.ts)]
    assert any(
        text.startswith("“gone.pdf” could not be put here. The file gone.pdf cannot be read") for text in said
    )


def test_the_list_layout_works_where_tables_cannot_be_shown(local_slack: LocalSlack) -> None:
    commands = FakeCommands({"scan": lambda order, _: scanned(order.canonical)})
    with running(local_slack, commands, layout=Layout.LIST):
        local_slack.command(ERIN, SECURITY, "scan production")
        verdict = final(local_slack, SCANNED)
        local_slack.wait_for(lambda: len(local_slack.thread(SECURITY, verdict.ts)) == 2)
        shown = (verdict, *local_slack.thread(SECURITY, verdict.ts))
        assert {block["type"] for m in shown for block in m.blocks} == {"section", "context"}


def test_a_picture_comes_into_the_thread_with_words_for_who_does_not_see_it(
    slack: LocalSlack, commands: FakeCommands
) -> None:
    commands.acts["who"] = lambda order, _: pictured(order.canonical)
    slack.mention(ERIN, SECURITY, "who can become cluster-admin")
    (file,) = slack.wait_for(lambda: slack.files(SECURITY), what="the picture")
    assert (file.name, file.title) == ("escalation.png", "production: ways to cluster-admin")
    assert slack.download(file).startswith(b"\x89PNG")
    (asked_for,) = slack.api_log("files.getUploadURLExternal")
    assert "ServiceAccount ci/runner: hold everything" in str(asked_for.detail)


def test_a_private_answer_says_how_to_get_its_picture(slack: LocalSlack, commands: FakeCommands) -> None:
    commands.acts["who"] = lambda order, _: pictured(order.canonical)
    slack.command(ERIN, SECURITY, "who can become cluster-admin")
    slack.wait_for(lambda: [m for m in slack.messages(SECURITY, ERIN) if m.text == PICTURE])
    assert slack.files() == ()


def test_the_answer_stands_where_its_picture_may_not_be_uploaded(local_slack: LocalSlack) -> None:
    commands = FakeCommands({"who": lambda order, _: pictured(order.canonical)})
    with (
        StrictSlack(local_slack, ALL_SCOPES - {"files:write"}) as strict,
        running(local_slack, commands, api_url=strict.api_url),
    ):
        asked = local_slack.mention(ERIN, SECURITY, "who can become cluster-admin")
        texts = local_slack.wait_for(lambda: _thread_with(local_slack, asked, "could not be put here"))
    (missing,) = [text for text in texts if "could not be put here" in text]
    assert missing.startswith(
        "“escalation.png” could not be put here. The Slack app lacks the scope files:write."
    )
    assert any("has cluster-admin already" in text for text in texts)


def _thread_with(slack: LocalSlack, asked: Message, text: str) -> list[str]:
    """What a thread says, once that is among it."""
    said = [message.text for message in slack.thread(SECURITY, asked.ts)]
    return said if any(text in each for each in said) else []

"""People press the buttons beneath an answer in a real (emulated) workspace."""

import csv
import io
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.answer import FOLLOW_UPS, Action, ActionKind, Answer, Table, Tone
from bot.commands.progress import Progress
from bot.slack.app import SlackApp
from bot.slack.kept import Kept
from checks.model import Evidence
from reports.history import History
from tests.bot.slack.commands import REFUSED, FakeCommands, Said, admins, scanned
from tests.bot.slack.slack_app import running
from tests.harness.local_slack import LocalSlack
from tests.harness.slack_records import Message
from tests.harness.slack_workspace import APP, ERIN, OSCAR, SECURITY, User
from tests.harness.strict_slack import StrictSlack

pytestmark = pytest.mark.slack

ADMINS = "💬 Answer: production: 2 subjects have cluster-admin besides the built-in group system:masters."
MANY = "💬 Answer: production: 340 subjects can read secrets."
QUESTION = "who can read secrets"


class Clock:
    """The time as History sees it; a test can let days pass."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture(scope="module")
def commands() -> FakeCommands:
    return FakeCommands()


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def workspace(
    commands: FakeCommands, clock: Clock, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[LocalSlack, SlackApp]]:
    """One workspace behind Slack's own strictness with one app and its history, for the module."""
    history = History.open(f"sqlite:///{tmp_path_factory.mktemp('kept') / 'history.db'}", clock=clock)
    with (
        LocalSlack() as slack,
        StrictSlack(slack) as strict,
        running(slack, commands, api_url=strict.api_url, workers=2, shelf=history, clock=clock) as app,
    ):
        yield slack, app
    history.close()


@pytest.fixture
def slack(workspace: tuple[LocalSlack, SlackApp], commands: FakeCommands, clock: Clock) -> LocalSlack:
    workspace[0].reset()
    clock.ahead = timedelta()
    commands.asked.clear()
    commands.barred.clear()
    commands.secret.clear()
    commands.taken.clear()
    commands.kept.clear()
    commands.acts = {
        "scan": lambda order, _: replace(
            scanned(order.canonical),
            actions=(
                Action(ActionKind.RUN, "Explain the worst", "explain rbac-cluster-admin"),
                Action(ActionKind.RUN, "Scan again", order.canonical),
            ),
        ),
        "who": lambda order, _: many(order.canonical) if "secrets" in order.canonical else asked(order),
        "explain": lambda order, _: Answer(command=order.canonical, verdict="Why it matters."),
    }
    return workspace[0]


def asked(order: Said) -> Answer:
    return replace(admins(order.canonical), actions=FOLLOW_UPS)


def many(command: str, rows: int = 340) -> Answer:
    table = Table(
        "Who can", ("Who", "Where"), tuple((f"User u{n}", f"ns-{n}") for n in range(rows)), code=("Who",)
    )
    return Answer(
        command=command,
        verdict=f"production: {rows} subjects can read secrets.",
        tables=(table,),
        actions=FOLLOW_UPS,
    )


def button(message: Message, label: str) -> str:
    """The action_id of the button with this label."""
    buttons = [each for block in message.blocks if block["type"] == "actions" for each in block["elements"]]
    (found,) = [each["action_id"] for each in buttons if each["text"]["text"] == label]
    return str(found)


def labels(message: Message) -> list[str]:
    return [e["text"]["text"] for b in message.blocks if b["type"] == "actions" for e in b["elements"]]


def press(slack: LocalSlack, user: User, message: Message, label: str) -> None:
    assert slack.click(user, message, button(message, label)) < 1


def private(slack: LocalSlack, text: str, user: User = ERIN) -> Message:
    """The private message with this text."""
    return slack.wait_for(
        lambda: [m for m in slack.messages(SECURITY, user) if m.text == text and m.ephemeral_to], what=text
    )[-1]


def said(message: Message) -> str:
    return str(message.blocks)


def ask_privately(slack: LocalSlack, question: str, text: str) -> Message:
    slack.command(ERIN, SECURITY, question)
    return private(slack, text)


def ask_openly(slack: LocalSlack, question: str, text: str) -> Message:
    mention = slack.mention(ERIN, SECURITY, question)
    return slack.wait_for(
        lambda: [m for m in slack.thread(SECURITY, mention.ts) if m.text == text], what=text
    )[0]


def now(slack: LocalSlack, message: Message) -> Message:
    """The message as it is at present."""
    return next(m for m in slack._all(SECURITY, None) if m.ts == message.ts)


def wait_until(slack: LocalSlack, message: Message, text: str) -> Message:
    return slack.wait_for(lambda: [m for m in [now(slack, message)] if text in said(m)], what=text)[0]


def test_next_and_previous_turn_the_page_of_a_private_answer_in_place(slack: LocalSlack) -> None:
    first = ask_privately(slack, QUESTION, MANY)
    assert "15 of 340 shown" in said(first)
    assert labels(first) == ["Next", "Refresh", "Export CSV", "Share to channel"]
    before = len(slack.messages(SECURITY, ERIN))
    press(slack, ERIN, first, "Next")
    second = wait_until(slack, first, "16 to 30 of 340 shown")
    assert labels(second)[:2] == ["Previous", "Next"]
    assert "User u15" in said(second)
    assert "User u14" not in said(second)
    press(slack, ERIN, second, "Previous")
    wait_until(slack, first, "15 of 340 shown")
    assert len(slack.messages(SECURITY, ERIN)) == before


def test_an_open_answer_is_paged_by_editing_its_message(slack: LocalSlack) -> None:
    first = ask_openly(slack, QUESTION, MANY)
    assert labels(first) == ["Next", "Refresh", "Export CSV"]
    press(slack, OSCAR, first, "Next")
    second = wait_until(slack, first, "16 to 30 of 340 shown")
    assert second.text == MANY
    edit = slack.api_log("chat.update")[-1].detail
    assert (edit["channel"], edit["ts"]) == (SECURITY.id, first.ts)
    assert f"requested by <@{ERIN.id}>" in said(second)


def test_refresh_shows_that_it_reads_and_puts_the_fresh_answer_in_place(
    slack: LocalSlack, commands: FakeCommands
) -> None:
    first = ask_openly(slack, "who has cluster-admin", ADMINS)
    go_on = threading.Event()

    def slowly(order: Said, _: Progress) -> Answer:
        assert go_on.wait(10)
        return replace(asked(order), verdict="production: nobody has cluster-admin.")

    commands.acts["who"] = slowly
    press(slack, OSCAR, first, "Refresh")
    busy = wait_until(slack, first, "Reading the cluster now")
    assert busy.text == ADMINS
    go_on.set()
    fresh = wait_until(slack, first, "nobody has cluster-admin")
    assert fresh.text == "💬 Answer: production: nobody has cluster-admin."
    assert "Reading the cluster" not in said(fresh)
    assert f"requested by <@{OSCAR.id}>" in said(fresh)
    assert commands.asked[-1] == ("who has cluster-admin", OSCAR.id)


def test_a_refresh_that_fails_leaves_the_old_answer_and_says_so(
    slack: LocalSlack, commands: FakeCommands
) -> None:
    first = ask_privately(slack, "who has cluster-admin", ADMINS)
    commands.acts["who"] = lambda order, _: Answer(
        command=order.canonical, verdict="The cluster cannot be reached.", tone=Tone.REFUSED
    )
    press(slack, ERIN, first, "Refresh")
    still = wait_until(slack, first, "It could not be read anew: The cluster cannot be reached.")
    assert still.text == ADMINS
    assert "Refresh" in labels(still)


def test_the_export_of_a_private_answer_comes_by_direct_message(slack: LocalSlack) -> None:
    first = ask_privately(slack, QUESTION, MANY)
    press(slack, ERIN, first, "Export CSV")
    private(slack, "The rows are in our direct messages.")
    (file,) = slack.files()
    assert slack.files(SECURITY) == ()
    assert file.name == "who-can.csv"
    rows = list(csv.reader(io.StringIO(slack.download(file).decode())))
    assert rows[0] == ["Who", "Where"]
    assert len(rows) == 341


def test_the_export_of_an_open_answer_lies_in_its_thread(slack: LocalSlack) -> None:
    first = ask_openly(slack, QUESTION, MANY)
    press(slack, OSCAR, first, "Export CSV")
    (file,) = slack.wait_for(lambda: slack.files(SECURITY), what="the CSV")
    assert slack.download(file).count(b"User u") == 340
    assert first.thread_ts is not None
    assert slack.thread(SECURITY, first.thread_ts)[-1].files == (file,)


def test_what_is_shared_is_seen_by_everybody_once(slack: LocalSlack) -> None:
    first = ask_privately(slack, "who has cluster-admin", ADMINS)
    press(slack, ERIN, first, "Share to channel")
    shared = slack.wait_for(lambda: slack.messages(SECURITY, OSCAR), what="the shared answer")[0]
    assert shared.text == ADMINS
    assert f"requested by <@{ERIN.id}>" in said(shared)
    assert "Share to channel" not in labels(shared)
    after = wait_until(slack, first, "Shared with the channel.")
    assert "Share to channel" not in labels(after)
    slack.click(ERIN, first, button(first, "Share to channel"))
    private(slack, "This answer was shared with the channel already.")
    assert len(slack.messages(SECURITY, OSCAR)) == 1


def test_what_was_answered_by_direct_message_is_shared_where_it_was_asked(
    slack: LocalSlack, commands: FakeCommands
) -> None:
    commands.secret.add("who has cluster-admin")
    mention = slack.mention(ERIN, SECURITY, "who has cluster-admin")
    direct = slack.dm(ERIN, "hello").channel
    mine = slack.wait_for(lambda: [m for m in slack.messages(direct) if m.text == ADMINS], what=ADMINS)[0]
    assert labels(mine) == ["Refresh", "Export CSV", "Share to channel"]
    press(slack, ERIN, mine, "Share to channel")
    shared = slack.wait_for(
        lambda: [m for m in slack.thread(SECURITY, mention.ts) if m.text == ADMINS], what="the shared answer"
    )[0]
    assert f"requested by <@{ERIN.id}>" in said(shared)
    slack.wait_for(lambda: [m for m in slack.messages(direct) if "Shared with the channel." in said(m)])
    assert commands.taken[-1] == ("share", "who has cluster-admin", ERIN.id)


def test_what_is_shared_can_be_paged_by_others(slack: LocalSlack) -> None:
    first = ask_privately(slack, QUESTION, MANY)
    press(slack, ERIN, first, "Share to channel")
    shared = slack.wait_for(lambda: slack.messages(SECURITY, OSCAR), what="the shared answer")[0]
    press(slack, OSCAR, shared, "Next")
    wait_until(slack, shared, "16 to 30 of 340 shown")


def test_explaining_is_answered_to_whoever_pressed_alone(slack: LocalSlack, commands: FakeCommands) -> None:
    slack.command(ERIN, SECURITY, "scan production")
    run = slack.wait_for(lambda: [m for m in slack.messages(SECURITY) if "3 new" in m.text])[0]
    assert labels(run) == ["Explain the worst", "Scan again"]
    press(slack, OSCAR, run, "Explain the worst")
    answer = private(slack, "💬 Answer: Why it matters.", OSCAR)
    assert answer.ephemeral_to == OSCAR.id
    assert commands.asked[-1] == ("explain rbac-cluster-admin", OSCAR.id)


def test_scan_again_is_a_run_of_whoever_pressed(slack: LocalSlack, commands: FakeCommands) -> None:
    slack.command(ERIN, SECURITY, "scan production")
    run = slack.wait_for(lambda: [m for m in slack.messages(SECURITY) if "3 new" in m.text])[0]
    press(slack, OSCAR, run, "Scan again")
    again = slack.wait_for(
        lambda: [m for m in slack.messages(SECURITY) if "3 new" in m.text and m.ts != run.ts]
    )
    assert f"requested by <@{OSCAR.id}>" in said(again[0])
    assert commands.asked[-1] == ("scan production", OSCAR.id)


@pytest.mark.parametrize("label", ["Next", "Export CSV", "Refresh"])
def test_rights_are_checked_again_at_the_click(slack: LocalSlack, commands: FakeCommands, label: str) -> None:
    first = ask_openly(slack, QUESTION, MANY)
    commands.barred.add(OSCAR.id)
    asked_before = list(commands.asked)
    press(slack, OSCAR, first, label)
    private(slack, f"⛔ Not done: {REFUSED}", OSCAR)
    assert now(slack, first).blocks == first.blocks
    assert slack.files() == ()
    assert commands.asked == asked_before


def test_a_button_after_a_day_says_so_and_offers_to_ask_again(slack: LocalSlack, clock: Clock) -> None:
    first = ask_openly(slack, QUESTION, MANY)
    clock.ahead = timedelta(hours=24, minutes=1)
    press(slack, OSCAR, first, "Next")
    old = private(slack, "⛔ Not done: This answer is more than a day old and is no longer kept.", OSCAR)
    assert labels(old) == ["Ask again"]
    press(slack, OSCAR, old, "Ask again")
    private(slack, MANY, OSCAR)


@pytest.mark.parametrize("value", ["", "page.1", "x" * 2000, "a" * 16 + ".act.0.0." + "A" * 24])
def test_a_forged_button_does_nothing_and_says_so(
    slack: LocalSlack, commands: FakeCommands, value: str
) -> None:
    first = ask_openly(slack, QUESTION, MANY)
    asked_before = list(commands.asked)
    slack.click(OSCAR, first, button(first, "Refresh"), value=value)
    forged = private(
        slack,
        "⛔ Not done: This button is not one of mine, or it is from before my token was changed. "
        "Nothing was done.",
        OSCAR,
    )
    assert labels(forged) == ["What can I ask?"]
    assert commands.asked == asked_before


def test_a_signed_button_of_an_answer_that_is_not_there_says_so(
    slack: LocalSlack, workspace: tuple[LocalSlack, SlackApp]
) -> None:
    kept = workspace[1].kept
    assert isinstance(kept, Kept)
    first = ask_openly(slack, QUESTION, MANY)
    slack.click(
        OSCAR, first, button(first, "Next"), value=kept.handle("b" * 16, shareable=False).value("page")
    )
    private(slack, "⛔ Not done: I no longer know the answer that this button belongs to.", OSCAR)


def test_in_a_direct_message_everything_stays_there(slack: LocalSlack) -> None:
    question = slack.dm(ERIN, QUESTION)
    found = slack.wait_for(lambda: [m for m in slack.messages(question.channel) if m.text == MANY])[0]
    assert labels(found) == ["Next", "Refresh", "Export CSV"]
    press(slack, ERIN, found, "Export CSV")
    slack.wait_for(lambda: slack.thread(question.channel, found.ts), what="the CSV")
    assert len(slack.messages(question.channel)) == 2


def test_rule_26_a_click_that_is_delivered_again_is_carried_out_once(
    slack: LocalSlack, workspace: tuple[LocalSlack, SlackApp], commands: FakeCommands
) -> None:
    first = ask_openly(slack, QUESTION, MANY)
    seen: list[str] = []
    body = {
        "trigger_id": "1.2.3",
        "user": {"id": OSCAR.id},
        "channel": {"id": SECURITY.id},
        "container": {"message_ts": first.ts},
        "message": {"thread_ts": first.thread_ts},
    }
    refresh = next(
        e for b in first.blocks if b["type"] == "actions" for e in b["elements"] if "Refresh" in str(e)
    )
    for _ in range(3):
        workspace[1]._on_click(lambda: seen.append("ack"), body, refresh)  # type: ignore[arg-type]
    slack.wait_for(lambda: len(commands.asked) == 2, what="the refresh")
    wait_until(slack, first, f"requested by <@{OSCAR.id}>")
    assert len(seen) == 3
    assert len(commands.asked) == 2


def test_a_history_that_is_away_gives_answers_without_buttons(
    local_slack: LocalSlack, commands: FakeCommands, tmp_path: Path
) -> None:
    history = History.open(f"sqlite:///{tmp_path / 'history.db'}")
    commands.acts["who"] = lambda order, _: many(order.canonical, 20)
    (tmp_path / "history.db").unlink()
    (tmp_path / "history.db").mkdir()
    history.close()
    with running(local_slack, commands, shelf=history):
        mention = local_slack.mention(ERIN, SECURITY, QUESTION)
        (found,) = local_slack.wait_for(
            lambda: [m for m in local_slack.thread(SECURITY, mention.ts) if "20 subjects" in m.text]
        )
        assert labels(found) == []
        assert "User u19" in said(found)
        assert APP.bot_id == found.bot_id


def test_evidence_waits_behind_a_button_and_stays_with_the_answer(
    slack: LocalSlack, commands: FakeCommands
) -> None:
    facts = tuple(Evidence(path=f"rules[{n}]", observed=["*"], expected="named verbs") for n in range(90))
    commands.acts["who"] = lambda order, _: replace(asked(order), evidence=facts)
    mine = ask_privately(slack, "who has cluster-admin", ADMINS)
    assert labels(mine)[0] == "Evidence (90)"
    assert "rules[0]" not in said(mine)
    press(slack, ERIN, mine, "Evidence (90)")
    shown = private(slack, "Evidence (expected: named verbs)")
    press(slack, ERIN, shown, "Next")
    wait_until(slack, shown, "rules[89]")
    open_ = ask_openly(slack, "who has cluster-admin", ADMINS)
    assert open_.thread_ts is not None
    press(slack, OSCAR, open_, "Evidence (90)")
    slack.wait_for(lambda: slack.thread(SECURITY, str(open_.thread_ts))[-1].text.startswith("Evidence ("))

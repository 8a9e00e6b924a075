"""People open Home, fill in forms and use shortcuts in a real (emulated) workspace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from slack_bolt import BoltRequest

from bot.answer import Answer, Tone
from bot.rights.roles import Role
from bot.rights.settings import GrantSettings, RightsSettings
from bot.slack.app import SlackApp
from bot.slack.conversation import Conversation
from bot.slack.forms import EXPLAIN_FINDING, RUN_A_CHECK
from bot.slack.people import People
from bot.slack.place import Place
from bot.slack.proof import texts, view_breaches
from bot.slack.surfaces import FORGED, NOTHING_NAMED, said_in
from bot.slack.workers import Workers
from tests.bot.slack.commands import REFUSED, FakeCommands, scanned
from tests.bot.slack.slack_app import connection, running
from tests.harness.local_slack import LocalSlack
from tests.harness.slack_records import Message
from tests.harness.slack_workspace import BOARD, ERIN, OSCAR, SECURITY, WORKSPACE
from tests.harness.strict_slack import StrictSlack

pytestmark = pytest.mark.slack


@pytest.fixture(scope="module")
def commands() -> FakeCommands:
    return FakeCommands()


@pytest.fixture(scope="module")
def workspace(commands: FakeCommands) -> Iterator[tuple[LocalSlack, StrictSlack, SlackApp]]:
    """One workspace behind Slack's own strictness with one app, for the module."""
    with (
        LocalSlack() as slack,
        StrictSlack(slack) as strict,
        running(slack, commands, api_url=strict.api_url, workers=2) as app,
    ):
        yield slack, strict, app


@pytest.fixture
def slack(workspace: tuple[LocalSlack, StrictSlack, SlackApp], commands: FakeCommands) -> LocalSlack:
    workspace[0].reset()
    commands.barred.clear()
    commands.refused.clear()
    commands.asked.clear()
    commands.acts = {
        "scan": lambda order, _: scanned(order.canonical),
        "list": lambda order, _: Answer(command=order.canonical, verdict="2 of them.", tone=Tone.BAD),
        "explain": lambda order, _: Answer(command=order.canonical, verdict="Why it matters."),
        "status": lambda order, _: Answer(command=order.canonical, verdict="3 clusters watched."),
    }
    return workspace[0]


def opened(slack: LocalSlack) -> dict[str, Any]:
    """Erin's Home once it shows."""
    slack.open_home(ERIN)
    return slack.wait_for(lambda: slack.home(ERIN), what="Home")


def direct(slack: LocalSlack, text: str) -> Message:
    """The message of that text in Erin's direct messages."""
    mine = slack.dm(ERIN, "hello").channel
    return slack.wait_for(
        lambda: [m for m in slack.messages(mine) if text in m.text], what=f"a direct message: {text}"
    )[-1]


def test_whoever_opens_home_sees_their_clusters(slack: LocalSlack) -> None:
    view = opened(slack)
    assert next(texts(view)) == "*🔴 3 critical findings open in 1 of 3 clusters.*"
    assert view_breaches(view) == ()
    assert slack.home(OSCAR) is None


def test_whoever_has_no_role_is_told_so_in_home(slack: LocalSlack, commands: FakeCommands) -> None:
    commands.barred.add(ERIN.id)
    assert [*texts(opened(slack))] == [f"*⛔ {REFUSED}*", "Who can grant it: <@U0ADMIN>, <!subteam^S0ADMINS>"]


def test_what_is_pressed_in_home_is_answered_in_the_messages_tab(
    slack: LocalSlack, commands: FakeCommands
) -> None:
    opened(slack)
    assert slack.press_home(ERIN, "say.cluster.0", 2) < 1
    direct(slack, "2 of them.")
    assert commands.asked[0] == ("list critical cluster=production", ERIN.id)
    slack.wait_for(
        lambda: "answer comes in the Messages tab" in next(texts(slack.home(ERIN))), what="what was done"
    )


def test_a_scan_from_home_proceeds_in_the_messages_tab(slack: LocalSlack) -> None:
    opened(slack)
    slack.press_home(ERIN, "say.cluster.1", 0)
    direct(slack, "1 critical, 3 high findings")


def test_a_value_that_was_made_up_does_nothing(
    slack: LocalSlack, workspace: tuple[LocalSlack, StrictSlack, SlackApp], commands: FakeCommands
) -> None:
    opened(slack)
    action = {
        "type": "button",
        "action_id": "say.status",
        "value": "scan production.AAAAAAAAAAAAAAAAAAAAAAAA",
    }
    payload = interaction("block_actions", container={"type": "view", "view_id": "V1"}, actions=[action])
    assert workspace[2].dispatch(payload).status == 200
    slack.wait_for(lambda: next(texts(slack.home(ERIN))) == FORGED, what="why nothing was done")
    assert commands.asked == []


def test_rule_4_the_form_opens_at_once_and_its_words_are_carried_out(
    slack: LocalSlack, commands: FakeCommands
) -> None:
    opened(slack)
    slack.press_home(ERIN, "form.check")
    modal = slack.wait_for(slack.modal, timeout=2, what="the form")
    assert modal["title"]["text"] == "Run a check"
    fields = {
        "cluster": {"type": "static_select", "selected_option": {"value": "production"}},
        "namespaces": {"type": "plain_text_input", "value": "Pay ments!"},
        "channel": {"type": "conversations_select", "selected_conversation": SECURITY.id},
    }
    wrong = slack.submit(ERIN, {block: {block: element} for block, element in fields.items()})
    assert "is no namespace" in wrong["namespaces"]
    assert commands.asked == []
    fields["namespaces"] = {"type": "plain_text_input", "value": "payments"}
    assert slack.submit(ERIN, {block: {block: element} for block, element in fields.items()}) == {}
    slack.wait_for(
        lambda: [m for m in slack.messages(SECURITY) if "1 critical" in m.text], what="the run in the channel"
    )
    assert commands.asked == [("scan production namespace=payments", ERIN.id)]
    assert slack.modal() is None


def test_what_is_granted_to_a_channel_does_not_count_for_whoever_only_chooses_it(
    slack: LocalSlack, workspace: tuple[LocalSlack, StrictSlack, SlackApp], commands: FakeCommands
) -> None:
    grant = GrantSettings(role=Role.OPERATOR, channels=(SECURITY.id,))
    rights = RightsSettings(grants=(grant,), everyone="none")
    people = People(connection(workspace[1].api_url), rights, lambda: WORKSPACE["teamId"])
    conversation = Conversation(workspace[2].posting, commands, people, Workers(1))
    there = Place(SECURITY.id, ERIN.id)
    assert conversation.asker(there).rights.has(Role.OPERATOR)
    chosen = conversation.asker(replace(there, chosen=True))
    assert not chosen.rights.has(Role.VIEWER)
    assert chosen.channel == SECURITY.id
    conversation.close(0)


def test_a_schedule_is_made_by_a_form_that_knows_where_one_lives(
    slack: LocalSlack, commands: FakeCommands
) -> None:
    opened(slack)
    slack.press_home(ERIN, "form.schedule")
    modal = slack.wait_for(slack.modal, what="the form")
    blocks = {block["block_id"]: block["element"] for block in modal["blocks"]}
    fields = {
        "name": {"type": "plain_text_input", "value": "weekly"},
        "cluster": {"type": "static_select", "selected_option": blocks["cluster"]["options"][1]},
        "kind": {"type": "static_select", "selected_option": blocks["kind"]["options"][0]},
        "days": {"type": "static_select", "selected_option": blocks["days"]["options"][2]},
        "time": {"type": "timepicker", "selected_time": "06:30"},
        "timezone": {"type": "plain_text_input", "value": blocks["timezone"]["initial_value"]},
        "channel": {"type": "conversations_select", "selected_conversation": SECURITY.id},
    }
    assert slack.submit(ERIN, {block: {block: element} for block, element in fields.items()}) == {}
    slack.wait_for(lambda: commands.asked, what="the words")
    (order, asker) = commands.asked[0]
    assert asker == ERIN.id
    assert order.startswith("schedule-add weekly staging 'cron=30 6")


def test_a_channel_that_the_app_is_not_in_is_said_in_a_direct_message(slack: LocalSlack) -> None:
    opened(slack)
    slack.press_home(ERIN, "form.check")
    slack.wait_for(slack.modal, what="the form")
    fields = {
        "cluster": {"type": "static_select", "selected_option": {"value": "production"}},
        "channel": {"type": "conversations_select", "selected_conversation": BOARD.id},
    }
    slack.submit(ERIN, {block: {block: element} for block, element in fields.items()})
    direct(slack, "/invite @Quarterdeck")


def test_whoever_may_run_nothing_gets_no_form(slack: LocalSlack, commands: FakeCommands) -> None:
    opened(slack)
    commands.barred.add(ERIN.id)
    slack.press_home(ERIN, "form.check")
    direct(slack, REFUSED)
    assert slack.modal() is None


def test_rule_4_a_form_that_comes_too_late_says_how_to_go_on(
    slack: LocalSlack, workspace: tuple[LocalSlack, StrictSlack, SlackApp]
) -> None:
    opened(slack)
    before = workspace[1].calls.count("views.open")
    workspace[1].fail("views.open", "expired_trigger_id")
    slack.press_home(ERIN, "form.check")
    direct(slack, "or type what you want")
    assert workspace[1].calls.count("views.open") == before + 1


def test_rule_46_home_is_published_without_a_hash_so_the_last_one_holds(slack: LocalSlack) -> None:
    opened(slack)
    opened(slack)
    calls = slack.wait_for(lambda: slack.api_log("views.publish")[1:], what="two Homes")
    assert all("hash" not in call.detail for call in calls)


# The emulator has no shortcuts: what Slack would send is put in by hand.


def interaction(kind: str, **more: Any) -> BoltRequest:
    user = {"id": ERIN.id, "team_id": WORKSPACE["teamId"]}
    team = {"id": WORKSPACE["teamId"]}
    body = {"type": kind, "user": user, "team": team, "trigger_id": f"1.2.{id(more)}", **more}
    return BoltRequest(body=body, mode="socket_mode")


def trigger(slack: LocalSlack) -> str:
    """A trigger_id that the emulator takes: that of a command."""
    return commanded(slack)["trigger_id"]


def test_the_global_shortcut_opens_the_form(
    slack: LocalSlack, workspace: tuple[LocalSlack, StrictSlack, SlackApp]
) -> None:
    request = interaction("shortcut", callback_id=RUN_A_CHECK, trigger_id=trigger(slack))
    assert workspace[2].dispatch(request).status == 200
    assert slack.wait_for(slack.modal, what="the form")["callback_id"] == RUN_A_CHECK


def explain(slack: LocalSlack, app: SlackApp, text: str, trigger_id: str = "1.2.3") -> None:
    message = {"type": "message", "ts": "1.0", "text": "", "blocks": [{"text": {"text": text}}]}
    request = interaction(
        "message_action",
        callback_id=EXPLAIN_FINDING,
        message=message,
        channel={"id": SECURITY.id},
        trigger_id=trigger_id,
        response_url=reply_url(slack),
    )
    assert app.dispatch(request).status == 200


def reply_url(slack: LocalSlack) -> str:
    return commanded(slack)["response_url"]


def commanded(slack: LocalSlack) -> dict[str, str]:
    slack.command(ERIN, SECURITY, "status")
    (*_, last) = (entry.detail for entry in slack.log() if entry.kind == "slash_commands")
    return dict(last)


def alone(slack: LocalSlack, text: str) -> Message:
    return slack.wait_for(
        lambda: [m for m in slack.messages(SECURITY, ERIN) if text in m.text and m.ephemeral_to], what=text
    )[-1]


def test_a_finding_of_a_message_is_explained_to_whoever_asks(
    slack: LocalSlack, workspace: tuple[LocalSlack, StrictSlack, SlackApp], commands: FakeCommands
) -> None:
    explain(slack, workspace[2], "4 Containers run privileged: pod-privileged", "1.2.31")
    alone(slack, "Why it matters.")
    assert ("explain pod-privileged", ERIN.id) in commands.asked


def test_of_several_findings_one_is_chosen(
    slack: LocalSlack, workspace: tuple[LocalSlack, StrictSlack, SlackApp], commands: FakeCommands
) -> None:
    explain(slack, workspace[2], "pod-privileged and rbac-cluster-admin", trigger(slack))
    modal = slack.wait_for(slack.modal, what="the choice")
    options = modal["blocks"][0]["element"]["options"]
    assert [each["text"]["text"] for each in options] == ["pod-privileged", "rbac-cluster-admin"]
    chosen = {"type": "static_select", "selected_option": options[1]}
    assert slack.submit(ERIN, {"finding": {"finding": chosen}}) == {}
    alone(slack, "Why it matters.")
    assert ("explain rbac-cluster-admin", ERIN.id) in commands.asked


def test_a_message_without_findings_is_answered_kindly(
    slack: LocalSlack, workspace: tuple[LocalSlack, StrictSlack, SlackApp]
) -> None:
    explain(slack, workspace[2], "lunch?", "1.2.33")
    alone(slack, NOTHING_NAMED[:40])


def test_rule_26_what_slack_sends_again_is_done_once(
    slack: LocalSlack, workspace: tuple[LocalSlack, StrictSlack, SlackApp], commands: FakeCommands
) -> None:
    for _ in range(3):
        explain(slack, workspace[2], "rbac-cluster-admin", "1.2.77")
    alone(slack, "Why it matters.")
    assert [order for order, _ in commands.asked].count("explain rbac-cluster-admin") == 1


def test_all_texts_of_a_message_are_read_in_order() -> None:
    message = {"text": "a", "blocks": [{"elements": [{"text": "b"}]}, {"fields": [{"text": "c"}]}], "x": 1}
    assert said_in(message) == "a\nb\nc"
    assert said_in(None) == ""

"""The strict front refuses what Slack refuses, and misbehaves exactly when told to."""

import time
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from tests.harness.local_slack import LocalSlack
from tests.harness.slack_workspace import APP, BOARD, ERIN, GENERAL, RANDOM, SECURITY
from tests.harness.strict_slack import ALL_SCOPES, StrictSlack

pytestmark = pytest.mark.slack


@pytest.fixture
def strict(strict_slack: StrictSlack) -> StrictSlack:
    return strict_slack


@pytest.fixture
def client(strict: StrictSlack) -> WebClient:
    return WebClient(token=APP.bot_token, base_url=strict.api_url, retry_handlers=[])


def refused(client: WebClient, method: str, **arguments: Any) -> dict[str, Any]:
    """What Slack answered to a call that it refused."""
    with pytest.raises(SlackApiError) as caught:
        client.api_call(method, json=arguments)
    answer: dict[str, Any] = caught.value.response.data
    return answer


def section(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def test_what_slack_accepts_passes_through(client: WebClient, local_slack: LocalSlack) -> None:
    posted = client.chat_postMessage(channel=SECURITY.id, text="12 failed", blocks=[section("12 failed")])
    client.chat_update(channel=SECURITY.id, ts=posted["ts"], text="done", blocks=[section("done")])
    client.files_upload_v2(channel=SECURITY.id, thread_ts=posted["ts"], content=b"%PDF", filename="a.pdf")
    (message,) = local_slack.messages(SECURITY)
    assert (message.text, message.blocks) == ("done", (section("done"),))
    assert local_slack.download(local_slack.files(SECURITY)[0]) == b"%PDF"
    assert client.auth_test().headers["X-OAuth-Scopes"] == ",".join(sorted(ALL_SCOPES))


@pytest.mark.parametrize(
    ("token", "error"),
    [("", "not_authed"), ("xoxb-wrong", "invalid_auth"), (APP.app_token, "not_allowed_token_type")],
)
def test_a_wrong_token_is_refused(strict: StrictSlack, token: str, error: str) -> None:
    assert refused(WebClient(token=token, base_url=strict.api_url), "auth.test")["error"] == error


def test_rule_37_a_missing_scope_is_named(local_slack: LocalSlack) -> None:
    with StrictSlack(local_slack, frozenset({"commands"})) as strict:
        answer = refused(WebClient(token=APP.bot_token, base_url=strict.api_url), "chat.postMessage")
    assert answer == {"ok": False, "error": "missing_scope", "needed": "chat:write", "provided": "commands"}


def test_channels_without_the_app_are_out_of_reach(client: WebClient, local_slack: LocalSlack) -> None:
    assert refused(client, "chat.postMessage", channel=RANDOM.id, text="x")["error"] == "not_in_channel"
    assert refused(client, "chat.postMessage", channel=BOARD.id, text="x")["error"] == "channel_not_found"
    assert refused(client, "conversations.info", channel=BOARD.id)["error"] == "channel_not_found"
    upload = {"files": [{"id": "F0"}], "channel_id": RANDOM.id}
    assert refused(client, "files.completeUploadExternal", **upload)["error"] == "not_in_channel"
    assert local_slack.messages(RANDOM) == local_slack.messages(BOARD) == ()
    assert [client.conversations_info(channel=c.id)["channel"]["is_member"] for c in (GENERAL, RANDOM)] == [
        True,
        False,
    ]


def test_public_posting_does_not_cover_files(local_slack: LocalSlack) -> None:
    with StrictSlack(local_slack, ALL_SCOPES | {"chat:write.public"}) as strict:
        client = WebClient(token=APP.bot_token, base_url=strict.api_url)
        client.chat_postMessage(channel=RANDOM.id, text="hello")
        upload = {"files": [{"id": "F0"}], "channel_id": RANDOM.id}
        assert refused(client, "files.completeUploadExternal", **upload)["error"] == "not_in_channel"
    assert [m.text for m in local_slack.messages(RANDOM)] == ["hello"]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ({}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"blocks": [section("x" * 3_001)]}, "invalid_blocks"),
        ({"blocks": [section("")]}, "invalid_blocks"),
        ({"blocks": [{"type": "section"}]}, "invalid_blocks"),
        (
            {"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]},
            "invalid_blocks",
        ),
        ({"blocks": [section("a", block_id="1"), section("b", block_id="1")]}, "invalid_blocks"),
        ({"blocks": [{"type": "table", "rows": []}] * 2}, "invalid_blocks"),
        ({"blocks": [{"type": "actions", "elements": []}]}, "invalid_blocks"),
        ({"blocks": [section("a", accessory={"type": "button", "value": "x" * 2_001})]}, "invalid_blocks"),
        ({"blocks": [section("a", fields=[{"type": "mrkdwn", "text": "x"}] * 11)]}, "invalid_blocks"),
        ({"blocks": [section("x" * 2_900)] * 5}, "msg_blocks_too_long"),
        ({"blocks": "nonsense"}, "invalid_blocks_format"),
    ],
)
def test_content_over_slacks_limits_is_refused(
    client: WebClient, local_slack: LocalSlack, content: dict[str, Any], error: str
) -> None:
    assert refused(client, "chat.postMessage", channel=SECURITY.id, **content)["error"] == error
    assert local_slack.messages(SECURITY) == ()


def test_an_update_has_a_tighter_limit_than_a_post(client: WebClient) -> None:
    posted = client.chat_postMessage(channel=SECURITY.id, text="x" * 4_001)
    refusal = refused(client, "chat.update", channel=SECURITY.id, ts=posted["ts"], text="x" * 4_001)
    assert refusal["error"] == "msg_too_long"


def test_a_rate_limit_is_waited_out_by_slacks_own_handler(
    strict: StrictSlack, client: WebClient, local_slack: LocalSlack
) -> None:
    client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=2))
    strict.rate_limit("chat.postMessage", retry_after=1)
    started = time.monotonic()
    client.chat_postMessage(channel=SECURITY.id, text="hello")
    assert time.monotonic() - started >= 1
    assert [m.text for m in local_slack.messages(SECURITY)] == ["hello"]


def test_planned_mishaps_happen_once_and_as_planned(
    strict: StrictSlack, client: WebClient, local_slack: LocalSlack
) -> None:
    strict.fail("chat.postMessage", "is_archived")
    assert refused(client, "chat.postMessage", channel=SECURITY.id, text="1")["error"] == "is_archived"
    strict.break_down("chat.postMessage", 503)
    with pytest.raises(SlackApiError):
        client.chat_postMessage(channel=SECURITY.id, text="2")
    strict.lose_answer("chat.postMessage")
    with pytest.raises(OSError, match="Remote end closed"):
        client.chat_postMessage(channel=SECURITY.id, text="3")
    strict.delay("chat.postMessage", 0.3)
    started = time.monotonic()
    client.chat_postMessage(channel=SECURITY.id, text="4")
    assert time.monotonic() - started >= 0.3
    assert [m.text for m in local_slack.messages(SECURITY)] == ["3", "4"]


def test_direct_messages_are_always_in_reach(client: WebClient, local_slack: LocalSlack) -> None:
    posted = client.chat_postMessage(channel=ERIN.id, text="hello")
    assert [m.text for m in local_slack.messages(posted["channel"])] == ["hello"]

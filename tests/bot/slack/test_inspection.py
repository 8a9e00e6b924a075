"""What doctor says about Slack: one line each, and each wrong one says what to do."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.slack.client import Connection
from bot.slack.inspection import Finding, inspect
from bot.slack.manifest import SCOPES
from tests.bot.slack.slack_app import connection
from tests.harness.slack_workspace import APP, BOARD, RANDOM, SECURITY
from tests.harness.strict_slack import StrictSlack

pytestmark = pytest.mark.slack


@pytest.fixture
def strict(strict_slack: StrictSlack) -> StrictSlack:
    strict_slack.scopes = frozenset(SCOPES)
    return strict_slack


def wrong(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(finding.what, finding.next_step) for finding in findings if not finding.ok]


def test_everything_in_order(strict: StrictSlack) -> None:
    findings = inspect(connection(strict.api_url), (SECURITY.id,))
    assert [finding.what for finding in findings] == [
        "There is a bot token",
        "There is an app token",
        "Socket Mode can be opened",
        "Slack accepts the bot token",
        "All 7 scopes are there",
        "The clock agrees with Slack's",
        "Channel C0SECURITY (#security): I am a member",
    ]
    assert wrong(findings) == []


def test_channels_without_us(strict: StrictSlack) -> None:
    problems = wrong(inspect(connection(strict.api_url), (RANDOM.id, BOARD.id, "C0NONE")))
    assert [what for what, _ in problems] == [
        "Channel C0RANDOM: I am not a member",
        "Channel C0BOARD: no. There is no such channel, or it is private and I am not in it.",
        "Channel C0NONE: no. There is no such channel, or it is private and I am not in it.",
    ]
    assert all("/invite @Quarterdeck" in step for _, step in problems)


def test_rule_37_missing_and_superfluous_scopes(strict: StrictSlack) -> None:
    strict.scopes = frozenset(SCOPES) - {"files:write"}
    ((what, step),) = wrong(inspect(connection(strict.api_url), ()))
    assert what == "Scopes missing: files:write"
    assert "reinstall" in step
    strict.scopes = frozenset(SCOPES) | {"users:read"}
    said = [finding.what for finding in inspect(connection(strict.api_url), ())]
    assert "All 7 scopes are there; not needed: users:read" in said


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(5, "The clock is 300 s ahead of Slack's"), (-3, "The clock is 180 s behind Slack's")],
)
def test_a_clock_that_is_wrong(strict: StrictSlack, minutes: int, said: str) -> None:
    def wrong_clock() -> datetime:
        return datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=minutes)

    ((what, step),) = wrong(inspect(connection(strict.api_url), (), now=wrong_clock))
    assert abs(int(what.split()[3]) - abs(minutes) * 60) <= 3
    assert what.split()[4:] == said.split()[4:]
    assert "NTP" in step


def test_an_archived_channel(strict: StrictSlack) -> None:
    strict.answer_with("conversations.info", {"ok": True, "channel": {"id": "C0OLD", "is_archived": True}})
    ((what, step),) = wrong(inspect(connection(strict.api_url), ("C0OLD",)))
    assert what == "Channel C0OLD is archived"
    assert "Unarchive" in step


def test_in_http_mode_there_is_no_app_token(strict: StrictSlack) -> None:
    there = Connection(APP.bot_token, "", strict.api_url, signing_secret="s")
    findings = inspect(there, ())
    assert wrong(findings) == []
    assert findings[1].what == "Slack's requests are told by their signature (http mode)"


@pytest.mark.parametrize(
    ("bot_token", "app_token", "expected"),
    [
        ("", "", ["There is no bot token", "There is no app token"]),
        (
            "xapp-1",
            "xoxb-1",
            ["The bot token does not begin with xoxb-", "The app token does not begin with xapp-"],
        ),
    ],
)
def test_tokens_of_the_wrong_kind(
    strict: StrictSlack, bot_token: str, app_token: str, expected: list[str]
) -> None:
    problems = wrong(inspect(connection(strict.api_url, bot_token, app_token), (SECURITY.id,)))
    assert [what for what, _ in problems] == expected


def test_wrong_tokens(strict: StrictSlack) -> None:
    problems = wrong(inspect(connection(strict.api_url, "xoxb-wrong", "xapp-wrong"), (SECURITY.id,)))
    assert [what for what, _ in problems] == [
        "Socket Mode can be opened: no. Slack does not accept the token (invalid_auth).",
        "Slack accepts the bot token: no. Slack does not accept the token (invalid_auth).",
    ]


def test_slack_away() -> None:
    problems = wrong(inspect(connection("http://127.0.0.1:9/api/"), (SECURITY.id,)))
    assert len(problems) == 2
    assert all("connection refused" in what and "slack.proxy" in step for what, step in problems)

"""What doctor says about Slack: one line each, and each wrong one says what to do."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.rights.settings import RightsSettings
from bot.slack.client import Connection
from bot.slack.inspection import Finding, inspect
from bot.slack.manifest import scopes
from tests.bot.slack.slack_app import connection
from tests.harness.slack_workspace import APP, BOARD, ERIN, OSCAR, RANDOM, SECURITY
from tests.harness.strict_slack import StrictSlack

pytestmark = pytest.mark.slack

SCOPES = scopes(RightsSettings())
ROTATED = "The bot token is a token that is rotated, which ends after twelve hours"


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
        "All 8 scopes are there",
        "The clock agrees with Slack's",
        "Channel C0SECURITY (#security): I am a member",
    ]
    assert wrong(findings) == []


def test_channels_without_us(strict: StrictSlack) -> None:
    problems = wrong(inspect(connection(strict.api_url), (RANDOM.id, BOARD.id, "C0NONE")))
    assert [what for what, _ in problems] == [
        "Channel C0RANDOM: I am not a member",
        "Channel C0BOARD: There is no such channel, or it is private and I am not in it.",
        "Channel C0NONE: There is no such channel, or it is private and I am not in it.",
    ]
    assert all("/invite @Quarterdeck" in step for _, step in problems)


def test_rule_37_missing_and_superfluous_scopes(strict: StrictSlack) -> None:
    strict.scopes = frozenset(SCOPES) - {"files:write"}
    ((what, step),) = wrong(inspect(connection(strict.api_url), ()))
    assert what == "Scopes missing: files:write"
    assert "reinstall" in step
    strict.scopes = frozenset(SCOPES) | {"reactions:write"}
    said = [finding.what for finding in inspect(connection(strict.api_url), ())]
    assert "All 8 scopes are there; not needed: reactions:write" in said


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
    findings = inspect(by_signature(strict, "8f742231b10e8888abcd99aaabbb85a5"), ())
    assert wrong(findings) == []
    assert findings[1].what == "Slack's requests are told by their signature (http mode)"


@pytest.mark.parametrize(
    ("secret", "ok", "said"),
    [
        (APP.bot_token, False, "The signing secret is a bot token"),
        ("xapp-1-A0-1", False, "The signing secret is an app-level token"),
        ("hello", None, "does not look like Slack's"),
    ],
)
def test_a_signing_secret_that_is_none(strict: StrictSlack, secret: str, ok: bool | None, said: str) -> None:
    finding = inspect(by_signature(strict, secret), ())[1]
    assert finding.ok is ok
    assert said in finding.what
    assert "Signing Secret" in finding.next_step


def by_signature(strict: StrictSlack, secret: str) -> Connection:
    return Connection(APP.bot_token, "", strict.api_url, signing_secret=secret)


@pytest.mark.parametrize(("app", "said"), [("A0OTHER", 1), (APP.app_id, 0)])
def test_tokens_of_two_apps_are_told_apart(strict: StrictSlack, app: str, said: int) -> None:
    opened = {"ok": True, "url": "ws://127.0.0.1:9/"}
    strict.answer_with("apps.connections.open", opened)
    problems = wrong(inspect(connection(strict.api_url, app_token=f"xapp-1-{app}-1-f"), ()))
    assert [what for what, _ in problems] == [
        f"The tokens are of two apps: the bot's is {APP.app_id}, the app token's A0OTHER"
    ] * said


def test_an_app_token_without_its_scope_is_not_the_manifests_fault(strict: StrictSlack) -> None:
    strict.answer_with(
        "apps.connections.open", {"ok": False, "error": "missing_scope", "needed": "connections:write"}
    )
    ((what, step),) = wrong(inspect(connection(strict.api_url), ()))
    assert "lacks the scope connections:write" in what
    assert step.startswith("Generate an app-level token")


def test_doctor_never_says_to_run_doctor(strict: StrictSlack) -> None:
    for method in ("apps.connections.open", "conversations.info", "usergroups.users.list", "users.info"):
        strict.fail(method, "access_denied", times=3)
    problems = wrong(inspect(connection(strict.api_url), (SECURITY.id,), GRANTS))
    assert len(problems) >= 6
    assert [step for _, step in problems if not step or "doctor" in step] == []


@pytest.mark.parametrize(
    ("bot_token", "app_token", "expected"),
    [
        ("", "", ["There is no bot token", "There is no app token"]),
        (
            "xapp-1",
            "xoxb-1",
            ["The bot token is an app-level token", "The app token is a bot token"],
        ),
        ("xoxp-1", APP.bot_token, ["The bot token is a user's token", "The app token is a bot token"]),
        ("xoxe.xoxb-1", "1", [ROTATED, "The app token does not begin with xapp-"]),
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


GRANTS = RightsSettings.model_validate(
    {
        "grants": [
            {"role": "admin", "users": [ERIN.id, OSCAR.id, "U0NOBODY"]},
            {"role": "viewer", "groups": ["S0PAYMENTS", "S0EMPTY", "S0NONE"]},
            {"role": "viewer", "email_domains": ["acme.example"]},
        ]
    }
)


def test_whoever_is_granted_a_role_is_looked_at(strict: StrictSlack) -> None:
    strict.scopes = frozenset(scopes(GRANTS))
    strict.groups = {"S0PAYMENTS": (ERIN.id, OSCAR.id), "S0EMPTY": ()}
    strict.people = {OSCAR.id: {"is_restricted": True}}
    findings = inspect(connection(strict.api_url), (), GRANTS)
    assert [(each.ok, each.what) for each in findings[4:] if "clock" not in each.what] == [
        (True, "All 10 scopes are there"),
        (True, "User group S0PAYMENTS has 2 members"),
        (None, "User group S0EMPTY has no members"),
        (False, "User group S0NONE: there is none of this id here"),
        (False, "User U0OSCAR is a guest"),
        (False, "User U0NOBODY: there is no such person here"),
    ]
    assert all(each.next_step for each in findings if not each.ok)


def test_a_plan_without_user_groups_is_said(strict: StrictSlack) -> None:
    strict.scopes = frozenset(scopes(GRANTS))
    strict.fail("usergroups.users.list", "plan_upgrade_required", times=3)
    what, step = wrong(inspect(connection(strict.api_url), (), GRANTS))[0]
    assert what == "User group S0PAYMENTS: this workspace's plan of Slack has no user groups"
    assert "email_domains" in step


def test_scopes_that_the_rights_take_are_missed(strict: StrictSlack) -> None:
    problems = wrong(inspect(connection(strict.api_url), (), GRANTS))
    assert problems[0][0] == "Scopes missing: usergroups:read, users:read.email"

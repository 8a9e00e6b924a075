"""The service with rights set, in a real (emulated) Slack: who gets what, who is refused, what is noted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from bot.service import Service
from bot.settings import Settings
from bot.slack.conversation import PRIVATELY
from bot.slack.manifest import scopes
from tests.harness.local_slack import LocalSlack
from tests.harness.slack_records import Message
from tests.harness.slack_workspace import APP, ERIN, OSCAR, SECURITY, User
from tests.harness.strict_slack import StrictSlack

pytestmark = [pytest.mark.slack, pytest.mark.slow]

RIGHTS = {
    "grants": [
        {"role": "admin", "users": [OSCAR.id]},
        {"role": "viewer", "groups": ["S0PAYMENTS"], "clusters": ["harbour"], "namespaces": ["payments"]},
    ]
}
OF_PAYMENTS = "This is of the namespace payments alone: your role viewer in harbour is bound to that."


@pytest.fixture(scope="module")
def strict() -> Iterator[StrictSlack]:
    with LocalSlack() as slack, StrictSlack(slack) as strict:
        strict.groups = {"S0PAYMENTS": (ERIN.id,)}
        yield strict


@pytest.fixture(scope="module")
def service(strict: StrictSlack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
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
            "rights": RIGHTS,
        }
    )
    strict.scopes = frozenset(scopes(settings.rights))
    service = Service(settings)
    service.start()
    strict.slack.wait_connected()
    yield service
    service.stop()


@pytest.fixture
def slack(service: Service, strict: StrictSlack) -> LocalSlack:
    assert service.slack.is_connected()
    strict.slack.reset()
    return strict.slack


def answer(slack: LocalSlack, user: User, text: str, about: str) -> Message:
    """What a slash command is answered with, once these words are in it."""
    slack.command(user, SECURITY, text)
    return slack.wait_for(
        lambda: next((m for m in slack.messages(SECURITY, user) if about in m.text), None), 30, about
    )


def test_a_viewer_of_payments_gets_the_payments_answer_and_is_told_so(slack: LocalSlack) -> None:
    narrowed = answer(slack, ERIN, "who can read secrets", "in payments")
    assert narrowed.text.endswith(OF_PAYMENTS)
    assert narrowed.ephemeral_to == ERIN.id
    assert "in payments" not in answer(slack, OSCAR, "who can read secrets", "subjects").text


def test_what_is_not_of_payments_is_refused_and_says_whom_to_ask(slack: LocalSlack) -> None:
    refused = answer(slack, ERIN, "who can reach web/booking", "neither end")
    assert f"<@{OSCAR.id}>" in str(refused.blocks)
    elsewhere = answer(slack, ERIN, "who has cluster-admin in wharf", "you have none")
    assert elsewhere.text == "⛔ Not done: This takes the role viewer in wharf; you have none."
    status = answer(slack, ERIN, "status", "1 cluster watched")
    assert "wharf" not in str(status.blocks)


def test_a_scan_that_is_refused_leaves_nothing_in_the_channel(slack: LocalSlack, service: Service) -> None:
    refused = answer(slack, ERIN, "scan", "This takes the role operator")
    assert refused.ephemeral_to == ERIN.id
    assert [m for m in slack.messages(SECURITY) if m.ephemeral_to is None] == []
    assert service.desk.history.runs() == ()


def test_a_mention_that_asks_who_can_do_what_is_answered_in_private(slack: LocalSlack) -> None:
    question = slack.mention(ERIN, SECURITY, "who can read secrets")
    (said,) = slack.wait_for(lambda: slack.thread(SECURITY, question.ts), 30, "the note")
    assert said.text == PRIVATELY
    private = slack.dm(ERIN, "help").channel
    slack.wait_for(
        lambda: [m for m in slack.messages(private) if m.text.endswith(OF_PAYMENTS)], 30, "the answer"
    )


def test_the_help_of_a_viewer_has_nothing_that_they_may_not_say(slack: LocalSlack) -> None:
    said = str(answer(slack, ERIN, "help", "words I know").blocks)
    assert "who-can" in said
    assert "audit" not in said
    assert "audit" in str(answer(slack, OSCAR, "help", "words I know").blocks)


def test_an_admin_reads_in_the_audit_log_who_was_refused(slack: LocalSlack, service: Service) -> None:
    answer(slack, ERIN, "scan", "This takes the role operator")
    log = answer(slack, OSCAR, f"audit user={ERIN.id} denied=yes", "refused")
    assert "scan" in str(log.blocks)
    newest = service.desk.history.audit(asker=ERIN.id)[0]
    assert (newest.command, newest.decision, newest.role) == ("scan", "refused", "viewer")
    assert newest.channel == SECURITY.id
    assert newest.result == "refused"

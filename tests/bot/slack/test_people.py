"""Who somebody is, asked of a real (emulated) Slack with its own strictness about scopes."""

from __future__ import annotations

from typing import Any

import pytest

from bot.rights.roles import Role, Standing
from bot.rights.settings import MOST_GROUPS, RightsSettings
from bot.slack.manifest import scopes
from bot.slack.people import AGAIN, People, standing_of
from tests.bot.slack.slack_app import connection
from tests.harness.slack_workspace import ERIN, GENERAL, OSCAR, WORKSPACE
from tests.harness.strict_slack import StrictSlack

pytestmark = pytest.mark.slack

TEAM = str(WORKSPACE["teamId"])
BY_GROUP: dict[str, Any] = {"grants": [{"role": "viewer", "groups": ["S0PAYMENTS"]}]}


class Clock:
    """Moves when a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def people(strict: StrictSlack, clock: Clock | None = None, **rights: Any) -> People:
    """People who are looked up with just the scopes that these settings take."""
    settings = RightsSettings.model_validate(rights)
    strict.scopes = frozenset(scopes(settings))
    return People(connection(strict.api_url), settings, lambda: TEAM, clock or Clock())


def calls(strict: StrictSlack, method: str) -> int:
    return strict.calls.count(method)


def test_a_full_member_is_looked_up_once_while_it_holds(strict_slack: StrictSlack) -> None:
    clock = Clock()
    them = people(strict_slack, clock)
    for _ in range(3):
        asker = them.asker(ERIN.id, GENERAL.id)
    assert (asker.name, asker.channel, asker.standing) == (ERIN.id, GENERAL.id, Standing.MEMBER)
    assert asker.rights.best() is Role.OPERATOR
    assert strict_slack.calls == ["users.info"]
    clock.now += 300
    them.asker(ERIN.id, GENERAL.id)
    assert strict_slack.calls == ["users.info"] * 2


@pytest.mark.parametrize(
    ("about", "standing"),
    [
        ({}, Standing.MEMBER),
        ({"is_restricted": True}, Standing.GUEST),
        ({"is_restricted": True, "is_ultra_restricted": True}, Standing.GUEST),
        ({"is_bot": True}, Standing.BOT),
        ({"deleted": True}, Standing.GONE),
        ({"is_stranger": True}, Standing.STRANGER),
        ({"team_id": "T0OTHER"}, Standing.STRANGER),
        ({"team_id": "T0OTHER", "enterprise_user": {"teams": [TEAM]}}, Standing.MEMBER),
    ],
)
def test_rule_44_guests_strangers_and_bots_are_told_apart(
    strict_slack: StrictSlack, about: dict[str, Any], standing: Standing
) -> None:
    strict_slack.people = {ERIN.id: about}
    asker = people(strict_slack).asker(ERIN.id, GENERAL.id)
    assert asker.standing is standing
    assert bool(asker.rights.held) == (standing is Standing.MEMBER)


def test_slacks_own_bot_is_one() -> None:
    assert standing_of({"id": "USLACKBOT", "is_bot": False}, TEAM) is Standing.BOT


def test_whom_slack_does_not_know_is_a_stranger(strict_slack: StrictSlack) -> None:
    assert people(strict_slack).asker("U0NOBODY", GENERAL.id).standing is Standing.STRANGER


def test_of_whom_another_workspace_sent_nothing_is_asked(strict_slack: StrictSlack) -> None:
    asker = people(strict_slack).asker("U0OTHER", GENERAL.id, ours=False)
    assert (asker.standing, asker.rights.held) == (Standing.STRANGER, ())
    assert strict_slack.calls == []


def test_an_address_is_read_only_where_a_grant_names_a_domain(strict_slack: StrictSlack) -> None:
    by_domain: dict[str, Any] = {"grants": [{"role": "viewer", "email_domains": ["acme.example"]}]}
    assert people(strict_slack, **by_domain).asker(ERIN.id, GENERAL.id).rights.best() is Role.VIEWER
    strict_slack.scopes -= {"users:read.email"}
    settings = RightsSettings.model_validate(by_domain)
    without = People(connection(strict_slack.api_url), settings, lambda: TEAM)
    assert without.asker(ERIN.id, GENERAL.id).rights.best() is None


def test_who_joins_or_leaves_a_user_group_gains_or_loses_after_a_while(strict_slack: StrictSlack) -> None:
    clock = Clock()
    strict_slack.groups = {"S0PAYMENTS": (ERIN.id,)}
    them = people(strict_slack, clock, **BY_GROUP)
    assert them.asker(ERIN.id, GENERAL.id).rights.best() is Role.VIEWER
    assert them.asker(OSCAR.id, GENERAL.id).rights.best() is None
    assert calls(strict_slack, "usergroups.users.list") == 1
    strict_slack.groups = {"S0PAYMENTS": (OSCAR.id,)}
    assert them.asker(ERIN.id, GENERAL.id).rights.best() is Role.VIEWER
    clock.now += 300
    assert them.asker(ERIN.id, GENERAL.id).rights.best() is None
    assert them.asker(OSCAR.id, GENERAL.id).rights.best() is Role.VIEWER
    assert calls(strict_slack, "usergroups.users.list") == 2


def test_rule_23_what_slack_said_is_used_a_while_longer_when_it_fails_and_then_counts_for_nothing(
    strict_slack: StrictSlack,
) -> None:
    clock = Clock()
    strict_slack.groups = {"S0PAYMENTS": (ERIN.id,)}
    them = people(strict_slack, clock, **BY_GROUP, stale_seconds=900)
    them.asker(ERIN.id, GENERAL.id)
    strict_slack.break_down("usergroups.users.list", times=100)
    for _ in range(9):
        clock.now += 99
        stale = them.asker(ERIN.id, GENERAL.id)
        assert (stale.rights.best(), stale.doubts) == (Role.VIEWER, ())
    clock.now += 99
    closed = them.asker(ERIN.id, GENERAL.id)
    assert closed.rights.best() is None
    assert closed.doubts == (
        "Slack did not say who is in the user group S0PAYMENTS: what it grants does not count just now.",
    )


def test_rule_23_twenty_groups_take_twenty_calls_a_minute_at_most(strict_slack: StrictSlack) -> None:
    clock = Clock()
    groups = [f"S0{number:03}" for number in range(MOST_GROUPS)]
    them = people(strict_slack, clock, grants=[{"role": "viewer", "groups": groups}], remember_seconds=60)
    strict_slack.break_down("usergroups.users.list", times=10)
    strict_slack.rate_limit("usergroups.users.list", times=5)
    for _ in range(int(AGAIN) // 10):
        them.asker(ERIN.id, GENERAL.id)
        them.asker(OSCAR.id, GENERAL.id)
        clock.now += 10
    assert calls(strict_slack, "usergroups.users.list") == 20


def test_whoever_cannot_be_looked_up_has_no_rights(strict_slack: StrictSlack) -> None:
    clock = Clock()
    them = people(strict_slack, clock, stale_seconds=300)
    strict_slack.fail("users.info", "internal_error")
    assert them.asker(ERIN.id, GENERAL.id).standing is Standing.UNKNOWN
    clock.now += AGAIN
    assert them.asker(ERIN.id, GENERAL.id).standing is Standing.MEMBER
    strict_slack.fail("users.info", "internal_error")
    clock.now += 300
    assert them.asker(ERIN.id, GENERAL.id).standing is Standing.UNKNOWN


@pytest.mark.parametrize("code", ["plan_upgrade_required", "no_such_subteam"])
def test_a_group_that_there_is_not_has_no_members_and_leaves_no_doubt(
    strict_slack: StrictSlack, code: str
) -> None:
    them = people(strict_slack, **BY_GROUP)
    strict_slack.fail("usergroups.users.list", code)
    asker = them.asker(ERIN.id, GENERAL.id)
    assert (asker.rights.best(), asker.doubts) == (None, ())


def test_a_missing_scope_closes(strict_slack: StrictSlack) -> None:
    them = people(strict_slack)
    strict_slack.scopes -= {"users:read"}
    asker = them.asker(ERIN.id, GENERAL.id)
    assert asker.standing is Standing.UNKNOWN
    assert "quarterdeck doctor" in asker.doubts[0]

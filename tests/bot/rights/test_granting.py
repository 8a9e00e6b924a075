"""What the settings grant to whom, and what of them is a mistake."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.rights.granting import Person, asker
from bot.rights.roles import EVERYWHERE, Held, Rights, Role, Standing
from bot.rights.settings import RightsSettings
from bot.settings import Settings

GRANTS = [
    {"role": "admin", "users": ["U0ADMIN"], "groups": ["S0ADMINS"]},
    {"role": "operator", "channels": ["C0OPS"], "clusters": ["staging"]},
    {"role": "viewer", "groups": ["S0PAYMENTS"], "namespaces": ["payments"]},
    {"role": "viewer", "email_domains": ["Example.com"], "namespaces": ["web"]},
]


def settings(**values: Any) -> RightsSettings:
    return RightsSettings.model_validate({"grants": GRANTS, **values})


def held(person: Person, channel: str = "C0OTHER", **values: Any) -> tuple[Held, ...]:
    return asker(settings(**values), person, channel).rights.held


def test_without_grants_every_full_member_is_operator_everywhere() -> None:
    assert asker(RightsSettings(), Person("U0ERIN")).rights == Rights((Held(Role.OPERATOR),))
    assert asker(RightsSettings(everyone="none"), Person("U0ERIN")).rights == Rights()
    assert asker(RightsSettings(everyone="viewer"), Person("U0ERIN")).rights == Rights((Held(Role.VIEWER),))


def test_with_grants_only_whom_they_name_has_a_role_unless_everyone_has_one() -> None:
    assert held(Person("U0ERIN")) == ()
    assert held(Person("U0ERIN"), everyone="viewer") == (Held(Role.VIEWER),)


@pytest.mark.parametrize(
    ("person", "channel", "expected"),
    [
        (Person("U0ADMIN"), "", Held(Role.ADMIN)),
        (Person("U0ERIN"), "C0OPS", Held(Role.OPERATOR, frozenset({"staging"}))),
        (
            Person("U0ERIN", groups=frozenset({"S0PAYMENTS"})),
            "",
            Held(Role.VIEWER, EVERYWHERE, frozenset({"payments"})),
        ),
        (
            Person("U0ERIN", email="erin@EXAMPLE.com"),
            "",
            Held(Role.VIEWER, EVERYWHERE, frozenset({"web"})),
        ),
    ],
)
def test_a_grant_names_people_in_four_ways(person: Person, channel: str, expected: Held) -> None:
    assert held(person, channel) == (expected,)


@pytest.mark.parametrize("email", ["", "erin", "erin@sub.example.com", "erin@example.com.evil.org"])
def test_an_address_of_another_domain_grants_nothing(email: str) -> None:
    assert held(Person("U0ERIN", email=email)) == ()


@pytest.mark.parametrize("standing", [each for each in Standing if each is not Standing.MEMBER])
def test_rule_44_only_full_members_are_granted_anything(standing: Standing) -> None:
    person = Person("U0ADMIN", standing, frozenset({"S0PAYMENTS"}), "erin@example.com")
    assert held(person, "C0OPS", everyone="operator") == ()


@given(st.sets(st.sampled_from(["S0ADMINS", "S0PAYMENTS", "S0OTHER"])), st.sampled_from(["C0OPS", "C0"]))
def test_no_grant_no_more_than_the_default(groups: set[str], channel: str) -> None:
    found = held(Person("U0ERIN", groups=frozenset(groups)), channel, everyone="viewer")
    matching = groups & {"S0ADMINS", "S0PAYMENTS"}
    assert len(found) == 1 + len(matching) + (channel == "C0OPS")


def test_who_can_be_asked_and_what_slack_must_tell() -> None:
    assert settings().admins == ("U0ADMIN", "S0ADMINS")
    assert settings().groups == ("S0ADMINS", "S0PAYMENTS")
    assert settings().by_email
    assert not RightsSettings().by_email


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"grants": [{"role": "admin"}]}, "names nobody"),
        ({"grants": [{"role": "owner", "users": ["U0ADMIN"]}]}, "viewer"),
        ({"grants": [{"role": "admin", "users": ["erin"]}]}, "begins with U or W"),
        ({"grants": [{"role": "admin", "groups": ["U0ERIN"]}]}, "begins with S"),
        ({"grants": [{"role": "admin", "email_domains": ["@example.com"]}]}, "not a domain"),
        ({"grants": [{"role": "admin", "users": ["U0ADMIN"], "namespaces": []}]}, "bound to nothing"),
        ({"grants": [{"role": "viewer", "groups": [f"S0{n:03}" for n in range(21)]}]}, "21 user groups"),
        ({"everyone": "admin"}, "none"),
        ({"remember_seconds": 600, "stale_seconds": 300}, "must not be shorter"),
        ({"remember_seconds": 10}, "60"),
    ],
)
def test_mistakes_are_named(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        RightsSettings.model_validate(wrong)


def test_a_grant_names_clusters_that_there_are() -> None:
    grant = {"role": "viewer", "users": ["U0ERIN"], "clusters": ["prod"]}
    with pytest.raises(ValidationError, match="rights name cluster 'prod'"):
        Settings.model_validate({"clusters": [{"name": "production"}], "rights": {"grants": [grant]}})

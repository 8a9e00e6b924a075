"""Slack's rules by their numbers: each has a test that carries it, or a reason in the docs."""

from tools import platform_rules


def test_every_rule_has_a_test_or_a_reason() -> None:
    found = platform_rules.tests()
    assert len(platform_rules.RULES) == 54
    assert [
        number for number, tests in found.items() if not tests and number not in platform_rules.REASONS
    ] == []


def test_no_test_carries_a_number_that_there_is_not() -> None:
    assert set(platform_rules.tests()) == set(range(1, len(platform_rules.RULES) + 1))


def test_a_reason_is_given_only_where_there_is_no_test() -> None:
    found = platform_rules.tests()
    assert [number for number in platform_rules.REASONS if found[number]] == []

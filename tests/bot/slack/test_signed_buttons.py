"""A button's value names a kept answer and what to do with it, and cannot be made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.buttons import PAGE, Press, Signer, new_id

SIGNER = Signer("xoxb-one")
PRESS = Press(new_id(), PAGE, 3, 17)


def test_what_is_signed_is_read_by_every_replica_with_the_token() -> None:
    assert Signer("xoxb-one").read(SIGNER.value(PRESS)) == PRESS


def test_rule_50_a_value_holds_ids_only_and_is_short() -> None:
    value = Signer("xoxb-" + "1" * 60).value(PRESS)
    assert value.rpartition(".")[0] == f"{PRESS.answer}.page.3.17"
    assert len(value) <= 60


def test_another_token_reads_nothing() -> None:
    assert Signer("xoxb-two").read(SIGNER.value(PRESS)) is None


@pytest.mark.parametrize("place", range(0, 44, 3))
def test_no_character_can_be_changed(place: int) -> None:
    value = SIGNER.value(PRESS)
    other = value[:place] + ("0" if value[place] != "0" else "1") + value[place + 1 :]
    assert SIGNER.read(other) is None


@given(st.text())
def test_what_is_sealed_is_unsealed_and_is_no_button(said: str) -> None:
    sealed = SIGNER.seal(said)
    assert Signer("xoxb-one").unseal(sealed) == said
    assert Signer("xoxb-two").unseal(sealed) is None
    assert SIGNER.read(sealed) is None


def test_a_button_is_nothing_that_is_said() -> None:
    assert SIGNER.unseal(SIGNER.value(PRESS)) is None


@given(st.text())
def test_nonsense_is_not_one_of_ours(value: str) -> None:
    assert SIGNER.read(value) is None

"""Which words of the grammar somebody may say: for the help and whatever else offers them."""

from __future__ import annotations

from functools import cache
from typing import Any

from bot.grammar import understand
from bot.grammar.word import Word
from bot.rights.narrowing import RULES
from bot.rights.roles import Rights, Role


def may(rights: Rights, word: Word[Any]) -> bool:
    """Whether there is anywhere they may say this."""
    role = role_of(word.examples[0])
    return role is None or rights.has(role)


@cache
def role_of(example: str) -> Role | None:
    """The role that something takes that can be said; None where it takes none."""
    rule = RULES.get(type(understand(example)))
    return rule.role if rule else Role.ADMIN

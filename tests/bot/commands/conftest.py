"""Fixtures of the commands' tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.commands.desk import Desk
from tests.bot.commands.desks import Clock, Steps, desk_in


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def steps() -> Steps:
    return Steps()


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Iterator[Desk]:
    made = desk_in(tmp_path, clock)
    yield made
    made.history.close()

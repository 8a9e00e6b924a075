"""Many policies of one cluster are judged in a time that grows with their number, not with its square."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

from checks.network.chain import Match
from checks.network.world import _by_priority


def test_thousands_of_policies_of_one_priority_take_no_time() -> None:
    policies: list[Any] = [
        (SimpleNamespace(position=(1, number), rules=()), Match.YES) for number in range(20_000)
    ]
    started = time.monotonic()
    assert list(_by_priority(policies)) == []
    assert time.monotonic() - started < 5

"""The numbered rules of NetworkPolicy, 63 to 78, are each a test with the number in its name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_NAMED = re.compile(r"^def test_rules?_(\d+)(?:_(and|to)_(\d+))?_", re.MULTILINE)


def _shown() -> set[int]:
    found: set[int] = set()
    for path in (*_HERE.glob("test_*.py"), *(_HERE.parent / "rules").glob("test_*.py")):
        for first, word, last in _NAMED.findall(path.read_text()):
            ends = (int(first), int(last or first))
            found |= set(range(ends[0], ends[1] + 1)) if word == "to" else set(ends)
    return found


@pytest.mark.parametrize("number", range(63, 79))
def test_every_numbered_rule_is_a_test(number: int) -> None:
    assert number in _shown()

"""Run ids that people can read aloud and that sort by time: `r-20261124-k3f9` is a day and a moment of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Without i, l, o and u, which are misread; in the order of their codes, so that ids sort."""
_PER_SECOND = 12
_LENGTH = 4


def run_ids(moment: datetime) -> Iterator[str]:
    """The id for a run that begins at `moment` (aware), then the ones to take when it is taken.

    Four digits of base 32 hold every twelfth of a second of a day (UTC); the last ones are followed by
    longer ids, so that ids never run out.
    """
    moment = moment.astimezone(UTC)
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6
    number = int(seconds * _PER_SECOND)
    while True:
        yield f"r-{moment:%Y%m%d}-{_base32(number)}"
        number += 1


def _base32(number: int) -> str:
    digits = ""
    while number or len(digits) < _LENGTH:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits

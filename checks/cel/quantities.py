"""Kubernetes' quantities (`100m`, `1.5Gi`, `2e3`) as exact numbers."""

from __future__ import annotations

import re
from fractions import Fraction

_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?\d{1,3})?")
_BINARY = {unit: 1024**power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_LONGEST = 64


def parse(text: str) -> Fraction:
    """The quantity's value, rounded up to a billionth as Kubernetes does. Raises ValueError."""
    found = _QUANTITY.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise ValueError(f"{text[:_LONGEST]!r} is not a quantity")
    number, unit = Fraction(found[1]), found[2] or ""
    if unit in _BINARY:
        value = number * _BINARY[unit]
    else:
        power = _DECIMAL[unit] if unit in _DECIMAL else int(unit[1:] or 0)
        value = number * Fraction(10) ** power
    billionths = value * 10**9
    whole = billionths.numerator // billionths.denominator
    return Fraction(whole + (whole != billionths and billionths > 0), 10**9)

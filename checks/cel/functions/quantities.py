"""Kubernetes' quantities (`100m`, `1.5Gi`, `2e3`) as exact numbers."""

from __future__ import annotations

import re
from fractions import Fraction

from checks.cel.functions.special import Special, special, text_of

_QUANTITY = re.compile(r"([+-]?)(\d*\.?\d*)(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?\d{1,3})?", re.ASCII)
_BINARY = {unit: 1024**power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_LONGEST = 64


def parse(text: str) -> Fraction:
    """The quantity's value, rounded up to a billionth as Kubernetes does; without digits it is 0.

    Raises ValueError.
    """
    found = _QUANTITY.fullmatch(text) if len(text) <= _LONGEST else None
    if not text or found is None:
        raise ValueError(f"{text[:_LONGEST]!r} is not a quantity")
    number, unit = Fraction(f"{found[1]}0{found[2]}".rstrip(".")), found[3] or ""
    if unit in _BINARY:
        value = number * _BINARY[unit]
    else:
        power = _DECIMAL[unit] if unit in _DECIMAL else int(unit[1:] or 0)
        value = number * Fraction(10) ** power
    billionths = value * 10**9
    whole = billionths.numerator // billionths.denominator
    return Fraction(whole + (whole != billionths and billionths > 0), 10**9)


def quantity(text: str) -> Special:
    return special("quantity", str(parse(text)))


def _number(value: Special) -> Fraction:
    return Fraction(text_of(value, "quantity"))


def compare(one: Special, other: Special) -> int:
    left, right = _number(one), _number(other)
    return (left > right) - (left < right)


def sign(value: Special) -> int:
    number = _number(value)
    return (number > 0) - (number < 0)


def add(one: Special, other: Special | int) -> Special:
    return special("quantity", str(_number(one) + _addend(other)))


def subtract(one: Special, other: Special | int) -> Special:
    return special("quantity", str(_number(one) - _addend(other)))


def _addend(value: Special | int) -> Fraction:
    return Fraction(value) if isinstance(value, int) else _number(value)


def is_integer(value: Special) -> bool:
    number = _number(value)
    return number.denominator == 1 and -(2**63) <= number < 2**63


def as_integer(value: Special) -> int:
    if not is_integer(value):
        raise ValueError("the quantity is no integer")
    return int(_number(value))


def as_float(value: Special) -> float:
    return float(_number(value))

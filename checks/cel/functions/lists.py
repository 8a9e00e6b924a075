"""What Kubernetes adds to lists.

Source: Kubernetes v1.37, k8s.io/apiserver pkg/cel/library/lists.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from checks.cel.functions.special import Unmodelled

_NUMBERS = (int, float)


def is_sorted(values: Sequence[Any]) -> bool:
    return all(_order(one, other) != 1 for one, other in pairwise(values))


def total(values: Sequence[Any]) -> Any:
    if not values:
        return 0
    kinds = {type(value) for value in values}
    if kinds == {timedelta}:
        raise Unmodelled("the sum of durations")
    if kinds not in ({int}, {float}):
        raise ValueError("no such overload")
    return sum(values)


def smallest(values: Sequence[Any]) -> Any:
    return _extreme("min", values, 1)


def largest(values: Sequence[Any]) -> Any:
    return _extreme("max", values, -1)


def _extreme(name: str, values: Sequence[Any], worse: int) -> Any:
    if not values:
        raise ValueError(f"{name} called on empty list")
    best = values[0]
    for value in values[1:]:
        if _order(best, value) == worse:
            best = value
    if isinstance(best, datetime | timedelta):
        raise Unmodelled(f"{name} of times")
    return best


def _order(one: Any, other: Any) -> int | None:
    """-1, 0 or 1; None for what cannot be compared, which the API server takes for neither."""
    numbers = all(isinstance(each, _NUMBERS) and not isinstance(each, bool) for each in (one, other))
    if not numbers and type(one) is not type(other):
        return None
    try:
        return int(one > other) - int(one < other)
    except TypeError:
        return None


def index_of(values: Sequence[Any], wanted: Any) -> int:
    return next((at for at, value in enumerate(values) if same(value, wanted)), -1)


def last_index_of(values: Sequence[Any], wanted: Any) -> int:
    return next((at for at in range(len(values) - 1, -1, -1) if same(values[at], wanted)), -1)


def includes(held: Any, wanted: Any) -> bool:
    """Whether a list has the element; what is no list has itself."""
    return any(same(value, wanted) for value in held) if isinstance(held, list) else same(held, wanted)


def same(one: Any, other: Any) -> bool:
    """Equality as CEL has it at any depth: 1 is 1.0, and true is no number."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)

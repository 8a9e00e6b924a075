"""Semantic versions, as github.com/blang/semver, which the API server uses, reads them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from checks.cel.functions.special import Special, special, text_of

_PART = r"(?:[0-9A-Za-z-]+)(?:\.[0-9A-Za-z-]+)*"
_VERSION = re.compile(rf"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-({_PART}))?(?:\+{_PART})?", re.ASCII)
_LARGEST = 2**64


def semver(text: str, normalize: bool = False) -> Special:
    if normalize:
        text = _normal(text)
    found = _VERSION.fullmatch(text)
    numbers = [*found.groups()[:3], *_numeric(found[4] or "")] if found else []
    if found is None or any(int(each) >= _LARGEST for each in numbers):
        raise ValueError("this is no semantic version")
    if any(len(each) > 1 and each[0] == "0" for each in numbers):
        raise ValueError("a number must not begin with 0")
    return special("semver", text)


def _numeric(before: str) -> list[str]:
    return [each for each in before.split(".") if each.isdigit()]


def _normal(text: str) -> str:
    """Without a leading `v` and leading zeros, and with what is missing of its three parts."""
    parts = text.removeprefix("v").split(".", 2)
    for index, part in enumerate(parts):
        if len(part) > 1:
            bare = part.lstrip("0")
            parts[index] = bare if bare[:1].isdigit() else f"0{bare}"
    if len(parts) < 3 and re.search("[+-]", parts[-1]):
        raise ValueError("a short version cannot have more than numbers")
    return ".".join(parts + ["0"] * (3 - len(parts)))


def _version(value: Special) -> tuple[Any, ...]:
    found = _VERSION.fullmatch(text_of(value, "semver"))
    assert found is not None
    parts = (found[4] or "").split(".") if found[4] else []
    before = tuple((0, int(each), "") if each.isdigit() else (1, 0, each) for each in parts)
    return (int(found[1]), int(found[2]), int(found[3]), not before, before)


def part(index: int) -> Callable[[Special], int]:
    """A part of a semantic version: major, minor or patch."""
    return lambda value: int(_version(value)[index])


def compare(one: Special, other: Special) -> int:
    left, right = _version(one), _version(other)
    return (left > right) - (left < right)

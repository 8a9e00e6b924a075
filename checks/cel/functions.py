"""The functions that Kubernetes adds to CEL and that the library lacks, in terms of plain values.

A value of a type that only Kubernetes knows (a quantity, a URL, an address) is a map with `is` and `text`,
because the library passes no others. Whatever is wrong raises ValueError: the expression's error.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from checks.cel import quantities

Special = dict[str, str]
_PATTERN = 1024
_MOST_NUMBERS = 100_000
_NUMBER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")


def holds(function: Callable[[str], Any]) -> Callable[[str], bool]:
    """Whether a function takes a text: `isQuantity` of `quantity`."""

    def asked(text: str) -> bool:
        try:
            function(text)
        except ValueError:
            return False
        return True

    return asked


def _special(what: str, text: str) -> Special:
    return {"is": what, "text": text}


def _text(value: Special, what: str) -> str:
    if value.get("is") != what:
        raise ValueError(f"this is no {what}")
    return value["text"]


def find(text: str, pattern: str) -> str:
    found = _compiled(pattern).search(text)
    return found[0] if found else ""


def find_all(text: str, pattern: str, most: int = -1) -> list[str]:
    found = [match[0] for match in _compiled(pattern).finditer(text)]
    return found if most < 0 else found[:most]


def _compiled(pattern: str) -> re.Pattern[str]:
    if len(pattern) > _PATTERN:
        raise ValueError("the pattern is too long")
    try:
        return re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"the pattern is not valid: {error}") from None


def is_sorted(values: Sequence[Any]) -> bool:
    return all(one <= other for one, other in pairwise(values))


def total(values: Sequence[Any]) -> Any:
    return sum(values)


def smallest(values: Sequence[Any]) -> Any:
    return min(_some(values))


def largest(values: Sequence[Any]) -> Any:
    return max(_some(values))


def _some(values: Sequence[Any]) -> Sequence[Any]:
    if not values:
        raise ValueError("the list is empty")
    return values


def index_of(values: Sequence[Any], wanted: Any) -> int:
    return next((at for at, value in enumerate(values) if _same(value, wanted)), -1)


def last_index_of(values: Sequence[Any], wanted: Any) -> int:
    return next((at for at in range(len(values) - 1, -1, -1) if _same(values[at], wanted)), -1)


def _same(one: Any, other: Any) -> bool:
    """Equality as CEL has it: 1 is 1.0, and true is no number."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def distinct(values: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if index_of(found, value) < 0:
            found.append(value)
    return found


def flattened(values: Sequence[Any], depth: int = 1) -> list[Any]:
    if depth < 0:
        raise ValueError("the depth is negative")
    found: list[Any] = []
    for value in values:
        found += flattened(value, depth - 1) if isinstance(value, list) and depth else [value]
    return found


def sliced(values: Sequence[Any], start: int, end: int) -> Sequence[Any]:
    if not 0 <= start <= end <= len(values):
        raise ValueError("the slice is not within the list")
    return values[start:end]


def in_order(values: Sequence[Any]) -> list[Any]:
    if len({type(value) for value in values}) > 1:
        raise ValueError("the values are of several types")
    return sorted(values)


def numbers(count: int) -> list[int]:
    if count > _MOST_NUMBERS:
        raise ValueError("the range is too long")
    return list(range(count))


def contains_all(values: Sequence[Any], wanted: Sequence[Any]) -> bool:
    return all(index_of(values, each) >= 0 for each in wanted)


def equivalent(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return contains_all(one, other) and contains_all(other, one)


def intersects(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return any(index_of(other, each) >= 0 for each in one)


def quantity(text: str) -> Special:
    return _special("quantity", str(quantities.parse(text)))


def _number(value: Special) -> Fraction:
    return Fraction(_text(value, "quantity"))


def _version(value: Special) -> tuple[Any, ...]:
    found = _NUMBER.fullmatch(_text(value, "semver"))
    assert found is not None
    parts = (found[4] or "").split(".") if found[4] else []
    before = tuple((0, int(each), "") if each.isdigit() else (1, 0, each) for each in parts)
    return (int(found[1]), int(found[2]), int(found[3]), not before, before)


def semver(text: str) -> Special:
    if _NUMBER.fullmatch(text) is None:
        raise ValueError("this is no semantic version")
    return _special("semver", text)


def part(index: int) -> Callable[[Special], int]:
    """A part of a semantic version: major, minor or patch."""
    return lambda value: int(_version(value)[index])


def compare(one: Special, other: Special) -> int:
    left, right = (_version(each) if each.get("is") == "semver" else _number(each) for each in (one, other))
    if isinstance(left, tuple) != isinstance(right, tuple):
        raise ValueError("a quantity cannot be compared with a version")
    return (left > right) - (left < right)  # type: ignore[operator]


def sign(value: Special) -> int:
    number = _number(value)
    return (number > 0) - (number < 0)


def add(one: Special, other: Special | int) -> Special:
    return _special("quantity", str(_number(one) + _addend(other)))


def subtract(one: Special, other: Special | int) -> Special:
    return _special("quantity", str(_number(one) - _addend(other)))


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


def url(text: str) -> Special:
    _split(text)
    return _special("url", text)


def _split(text: str) -> SplitResult:
    parts = urlsplit(text)
    if not (parts.scheme or text.startswith("/")) or re.search(r"[\s\x00-\x1f]", text):
        raise ValueError("this is no absolute URL or path")
    parts.port  # noqa: B018 - raises for a port that is none
    return parts


def of_url(name: str) -> Callable[[Special], Any]:
    """One of the `get…` functions of a URL."""

    def ask(value: Special) -> Any:
        parts = _split(_text(value, "url"))
        bare = parts.hostname or ""
        host = parts.netloc.rpartition("@")[2]
        return {
            "scheme": parts.scheme,
            "host": host,
            "hostname": bare,
            "port": str(parts.port) if parts.port is not None else "",
            "path": parts.path,
            "query": parse_qs(parts.query, keep_blank_values=True),
        }[name]

    return ask


def ip(text: str) -> Special:
    address = ipaddress.ip_address(text)
    if "%" in text or (address.version == 6 and "." in text):
        raise ValueError("addresses with a zone, and IPv4 in IPv6, are not taken")
    return _special("ip", str(address))


def _address(value: Special) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(_text(value, "ip"))


def of_ip(name: str) -> Callable[[Special], Any]:
    """One of the questions about an address."""

    def ask(value: Special) -> Any:
        address = _address(value)
        on_link = address.is_multicast and (
            address in ipaddress.ip_network("224.0.0.0/24" if address.version == 4 else "ff02::/16")
        )
        broadcast = address == ipaddress.ip_address("255.255.255.255")
        special = address.is_unspecified or address.is_loopback or address.is_multicast
        return {
            "family": address.version,
            "unspecified": address.is_unspecified,
            "loopback": address.is_loopback,
            "link_multicast": on_link,
            "link_unicast": address.is_link_local,
            "global_unicast": not (special or address.is_link_local or broadcast),
        }[name]

    return ask


def is_canonical(text: str) -> bool:
    return ip(text)["text"] == text


def cidr(text: str) -> Special:
    if "/" not in text:
        raise ValueError("this is no network in CIDR notation")
    return _special("cidr", str(ipaddress.ip_interface(text)))


def _interface(value: Special) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface:
    return ipaddress.ip_interface(_text(value, "cidr"))


def contains_ip(value: Special, address: Special | str) -> bool:
    given = ip(address) if isinstance(address, str) else address
    return _address(given) in _interface(value).network


def contains_cidr(value: Special, other: Special | str) -> bool:
    inner = _interface(cidr(other) if isinstance(other, str) else other).network
    outer = _interface(value).network
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]


def address_of(value: Special) -> Special:
    return _special("ip", str(_interface(value).ip))


def masked(value: Special) -> Special:
    return _special("cidr", str(_interface(value).network))


def prefix_length(value: Special) -> int:
    return int(_interface(value).network.prefixlen)


def written(value: Special) -> str:
    """An address, a network or a version as text."""
    if value.get("is") not in {"ip", "cidr", "semver"}:
        raise ValueError("this has no text")
    return value["text"]

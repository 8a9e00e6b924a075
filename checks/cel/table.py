"""Every function of Kubernetes' CEL environment that the library lacks, with what does it here.

The signatures are the API server's (v1.37, k8s.io/apiserver pkg/cel/library), as `target.name(arguments) ->
result` with `[x]` for a list and `{x: y}` for a map. What belongs to an authorizer is there so that an
expression that asks one compiles, and is known to have no answer here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from checks.cel.functions import addresses, formats, lists, patterns, quantities, urls, versions
from checks.cel.functions.special import Unmodelled, holds

Row = tuple[str, Callable[..., Any]]

SPECIAL = ("Quantity", "Semver", "URL", "IP", "CIDR", "Format")
"""Types that only Kubernetes knows; here each value is a map."""
CHECKERS = ("Authorizer", "PathCheck", "GroupCheck", "ResourceCheck", "Decision")
"""Types of what an authorizer is asked with; there are no values of them here."""
_SUMMABLE = ("int", "uint", "double", "duration")
_COMPARABLE = (*_SUMMABLE, "bool", "timestamp", "string", "bytes")


def _unasked(*_: Any) -> NoReturn:
    raise Unmodelled("an authorizer")


def rows() -> Iterator[Row]:
    """Each signature with what does it."""
    for kind in _COMPARABLE:
        yield f"[{kind}].isSorted() -> bool", lists.is_sorted
        yield f"[{kind}].min() -> {kind}", lists.smallest
        yield f"[{kind}].max() -> {kind}", lists.largest
    for kind in _SUMMABLE:
        yield f"[{kind}].sum() -> {kind}", lists.total
    for name in formats.FORMATS:
        yield f"format.{name}() -> Format", formats.constant(name)
    for signature in _AUTHORIZER:
        yield signature, _unasked
    yield from _ROWS


_AUTHORIZER = (
    "Authorizer.path(string) -> PathCheck",
    "Authorizer.group(string) -> GroupCheck",
    "Authorizer.serviceAccount(string, string) -> Authorizer",
    "GroupCheck.resource(string) -> ResourceCheck",
    "ResourceCheck.subresource(string) -> ResourceCheck",
    "ResourceCheck.namespace(string) -> ResourceCheck",
    "ResourceCheck.name(string) -> ResourceCheck",
    "ResourceCheck.fieldSelector(string) -> ResourceCheck",
    "ResourceCheck.labelSelector(string) -> ResourceCheck",
    "ResourceCheck.check(string) -> Decision",
    "PathCheck.check(string) -> Decision",
    "Decision.allowed() -> bool",
    "Decision.errored() -> bool",
    "Decision.error() -> string",
    "Decision.reason() -> string",
)
_ROWS: tuple[Row, ...] = (
    ("[dyn].indexOf(dyn) -> int", lists.index_of),
    ("[dyn].lastIndexOf(dyn) -> int", lists.last_index_of),
    ("dyn.includes(dyn) -> bool", lists.includes),
    ("string.find(string) -> string", patterns.find),
    ("string.findAll(string) -> [string]", patterns.find_all),
    ("string.findAll(string, int) -> [string]", patterns.find_all),
    ("quantity(string) -> Quantity", quantities.quantity),
    ("isQuantity(string) -> bool", holds(quantities.quantity)),
    ("sign(Quantity) -> int", quantities.sign),
    ("Quantity.add(Quantity) -> Quantity", quantities.add),
    ("Quantity.add(int) -> Quantity", quantities.add),
    ("Quantity.sub(Quantity) -> Quantity", quantities.subtract),
    ("Quantity.sub(int) -> Quantity", quantities.subtract),
    ("Quantity.isInteger() -> bool", quantities.is_integer),
    ("Quantity.asInteger() -> int", quantities.as_integer),
    ("Quantity.asApproximateFloat() -> double", quantities.as_float),
    ("Quantity.compareTo(Quantity) -> int", lambda one, other: _comparison(one)(one, other)),
    ("Quantity.isGreaterThan(Quantity) -> bool", lambda one, other: _comparison(one)(one, other) > 0),
    ("Quantity.isLessThan(Quantity) -> bool", lambda one, other: _comparison(one)(one, other) < 0),
    ("semver(string) -> Semver", versions.semver),
    ("semver(string, bool) -> Semver", versions.semver),
    ("isSemver(string) -> bool", holds(versions.semver)),
    ("isSemver(string, bool) -> bool", holds(versions.semver)),
    ("Semver.major() -> int", versions.part(0)),
    ("Semver.minor() -> int", versions.part(1)),
    ("Semver.patch() -> int", versions.part(2)),
    ("Semver.compareTo(Semver) -> int", lambda one, other: _comparison(one)(one, other)),
    ("Semver.isGreaterThan(Semver) -> bool", lambda one, other: _comparison(one)(one, other) > 0),
    ("Semver.isLessThan(Semver) -> bool", lambda one, other: _comparison(one)(one, other) < 0),
    ("url(string) -> URL", urls.url),
    ("isURL(string) -> bool", holds(urls.url)),
    ("URL.getScheme() -> string", urls.of_url("scheme")),
    ("URL.getHost() -> string", urls.of_url("host")),
    ("URL.getHostname() -> string", urls.of_url("hostname")),
    ("URL.getPort() -> string", urls.of_url("port")),
    ("URL.getEscapedPath() -> string", urls.of_url("path")),
    ("URL.getQuery() -> {string: [string]}", urls.of_url("query")),
    ("ip(string) -> IP", addresses.ip),
    ("isIP(string) -> bool", holds(addresses.ip)),
    ("ip.isCanonical(string) -> bool", addresses.is_canonical),
    ("string(IP) -> string", addresses.written),
    ("IP.family() -> int", addresses.of_ip("family")),
    ("IP.isUnspecified() -> bool", addresses.of_ip("unspecified")),
    ("IP.isLoopback() -> bool", addresses.of_ip("loopback")),
    ("IP.isLinkLocalMulticast() -> bool", addresses.of_ip("link_multicast")),
    ("IP.isLinkLocalUnicast() -> bool", addresses.of_ip("link_unicast")),
    ("IP.isGlobalUnicast() -> bool", addresses.of_ip("global_unicast")),
    ("cidr(string) -> CIDR", addresses.cidr),
    ("isCIDR(string) -> bool", holds(addresses.cidr)),
    ("string(CIDR) -> string", addresses.written),
    ("CIDR.containsIP(IP) -> bool", addresses.contains_ip),
    ("CIDR.containsIP(string) -> bool", addresses.contains_ip),
    ("CIDR.containsCIDR(CIDR) -> bool", addresses.contains_cidr),
    ("CIDR.containsCIDR(string) -> bool", addresses.contains_cidr),
    ("CIDR.ip() -> IP", addresses.address_of),
    ("CIDR.masked() -> CIDR", addresses.masked),
    ("CIDR.prefixLength() -> int", addresses.prefix_length),
    ("format.named(string) -> optional Format", formats.named),
    ("Format.validate(string) -> optional [string]", formats.validate),
)


def of_evaluation() -> Iterator[Row]:
    """What is there where expressions are evaluated only.

    The library lacks what `transformMap` is made of, and a plain value stands for an optional from Python.
    """
    for kind in ("Format", "[dyn]"):
        yield f"{kind}.hasValue() -> bool", bool
        yield f"{kind}.value() -> dyn", formats.value
        yield f"{kind}.orValue(dyn) -> dyn", formats.or_value
    yield (
        "cel.@mapInsert({dyn: dyn}, dyn, dyn) -> {dyn: dyn}",
        lambda held, key, value: _inserted(held, {key: value}),
    )
    yield "cel.@mapInsert({dyn: dyn}, {dyn: dyn}) -> {dyn: dyn}", _inserted


def _inserted(held: dict[Any, Any], more: dict[Any, Any]) -> dict[Any, Any]:
    for key in more:
        if key in held:
            raise ValueError(f"insert failed: key {key!r} already exists")
    return {**held, **more}


def _comparison(one: dict[str, str]) -> Callable[[Any, Any], int]:
    return versions.compare if one.get("is") == "semver" else quantities.compare

"""The language: Google's CEL with the extensions that Kubernetes takes, and Kubernetes' own functions.

Imported in the judging process only: the library is large and native.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from cel_expr_python import cel
from cel_expr_python.ext import ext_optional, ext_strings

from checks.cel import functions as f

_T = cel.Type
_MAP = _T.Map(_T.STRING, _T.DYN)
_LIST = _T.List(_T.DYN)
_Row = tuple[str, bool, Sequence[Any], Any, Callable[..., Any]]

_FUNCTIONS: tuple[_Row, ...] = (
    ("find", True, (_T.STRING, _T.STRING), _T.STRING, f.find),
    ("findAll", True, (_T.STRING, _T.STRING), _T.List(_T.STRING), f.find_all),
    ("findAll", True, (_T.STRING, _T.STRING, _T.INT), _T.List(_T.STRING), f.find_all),
    ("isSorted", True, (_LIST,), _T.BOOL, f.is_sorted),
    ("sum", True, (_LIST,), _T.DYN, f.total),
    ("min", True, (_LIST,), _T.DYN, f.smallest),
    ("max", True, (_LIST,), _T.DYN, f.largest),
    ("indexOf", True, (_LIST, _T.DYN), _T.INT, f.index_of),
    ("lastIndexOf", True, (_LIST, _T.DYN), _T.INT, f.last_index_of),
    ("distinct", True, (_LIST,), _LIST, f.distinct),
    ("flatten", True, (_LIST,), _LIST, f.flattened),
    ("flatten", True, (_LIST, _T.INT), _LIST, f.flattened),
    ("reverse", True, (_LIST,), _LIST, lambda values: values[::-1]),
    ("slice", True, (_LIST, _T.INT, _T.INT), _LIST, f.sliced),
    ("sort", True, (_LIST,), _LIST, f.in_order),
    ("lists.range", False, (_T.INT,), _T.List(_T.INT), f.numbers),
    ("sets.contains", False, (_LIST, _LIST), _T.BOOL, f.contains_all),
    ("sets.equivalent", False, (_LIST, _LIST), _T.BOOL, f.equivalent),
    ("sets.intersects", False, (_LIST, _LIST), _T.BOOL, f.intersects),
    ("quantity", False, (_T.STRING,), _MAP, f.quantity),
    ("isQuantity", False, (_T.STRING,), _T.BOOL, f.holds(f.quantity)),
    ("sign", True, (_MAP,), _T.INT, f.sign),
    ("add", True, (_MAP, _MAP), _MAP, f.add),
    ("add", True, (_MAP, _T.INT), _MAP, f.add),
    ("sub", True, (_MAP, _MAP), _MAP, f.subtract),
    ("sub", True, (_MAP, _T.INT), _MAP, f.subtract),
    ("isInteger", True, (_MAP,), _T.BOOL, f.is_integer),
    ("asInteger", True, (_MAP,), _T.INT, f.as_integer),
    ("asApproximateFloat", True, (_MAP,), _T.DOUBLE, f.as_float),
    ("compareTo", True, (_MAP, _MAP), _T.INT, f.compare),
    ("isGreaterThan", True, (_MAP, _MAP), _T.BOOL, lambda one, other: f.compare(one, other) > 0),
    ("isLessThan", True, (_MAP, _MAP), _T.BOOL, lambda one, other: f.compare(one, other) < 0),
    ("semver", False, (_T.STRING,), _MAP, f.semver),
    ("isSemver", False, (_T.STRING,), _T.BOOL, f.holds(f.semver)),
    ("major", True, (_MAP,), _T.INT, f.part(0)),
    ("minor", True, (_MAP,), _T.INT, f.part(1)),
    ("patch", True, (_MAP,), _T.INT, f.part(2)),
    ("url", False, (_T.STRING,), _MAP, f.url),
    ("isURL", False, (_T.STRING,), _T.BOOL, f.holds(f.url)),
    ("getScheme", True, (_MAP,), _T.STRING, f.of_url("scheme")),
    ("getHost", True, (_MAP,), _T.STRING, f.of_url("host")),
    ("getHostname", True, (_MAP,), _T.STRING, f.of_url("hostname")),
    ("getPort", True, (_MAP,), _T.STRING, f.of_url("port")),
    ("getEscapedPath", True, (_MAP,), _T.STRING, f.of_url("path")),
    ("getQuery", True, (_MAP,), _T.Map(_T.STRING, _T.List(_T.STRING)), f.of_url("query")),
    ("ip", False, (_T.STRING,), _MAP, f.ip),
    ("isIP", False, (_T.STRING,), _T.BOOL, f.holds(f.ip)),
    ("ip.isCanonical", False, (_T.STRING,), _T.BOOL, f.is_canonical),
    ("family", True, (_MAP,), _T.INT, f.of_ip("family")),
    ("isUnspecified", True, (_MAP,), _T.BOOL, f.of_ip("unspecified")),
    ("isLoopback", True, (_MAP,), _T.BOOL, f.of_ip("loopback")),
    ("isLinkLocalMulticast", True, (_MAP,), _T.BOOL, f.of_ip("link_multicast")),
    ("isLinkLocalUnicast", True, (_MAP,), _T.BOOL, f.of_ip("link_unicast")),
    ("isGlobalUnicast", True, (_MAP,), _T.BOOL, f.of_ip("global_unicast")),
    ("cidr", False, (_T.STRING,), _MAP, f.cidr),
    ("isCIDR", False, (_T.STRING,), _T.BOOL, f.holds(f.cidr)),
    ("containsIP", True, (_MAP, _MAP), _T.BOOL, f.contains_ip),
    ("containsIP", True, (_MAP, _T.STRING), _T.BOOL, f.contains_ip),
    ("containsCIDR", True, (_MAP, _MAP), _T.BOOL, f.contains_cidr),
    ("containsCIDR", True, (_MAP, _T.STRING), _T.BOOL, f.contains_cidr),
    ("ip", True, (_MAP,), _MAP, f.address_of),
    ("masked", True, (_MAP,), _MAP, f.masked),
    ("prefixLength", True, (_MAP,), _T.INT, f.prefix_length),
    ("string", False, (_MAP,), _T.STRING, f.written),
)
"""Name, whether it is called on its first argument, the arguments' types, the result's, what does it."""

BOOL, STRING = _T.BOOL, _T.STRING
VARIABLES = ("object", "oldObject", "request", "namespaceObject", "params", "variables")


def environment() -> Any:
    """The language with everything that a ValidatingAdmissionPolicy may use here."""
    return cel.NewEnv(
        variables=dict.fromkeys(VARIABLES, _T.DYN),
        extensions=[
            ext_strings.ExtStrings(),
            ext_optional.ExtOptional(),
            cel.CelExtension("kubernetes", list(_declared())),
        ],
    )


def _declared() -> Iterator[Any]:
    by_name: dict[str, list[Any]] = {}
    for number, (name, member, arguments, result, does) in enumerate(_FUNCTIONS):
        overload = cel.Overload(f"quarterdeck_{number}", result, list(arguments), is_member=member, impl=does)
        by_name.setdefault(name, []).append(overload)
    for name, overloads in by_name.items():
        yield cel.FunctionDecl(name, overloads)


def failure(result: Any) -> str | None:
    """The error that an evaluation ended in, without the library's code for it; None for a value."""
    if result.type() != _T.ERROR:
        return None
    text = str(result.value())
    head, _, rest = text.partition(": ")
    return rest if head.isupper() and rest else text

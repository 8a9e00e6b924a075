"""The language: Google's CEL with the extensions that Kubernetes takes, and Kubernetes' own functions.

An expression is compiled where Kubernetes' types are types of their own, so that what the API server refuses
is refused, and evaluated where their values are maps, which is what can be passed to Python. Imported in the
judging process only: the library is large and native.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, permutations
from typing import Any

import msgspec
from cel_expr_python import cel
from msgspec import Struct

from checks.cel.spelling import as_known
from checks.cel.table import CHECKERS, SPECIAL, Row, of_evaluation, rows

_T = cel.Type
BOOL, STRING = _T.BOOL, _T.STRING
VARIABLES = ("object", "oldObject", "request", "namespaceObject", "params", "variables")
AUTHORIZER, REQUESTED = "authorizer", "authorizer.requestResource"

_MAP, _LIST = _T.Map(_T.STRING, _T.DYN), _T.List(_T.DYN)
_PLAIN = {
    **{name: getattr(_T, name.upper()) for name in ("bool", "int", "uint", "double", "string", "bytes")},
    "dyn": _T.DYN,
    "duration": _T.DURATION,
    "timestamp": _T.TIMESTAMP,
    "{string: [string]}": _T.Map(_T.STRING, _T.List(_T.STRING)),
    "{dyn: dyn}": _T.Map(_T.DYN, _T.DYN),
}
_SIGNATURE = re.compile(
    r"(?:(?P<target>\[?\w+\]?)\.)?(?P<name>[\w.@<>=]+)\((?P<arguments>.*)\) -> (?P<result>.+)"
)
_ARGUMENT = re.compile(r"\{.*?\}|[^, ]+")
_NAMESPACES = frozenset(("format", "ip", "cel"))
"""What stands before a dot and is no target: `format.named(…)`, `ip.isCanonical(…)`."""
_ADDED_TO = frozenset(("indexOf", "lastIndexOf"))
"""Functions of the library's extensions that Kubernetes has more overloads of."""
_WRITTEN = ("bool", "bytes", "double", "duration", "int", "string", "timestamp", "uint")
_ORDERS = ("_<_", "_<=_", "_>_", "_>=_")

_ABSTRACT = frozenset((*SPECIAL, *CHECKERS))


class Signature(Struct, frozen=True):
    """A function's signature in parts; a target is the first of `arguments`."""

    name: str
    member: bool
    arguments: tuple[str, ...]
    result: str


class Language:
    """Compiles expressions, each to what can be evaluated and what it is made of."""

    def __init__(self) -> None:
        self._checker = _checker()
        self._runtime = _runtime()

    def compile(self, text: str) -> tuple[Any, Any, bytes]:
        """The expression to evaluate, the type of what it gives, and its tree as the library writes it.

        Raises RuntimeError, ValueError, IndexError or RecursionError for one that does not compile.
        """
        checked = self._checker.compile(as_known(text))
        written = checked.serialize()
        return self._runtime.deserialize(written), checked.return_type(), written

    def activation(self, data: dict[str, Any]) -> Any:
        """The values of variables as expressions read them, converted when they are first read."""
        return self._runtime.Activation(data)


def parsed(signature: str) -> Signature:
    """A signature of the table."""
    found = _SIGNATURE.fullmatch(signature)
    assert found is not None, signature
    target, name = found["target"], found["name"]
    if target in _NAMESPACES:
        target, name = None, f"{target}.{name}"
    arguments = tuple(each for each in _ARGUMENT.findall(found["arguments"]))
    return Signature(name, target is not None, (target, *arguments) if target else arguments, found["result"])


def _checker() -> Any:
    variables = dict.fromkeys(VARIABLES, _T.DYN)
    added = [each for each in rows() if parsed(each[0]).name in _ADDED_TO]
    others = [each for each in rows() if each not in added]
    written = [(f"string({kind}) -> string", str) for kind in _WRITTEN]
    compared = [(f"{name}({one}, {other}) -> bool", bool) for name in _ORDERS for one, other in _comparable()]
    return cel.NewEnv(
        config=_config(two_variables=True, without=("string", *_ORDERS)),
        variables=variables | {AUTHORIZER: _as_type("Authorizer"), REQUESTED: _as_type("ResourceCheck")},
        functions=list(_declared([*others, *written, *compared], _as_type)),
        extensions=[cel.CelExtension("kubernetes", list(_declared(added, _as_type)))],
    )


def _runtime() -> Any:
    return cel.NewEnv(
        config=_config(two_variables=False),
        variables=dict.fromkeys(VARIABLES, _T.DYN),
        extensions=[
            cel.CelExtension("kubernetes", list(_declared(chain(rows(), of_evaluation()), _as_value)))
        ],
    )


def _comparable() -> Iterator[tuple[str, str]]:
    """What may be compared with what: numbers of any types, and each type with itself."""
    for kind in _WRITTEN:
        yield kind, kind
    yield from permutations(("int", "uint", "double"), 2)


def _config(*, two_variables: bool, without: tuple[str, ...] = ()) -> Any:
    """What Kubernetes 1.37 has of the library's extensions; for `two_variables` it has no functions."""
    versions = {"strings": 2, "lists": 2, "optional": 2, "sets": 0} | (
        {"two-var-comprehensions": 0} if two_variables else {}
    )
    extensions = [{"name": name, "version": version} for name, version in versions.items()]
    standard = {"exclude_functions": [{"name": name} for name in without]} if without else {}
    given = {"name": "kubernetes", "extensions": extensions, **({"stdlib": standard} if standard else {})}
    return cel.NewEnvConfigFromYaml(msgspec.json.encode(given).decode())


def _as_type(name: str) -> Any:
    if name.startswith("optional "):
        return _T.DYN  # the library's own functions of optionals take no optional that is declared so
    if name.startswith("["):
        return _T.List(_as_type(name[1:-1]))
    return _T.AbstractType(f"kubernetes.{name}") if name in _ABSTRACT else _PLAIN[name]


def _as_value(name: str) -> Any:
    if name.startswith("optional "):
        return _as_value(name.removeprefix("optional "))
    if name.startswith("["):
        return _LIST
    return _MAP if name in _ABSTRACT else _PLAIN[name]


def _declared(given: Iterable[Row], of: Callable[[str], Any]) -> Iterator[Any]:
    """The rows as the library takes them. Those that do not differ where values are maps become one."""
    by_name: dict[str, dict[tuple[bool, tuple[str, ...]], tuple[Any, list[Any], Any]]] = {}
    for signature, does in given:
        row = parsed(signature)
        arguments, result = [of(each) for each in row.arguments], of(row.result)
        overloads = by_name.setdefault(row.name, {})
        key = row.member, tuple(each.name() for each in arguments)
        if key in overloads and overloads[key][0] != result:
            result = _T.DYN
        overloads[key] = result, arguments, does
    for name, overloads in by_name.items():
        made = [
            cel.Overload(f"{name}_{number}", result, arguments, is_member=member, impl=does)
            for number, ((member, _), (result, arguments, does)) in enumerate(overloads.items())
        ]
        yield cel.FunctionDecl(name, made)


def failure(result: Any) -> str | None:
    """The error that an evaluation ended in, without the library's code for it; None for a value."""
    if result.type() != _T.ERROR:
        return None
    text = str(result.value())
    head, _, rest = text.partition(": ")
    return rest if head.isupper() and rest else text

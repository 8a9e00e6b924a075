"""A compiled expression as a tree, read from the library's own serialization, to see which fields it reads.

Only the parts of `cel.expr.Expr` that matter for that are decoded.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_PARENTS = frozenset(
    (
        *("object", "oldObject", "metadata", "annotations", "spec", "template", "jobTemplate"),
        *("containers", "initContainers", "ephemeralContainers", "env"),
    )
)
"""What a value that is not kept may lie below."""
INDEXES = frozenset(("_[_]", "_?._", "_[?_]"))
_OPTIONALS = frozenset(("value", "orValue"))
_COMPARISONS = frozenset(("_==_", "_!=_", "@in", "_in_"))


class Node(Struct, frozen=True):
    """A part of an expression: `what` is const, ident, select, test, call, list, struct or comprehension.

    A comprehension's children are its range, what it begins with, its condition, step and result; `binds` are
    the names of its variables: each element's (or its place or key), the result's, and, of two, each value's.
    """

    what: str
    name: str = ""
    children: tuple[Node, ...] = ()
    binds: tuple[str, str, str] = ("", "", "")


def read(serialized: bytes) -> Node:
    """The tree of an expression that the library serialized. Raises ValueError for anything else."""
    for number, content in _fields(serialized):
        if number == 2:  # google.protobuf.Any: the checked expression
            for inner, expr in _fields(content):
                if inner == 4:
                    return _node(expr)
    raise ValueError("not a checked expression")


def reads_any(node: Node, names: frozenset[str]) -> bool:
    """Whether the value of a field of one of these names may bear on what the expression says.

    Asking only whether there is such a field (`has`) does not count: that is known.
    """
    if node.what == "select" and node.name in names:
        return True
    if node.what == "call" and node.name in INDEXES and len(node.children) == 2:
        held, key = node.children
        if key.name in names if key.what == "const" else _may_hold(held, names):
            return True
    if node.what == "comprehension" and _takes_values(node) and _may_hold(node.children[0], names):
        return True
    if node.what == "call" and node.name in _COMPARISONS and _of_wholes(node.children):
        return True
    return _any(node, names)


def names(node: Node, name: str) -> bool:
    """Whether the expression uses this variable."""
    return (node.what == "ident" and node.name == name) or any(names(each, name) for each in node.children)


def reads_more(node: Node, variable: str, known: frozenset[str]) -> bool:
    """Whether the expression reads more of a variable than the fields that are known."""
    if node.what == "ident":
        return node.name == variable
    name = _read(node)
    if name is not None and node.children[0] == Node("ident", variable):
        return name not in known
    return any(reads_more(each, variable, known) for each in node.children)


def binds_any(node: Node, names: frozenset[str]) -> bool:
    """Whether a comprehension calls something of its own by one of these names."""
    return not names.isdisjoint(node.binds) or any(binds_any(each, names) for each in node.children)


def _any(node: Node, names: frozenset[str]) -> bool:
    return any(reads_any(child, names) for child in node.children)


def _read(node: Node) -> str | None:
    """The name of the field that this reads of its first child, if it is that."""
    if node.what in {"select", "test"}:
        return node.name
    if node.what == "call" and node.name in INDEXES and len(node.children) == 2:
        key = node.children[1]
        return key.name if key.what == "const" and key.name else None
    return None


def _may_hold(held: Node, names: frozenset[str]) -> bool:
    """Whether something that is not kept may be directly in what is held there."""
    if held.what == "call" and held.name in _OPTIONALS and held.children:
        return _may_hold(held.children[0], names)
    name = _read(held)
    return name is None or held_in(name) in names


def held_in(name: str) -> str:
    """How it is written among the names that something in the fields of this name is not kept."""
    return f"{name}[]"


def _takes_values(node: Node) -> bool:
    return bool(node.binds[2]) and any(_takes(child, node.binds[2]) for child in node.children[1:])


def _takes(node: Node, variable: str) -> bool:
    """Whether a variable's own value is used, not only fields of it."""
    if node.what == "ident":
        return node.name == variable
    if node.what in {"select", "test"} and node.children[0] == Node("ident", variable):
        return False
    return any(_takes(each, variable) for each in node.children)


def _of_wholes(operands: tuple[Node, ...]) -> bool:
    """Whether a comparison is of two things of which one may hold what is not known."""
    if any(_literal(each) for each in operands):
        return False
    return any(each.what == "ident" or (each.what == "select" and each.name in _PARENTS) for each in operands)


def _literal(node: Node) -> bool:
    return node.what == "const" or (node.what == "list" and all(_literal(each) for each in node.children))


def _node(data: bytes) -> Node:
    for number, content in _fields(data):
        match number:
            case 3:
                return Node("const", _text(content))
            case 4:
                return Node("ident", _first(content, 1))
            case 5:
                parts = dict(_fields(content))
                what = "test" if parts.get(3) else "select"
                return Node(what, parts.get(2, b"").decode(), (_node(parts.get(1, b"")),))
            case 6:
                parts_list = list(_fields(content))
                children = tuple(_node(part) for field, part in parts_list if field in {1, 3})
                return Node("call", _first(content, 2), children)
            case 7:
                return Node(
                    "list", children=tuple(_node(part) for field, part in _fields(content) if field == 1)
                )
            case 8:
                entries = (dict(_fields(part)) for field, part in _fields(content) if field == 2)
                parts_of = (entry[key] for entry in entries for key in (3, 4) if key in entry)
                return Node("struct", children=tuple(_node(part) for part in parts_of))
            case 9:
                held = dict(_fields(content))
                one, result, other = (held.get(field, b"").decode() for field in (1, 3, 8))
                inner = tuple(_node(held.get(field, b"")) for field in (2, 4, 5, 6, 7))
                return Node("comprehension", children=inner, binds=(one, result, other))
    return Node("const")


def _first(data: bytes, wanted: int) -> str:
    return next((part.decode() for number, part in _fields(data) if number == wanted), "")


def _text(constant: bytes) -> str:
    """A string constant's text; of any other constant nothing."""
    return _first(constant, 6)


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The fields of a protocol buffer message. A number comes as bytes, b"" for 0."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            value, at = _varint(data, at)
            yield number, value.to_bytes(8, "big") if value else b""
        elif wire == _BYTES:
            size, at = _varint(data, at)
            yield number, data[at : at + size]
            at += size
        elif wire in {_FIXED32, _FIXED64}:
            size = 4 if wire == _FIXED32 else 8
            yield number, data[at : at + size]
            at += size
        else:
            raise ValueError(f"wire type {wire}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if not byte & 0x80:
            return value, at
        shift += 7

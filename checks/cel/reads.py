"""Which parts of its variables an expression may look at: objects that are alike in those are judged alike.

An expression is followed from its variables: a field that is selected, an element that is looped over, and
what is used as a whole (compared, printed, given to a function). What is not understood is used as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from checks.cel.tree import INDEXES, Node

_MOST_STEPS = 20_000
"""Of following one expression; beyond them it is taken to use everything."""
_MOST_ROUNDS = 4
_EITHER = frozenset(("_+_", "orValue", "or"))
_SAME = frozenset(("value", "optional.of", "dyn"))
_COUNTED = frozenset(("size", "@in"))
"""What needs to know which elements or keys there are: those of a plain value are there in any case."""


class Want:
    """What is looked at of a value: fields of it, every element or value in it, or the whole of it."""

    __slots__ = ("each", "fields", "whole")

    def __init__(self) -> None:
        self.fields: dict[str, Want] = {}
        self.each: Want | None = None
        self.whole = False

    def field(self, name: str) -> Want:
        return self.fields.setdefault(name, Want())

    def element(self) -> Want:
        if self.each is None:
            self.each = Want()
        return self.each

    def add(self, other: Want) -> None:
        """Look at all that the other does, too."""
        self.whole |= other.whole
        for name, want in other.fields.items():
            self.field(name).add(want)
        if other.each is not None:
            self.element().add(other.each)

    def reads(self, *path: str) -> bool:
        """Whether anything at or below this path is looked at, or something above it as a whole."""
        if self.whole or not path:
            return True
        below = (self.fields.get(path[0]), self.each)
        return any(want is not None and want.reads(*path[1:]) for want in below)

    def settle(self) -> None:
        """Once all is added: what is looked at of each element is looked at of those that are named."""
        for want in self.fields.values():
            if self.each is not None:
                want.add(self.each)
            want.settle()
        if self.each is not None:
            self.each.settle()

    def of(self, value: Any) -> Any:
        """The value without what is not looked at: of that only whether it is there, and of which type."""
        if self.whole:
            return value
        if isinstance(value, dict):
            if self.each is None:
                return {name: want.of(value[name]) for name, want in self.fields.items() if name in value}
            fields, each = self.fields, self.each
            return {name: fields.get(name, each).of(held) for name, held in value.items()}
        if isinstance(value, list):
            return [] if self.each is None else [self.each.of(held) for held in value]
        return value


class _Seen(Struct, frozen=True):
    """Where a value may come from; `items`: where its elements may, of a list that the expression makes."""

    at: tuple[Want, ...] = ()
    items: tuple[Want, ...] = ()

    def and_(self, other: _Seen) -> _Seen:
        return _Seen(_union(self.at, other.at), _union(self.items, other.items))


_NOTHING = _Seen()


def _union(one: tuple[Want, ...], other: tuple[Want, ...]) -> tuple[Want, ...]:
    return tuple(dict.fromkeys((*one, *other)))


def wanted(expressions: Iterable[Node], variables: Iterable[str]) -> Want:
    """What the expressions look at, with a field for each of the variables."""
    root = Want()
    names = {name: _Seen((root.field(name),)) for name in variables}
    for expression in expressions:
        try:
            _use(_Reader().read(expression, names))
        except (RecursionError, _TooMuch):
            root.whole = True
            break
    return root


class _TooMuch(Exception):
    """An expression that takes too long to follow."""


def _use(seen: _Seen) -> None:
    for want in (*seen.at, *seen.items):
        want.whole = True


class _Reader:
    def __init__(self) -> None:
        self._steps = 0

    def read(self, node: Node, names: Mapping[str, _Seen]) -> _Seen:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise _TooMuch
        match node.what:
            case "ident":
                return names.get(node.name, _NOTHING)
            case "select":
                return _field(self.read(node.children[0], names), node.name)
            case "test":
                _field(self.read(node.children[0], names), node.name)
                return _NOTHING
            case "call":
                return self._call(node, names)
            case "list":
                return self._list(node, names)
            case "comprehension":
                return self._loop(node, names)
        return self._used(node.children, names)

    def _used(self, nodes: Iterable[Node], names: Mapping[str, _Seen]) -> _Seen:
        for each in nodes:
            _use(self.read(each, names))
        return _NOTHING

    def _call(self, node: Node, names: Mapping[str, _Seen]) -> _Seen:
        inner = node.children
        if node.name in INDEXES and len(inner) == 2 and inner[1].what == "const":
            held, key = self.read(inner[0], names), inner[1].name
            found = _field(held, key)
            return found if key else found.and_(_elements(held))
        if node.name == "_?_:_" and len(inner) == 3:
            self._used(inner[:1], names)
            inner = inner[1:]
        elif node.name == "hasValue" and len(inner) == 1:
            self.read(inner[0], names)
            return _NOTHING
        elif node.name in _COUNTED and all(each.what == "const" for each in inner[:-1]):
            _elements(self.read(inner[-1], names))
            return _NOTHING
        elif node.name not in _EITHER and not (node.name in _SAME and len(inner) == 1):
            return self._used(inner, names)
        seen = _NOTHING
        for each in inner:
            seen = seen.and_(self.read(each, names))
        return seen

    def _list(self, node: Node, names: Mapping[str, _Seen]) -> _Seen:
        items = _NOTHING
        for each in node.children:
            seen = self.read(each, names)
            if seen.items:
                _use(seen)
            items = items.and_(seen)
        return _Seen(items=items.at)

    def _loop(self, node: Node, names: Mapping[str, _Seen]) -> _Seen:
        over, begin, condition, step, result = node.children
        one, made, other = node.binds
        elements = _elements(self.read(over, names))
        inner = {**names, one: _NOTHING if other else elements, **({other: elements} if other else {})}
        seen = self.read(begin, names)
        for _ in range(_MOST_ROUNDS):
            here = {**inner, made: seen}
            _use(self.read(condition, here))
            more = seen.and_(self.read(step, here))
            if more == seen:
                break
            seen = more
        else:
            _use(seen)
        return self.read(result, {**names, made: seen})


def _field(held: _Seen, name: str) -> _Seen:
    return _Seen(tuple(want.field(name) for want in held.at))


def _elements(held: _Seen) -> _Seen:
    return _Seen(_union(tuple(want.element() for want in held.at), held.items))

"""Text to plain data with line numbers, read as Kubernetes reads it, safe for hostile text.

PyYAML's loaders differ from what `kubectl` understands (dates, sexagesimal numbers, `1e3`), follow aliases
without limit and recurse as deep as the text says. So only libyaml's events are used here; scalars are
resolved by the rules of sigs.k8s.io/yaml (YAML 1.1 as go-yaml v2 reads it).
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import yaml
from msgspec import Struct

MAX_DEPTH = 100
MAX_VALUES = 1_000_000

_STR = "tag:yaml.org,2002:str"
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
_INT = re.compile(r"([-+]?)(?:0b([01_]+)|0x([0-9a-fA-F_]+)|0o?([0-7_]+)|([0-9][0-9_]*))")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_MAX_DIGITS = 40
_SEPARATOR = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_NOTHING = re.compile(r"(?:[ \t]*(?:[#%][^\n]*)?(?:\r?\n|\Z))*")
_SPACE = re.compile(r"\s*")
_HALF = re.compile("[\ud800-\udfff]")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")


class Unreadable(Exception):
    """A document that cannot be read: the 1-based line, and why."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(line, reason)
        self.line = line
        self.reason = reason


class Document(Struct, frozen=True):
    """One document as plain data.

    `line_of`: the line of a path such as `$.spec.containers[0]`, or of the nearest value above it.
    `oddities`: line and description of what is odd in it though it can be read.
    """

    data: Any
    line: int
    line_of: Callable[[str], int]
    oddities: tuple[tuple[int, str], ...] = ()


class Parsed(NamedTuple):
    documents: list[Document]
    unreadable: list[Unreadable]


def parse(text: str) -> Parsed:
    """Every document of a YAML or JSON text. A broken document does not hide those after it."""
    if text.lstrip()[:1] == "{":
        try:
            return Parsed(list(_json(text)), [])
        except (ValueError, RecursionError):
            pass  # a flow mapping, perhaps: YAML says what is wrong
    parsed = Parsed([], [])
    for line, chunk in _chunks(text):
        try:
            parsed.documents.extend(_Reader(line).read(chunk))
        except Unreadable as broken:
            parsed.unreadable.append(broken)
    return parsed


def _json(text: str) -> Iterator[Document]:
    """JSON values one after the other, as `kubectl` takes them."""
    decoder = json.JSONDecoder(parse_constant=_no_constant)
    position, line = 0, 1
    while (start := _after_space(text, position)) < len(text):
        line += text.count("\n", position, start)
        data, position = decoder.raw_decode(text, start)
        yield Document(_as_kubernetes_reads(data), line, _locator(text[start:position], line))
        line += text.count("\n", start, position)


def _after_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _as_kubernetes_reads(data: Any) -> Any:
    """Keys without a value left out, and half characters (half of a surrogate pair) replaced, as Go does."""
    if isinstance(data, dict):
        return {_whole(key): _as_kubernetes_reads(value) for key, value in data.items() if value is not None}
    if isinstance(data, list):
        return [_as_kubernetes_reads(value) for value in data]
    return _whole(data) if isinstance(data, str) else data


def _whole(text: str) -> str:
    return text if text.isascii() else _HALF.sub("\ufffd", text)


def _locator(text: str, line: int) -> Callable[[str], int]:
    """Find lines in JSON only when one is asked for, and then once: JSON is YAML but for its tabs."""

    @cache
    def read() -> Callable[[str], int] | None:
        try:
            documents = list(_Reader(line).read(text.replace("\t", " ")))
        except Unreadable:
            return None
        return documents[0].line_of if documents else None

    def line_of(path: str) -> int:
        found = read()
        return line if found is None else found(path)

    return line_of


def _chunks(text: str) -> Iterator[tuple[int, str]]:
    """Each document's text with the line it starts at."""
    starts = [0, *(match.start() for match in _SEPARATOR.finditer(text)), len(text)]
    line = 1
    for start, end in itertools.pairwise(starts):
        chunk = text[start:end]
        if not _NOTHING.fullmatch(chunk.removeprefix("---")):
            yield line, chunk
        line += chunk.count("\n")


class _Node:
    """A value with its line: a dict or list of nodes, or a scalar. `size` counts values, aliases expanded."""

    __slots__ = ("line", "size", "value")

    def __init__(self, line: int, value: Any) -> None:
        self.line = line
        self.value = value
        self.size = 1

    def plain(self) -> Any:
        """Plain data. Keys without a value are left out, as Kubernetes treats them."""
        if isinstance(self.value, dict):
            return {key: each.plain() for key, each in self.value.items() if each.value is not None}
        if isinstance(self.value, list):
            return [each.plain() for each in self.value]
        return self.value

    def line_of(self, path: str) -> int:
        node = self
        for key, index in _STEP.findall(path):
            if key and isinstance(node.value, dict) and key in node.value:
                node = node.value[key]
            elif index and isinstance(node.value, list) and int(index) < len(node.value):
                node = node.value[int(index)]
            else:
                break
        return node.line


class _Reader:
    """One chunk of YAML into documents: libyaml's events into nodes, within limits."""

    def __init__(self, first_line: int) -> None:
        self._offset = first_line
        self._events: Iterator[yaml.Event] = iter(())
        self._anchors: dict[str, _Node | None] = {}
        self._oddities: list[tuple[int, str]] = []
        self._count = 0

    def read(self, text: str) -> Iterator[Document]:
        """The documents of the chunk. Raises Unreadable."""
        try:
            self._events = yaml.parse(text, Loader=yaml.CSafeLoader)
            for event in self._events:
                if isinstance(event, yaml.DocumentStartEvent):
                    self._anchors, self._oddities, self._count = {}, [], 0
                    root = self._node(next(self._events), 0)
                    yield Document(root.plain(), root.line, root.line_of, tuple(self._oddities))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            reason = ", ".join(part for part in (error.context, error.problem) if part)
            raise Unreadable(
                self._offset + (mark.line if mark is not None else 0), f"not YAML: {reason}"
            ) from error
        except (yaml.YAMLError, UnicodeError, ValueError) as error:
            raise Unreadable(
                self._offset, "not YAML: it holds characters that YAML does not allow"
            ) from error

    def _node(self, event: yaml.Event, depth: int) -> _Node:
        mark = event.start_mark
        line = self._offset + (mark.line if mark is not None else 0)
        self._count += 1
        if self._count > MAX_VALUES:
            raise Unreadable(line, f"more than {MAX_VALUES:,} values in one document; split it")
        if depth > MAX_DEPTH:
            raise Unreadable(line, f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, line)
        anchor = getattr(event, "anchor", None)
        if anchor is not None:
            self._anchors[anchor] = None
        node = _Node(line, None)
        if isinstance(event, yaml.ScalarEvent):
            node.value = _scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._sequence(node, depth)
        else:
            self._mapping(node, depth)
        if node.size > MAX_VALUES:
            raise Unreadable(line, f"aliases expand it to more than {MAX_VALUES:,} values")
        if anchor is not None:
            self._anchors[anchor] = node
        return node

    def _alias(self, event: yaml.AliasEvent, line: int) -> _Node:
        if event.anchor not in self._anchors:
            raise Unreadable(line, "an alias has no anchor; put text that starts with * in quotes")
        target = self._anchors[event.anchor]
        if target is None:
            raise Unreadable(line, "an alias contains itself")
        return target

    def _sequence(self, node: _Node, depth: int) -> None:
        node.value = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            child = self._node(event, depth + 1)
            node.value.append(child)
            node.size += child.size

    def _mapping(self, node: _Node, depth: int) -> None:
        node.value = {}
        merged: dict[str, _Node] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            merge = isinstance(event, yaml.ScalarEvent) and event.value == "<<" and event.implicit[0]
            key = self._node(event, depth + 1)
            child = self._node(next(self._events), depth + 1)
            node.size += child.size
            if merge:
                merged |= self._merge(child)
                continue
            name = _key(key)
            if name in node.value:
                self._oddities.append((key.line, f"the key {name!r} is given twice; the last one counts"))
            node.value[name] = child
        if merged:
            node.value = merged | node.value

    def _merge(self, child: _Node) -> dict[str, _Node]:
        """What `<<` brings in: a mapping, or mappings of which the first wins."""
        sources = child.value if isinstance(child.value, list) else [child]
        merged: dict[str, _Node] = {}
        for source in reversed(sources):
            if not isinstance(source.value, dict):
                raise Unreadable(child.line, "<< takes a mapping or a list of mappings")
            merged |= source.value
        return merged


def _key(node: _Node) -> str:
    match node.value:
        case str() as text:
            return text
        case bool() as flag:
            return "true" if flag else "false"
        case int() | float() as number:
            return str(number)
        case _:
            raise Unreadable(node.line, "a key must be text")


def _scalar(event: yaml.ScalarEvent) -> Any:
    text: str = event.value
    if event.tag in (_STR, "!") or not (event.implicit[0] or event.tag):
        return text
    if text in _WORDS:
        return _WORDS[text]
    if len(text) <= _MAX_DIGITS and (match := _INT.fullmatch(text)):
        sign, *digits = match.groups()
        for base, group in zip((2, 16, 8, 10), digits, strict=True):
            if (
                group
                and (number := group.replace("_", ""))
                and not (base == 10 and number[:1] == "0" != number)
            ):
                return int(sign + number, base)
    if len(text) <= _MAX_DIGITS and _FLOAT.fullmatch(text):
        return float(text)
    return text

"""Calico's selector language: `app == "web" && has(tier) && env not in {"dev", "test"}`.

Source: the comments of projectcalico/calico api/pkg/apis/projectcalico/v3/networkpolicy.go and libcalico-go
lib/selector. What does not parse raises Unreadable: the policy is then said not to be modelled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from msgspec import Struct

from checks.network.asks import Asked, together

Test = Callable[[Mapping[str, str]], bool]


class Selector(Struct, frozen=True):
    """A selector that was read: its test of labels, what it asks about them, and one label that all it picks
    have, if there is such a one."""

    test: Test
    asked: Asked = {}
    label: tuple[str, str] | None = None


_LONGEST = 4096
_DEEPEST = 50
_TOKEN = re.compile(
    r"\s*(?:(?P<op>==|!=|&&|\|\||!|\(|\)|\{|\}|,)"
    r"|(?P<quoted>\"[^\"]*\"|'[^']*')"
    r"|(?P<word>[A-Za-z0-9_./-]+))"
)


EVERYTHING = Selector(lambda _: True)


class Unreadable(Exception):
    """The selector is not in the language that is known here."""


def parse(text: str) -> Selector:
    """A selector as it is written; an empty one picks everything. Raises Unreadable."""
    reader = _Reader(_tokens(text))
    if reader.peek() is None:
        return EVERYTHING
    found = reader.either(0)
    if reader.peek() is not None:
        raise Unreadable(text)
    return found


def _tokens(text: str) -> list[tuple[str, str]]:
    if len(text) > _LONGEST:
        raise Unreadable("it is too long")
    text = text.strip()
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise Unreadable(text)
        kind = str(found.lastgroup)
        value = found[kind]
        tokens.append((kind, value[1:-1] if kind == "quoted" else value))
        at = found.end()
    return tokens


def _asked(several: list[Selector]) -> Asked:
    return together(each.asked for each in several)


class _Reader:
    """Recursive descent over the tokens: or, and, not, primary."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def peek(self) -> tuple[str, str] | None:
        """The token that is read next."""
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self, kind: str, value: str | None = None) -> str:
        token = self.peek()
        if token is None or token[0] != kind or (value is not None and token[1] != value):
            raise Unreadable(f"near token {self._at}")
        self._at += 1
        return token[1]

    def _skip(self, kind: str, value: str) -> bool:
        if self.peek() == (kind, value):
            self._at += 1
            return True
        return False

    def either(self, depth: int) -> Selector:
        """Selectors joined by or, the loosest of the operators."""
        found = [self._both(depth)]
        while self._skip("op", "||"):
            found.append(self._both(depth))
        if len(found) == 1:
            return found[0]
        tests = [each.test for each in found]
        return Selector(lambda labels: any(test(labels) for test in tests), _asked(found))

    def _both(self, depth: int) -> Selector:
        found = [self._not(depth)]
        while self._skip("op", "&&"):
            found.append(self._not(depth))
        if len(found) == 1:
            return found[0]
        tests = [each.test for each in found]
        label = next((each.label for each in found if each.label), None)
        return Selector(lambda labels: all(test(labels) for test in tests), _asked(found), label)

    def _not(self, depth: int) -> Selector:
        negated = False
        while self._skip("op", "!"):
            negated = not negated
        found = self._primary(depth)
        return Selector(lambda labels: not found.test(labels), found.asked) if negated else found

    def _primary(self, depth: int) -> Selector:
        if depth > _DEEPEST:
            raise Unreadable("it is too deep")
        if self._skip("op", "("):
            found = self.either(depth + 1)
            self._take("op", ")")
            return found
        word = self._take("word")
        if word in ("all", "global") and self._skip("op", "("):
            self._take("op", ")")
            if word == "global":
                raise Unreadable("global()")
            return EVERYTHING
        if word == "has" and self._skip("op", "("):
            key = self._take("word")
            self._take("op", ")")
            return Selector(lambda labels: key in labels, {key: frozenset()})
        return self._comparison(word)

    def _comparison(self, key: str) -> Selector:
        if self._skip("op", "=="):
            equal = self._take("quoted")
            asked = {key: frozenset((equal,))}
            return Selector(lambda labels: labels.get(key) == equal, asked, (key, equal))
        if self._skip("op", "!="):
            unequal = self._take("quoted")
            return Selector(lambda labels: labels.get(key) != unequal, {key: frozenset((unequal,))})
        match self._take("word"):
            case "in":
                chosen = self._set()
                return Selector(lambda labels: labels.get(key) in chosen, {key: chosen})
            case "not":
                self._take("word", "in")
                refused = self._set()
                return Selector(lambda labels: labels.get(key) not in refused, {key: refused})
            case "contains":
                part = self._take("quoted")
                return Selector(lambda labels: key in labels and part in labels[key], {key: None})
            case "starts":
                self._take("word", "with")
                prefix = self._take("quoted")
                return Selector(lambda labels: key in labels and labels[key].startswith(prefix), {key: None})
            case "ends":
                self._take("word", "with")
                suffix = self._take("quoted")
                return Selector(lambda labels: key in labels and labels[key].endswith(suffix), {key: None})
            case other:
                raise Unreadable(other)

    def _set(self) -> frozenset[str]:
        self._take("op", "{")
        values: list[str] = []
        while not self._skip("op", "}"):
            values.append(self._take("quoted"))
            if self.peek() != ("op", "}"):
                self._take("op", ",")
        return frozenset(values)

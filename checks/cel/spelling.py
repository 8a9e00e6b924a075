"""Expressions said so that the library understands them: with variables put in place, in words it knows.

A variable is lazy in Kubernetes, and has the type of its expression: so has the expression that stands in its
place. `exists_one` with two variables is `existsOne`; `optional.unwrap(x)` and `x.unwrapOpt()` are a `map`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

LONGEST = 100_000
"""Of an expression with its variables in place; the library and the API server parse no longer ones."""
_MAY_NEED = re.compile("exists_one|unwrap")
_TEXT = r"""
    (?P<text>[bBrR]{0,2}(?:\"{3}(?:\\.|[^\\])*?\"{3}|'{3}(?:\\.|[^\\])*?'{3}
      |"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    | //[^\n]*)"""
_TOKEN = re.compile(
    _TEXT
    + r"""
    | (?P<one>\.\s*exists_one\s*\()
    | (?P<all>\.\s*unwrapOpt\s*\(\s*\))
    | (?P<unwrap>\boptional\s*\.\s*unwrap\s*\()
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | (?P<comma>,)
    """,
    re.VERBOSE | re.DOTALL,
)
_VARIABLE = re.compile(_TEXT + r"| (?<![\w.])variables\s*\.\s*(?P<name>[A-Za-z_]\w*)", re.VERBOSE | re.DOTALL)
_EACH = ".map(unwrapped_, unwrapped_.hasValue(), unwrapped_.value())"


class TooLong(ValueError):
    """An expression whose variables make it longer than any that is parsed."""


def with_variables(text: str, variables: Mapping[str, str]) -> str:
    """The expression with what each variable stands for in its place. Raises TooLong."""

    def put(token: re.Match[str]) -> str:
        name = token["name"]
        return f"({variables[name]}\n)" if name in variables else token[0]

    longer = _VARIABLE.sub(put, text) if variables else text
    if len(longer) > LONGEST and longer is not text:
        raise TooLong
    return longer


def names_of(text: str) -> Iterator[str]:
    """The variables that an expression names."""
    return (token["name"] for token in _VARIABLE.finditer(text) if token["name"])


def as_known(text: str) -> str:
    """The expression in words that the library knows; itself where it needs none of that."""
    return "".join(_parts(text)) if _MAY_NEED.search(text) else text


def _parts(text: str) -> Iterator[str]:
    pieces: list[str] = []
    opened: list[tuple[str, int, int]] = []
    at = 0
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup or ""
        pieces += text[at : token.start()], token[0]
        at = token.end()
        if kind in {"one", "open", "unwrap"}:
            opened.append((kind, len(pieces) - 1, 0))
            if kind == "unwrap":
                pieces[-1] = "("
        elif kind == "comma" and opened:
            what, index, commas = opened[-1]
            opened[-1] = what, index, commas + 1
        elif kind == "all":
            pieces[-1] = _EACH
        elif kind == "close" and opened:
            what, index, commas = opened.pop()
            if what == "one" and commas == 2:
                pieces[index] = ".existsOne("
            elif what == "unwrap":
                pieces[-1] += _EACH
    yield from pieces
    yield text[at:]

"""`find` and `findAll`: RE2's patterns, which the API server takes, run by Python's.

What RE2 refuses is refused. What it takes and Python does not is Unmodelled rather than guessed.
"""

from __future__ import annotations

import re
from functools import lru_cache

from checks.cel.functions.special import Unmodelled

_PATTERN = 1024
_MOST_REPEATS = 1000
_TOKEN = re.compile(
    r"""\\(?P<escape>[\s\S])
    | \[(?P<class>\^?\]?(?:\[:\^?[a-z]+:\]|\\[\s\S]|[^\]\\])*)\]
    | \((?P<group>\?(?:P?<|[a-zA-Z]*[:)]|[\s\S]))
    | \{(?P<least>\d+)(?P<comma>,(?P<most>\d*))?\}(?P<after>[+]?)
    | (?P<possessive>[*+?][+])
    | (?P<end>\$)
    """,
    re.VERBOSE,
)
_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}


def find(text: str, pattern: str) -> str:
    found = _compiled(pattern).search(text)
    return found[0] if found else ""


def find_all(text: str, pattern: str, most: int = -1) -> list[str]:
    found = [match[0] for match in _compiled(pattern).finditer(text)]
    return found if most < 0 else found[:most]


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    if len(pattern) > _PATTERN:
        raise Unmodelled(f"a pattern of more than {_PATTERN} characters")
    try:
        return re.compile(_TOKEN.sub(_as_python, pattern), re.ASCII)
    except re.error as error:
        if "global flags" in str(error):
            raise Unmodelled("a pattern with flags in its middle") from None
        raise ValueError(f"the pattern is not valid: {error}") from None
    except (RecursionError, OverflowError):
        raise Unmodelled("a pattern that is nested so deeply") from None


def _as_python(token: re.Match[str]) -> str:
    match token.lastgroup:
        case "escape":
            return _escape(token["escape"])
        case "class":
            return "[" + re.sub(r"\[:(\^?)([a-z]+):\]|\[", _in_class, token["class"]) + "]"
        case "group":
            return _group(token["group"])
        case "end":
            return "$" if re.search(r"\(\?[a-z]*m", token.string) else r"\Z"
        case "possessive":
            raise ValueError("the pattern is not valid: a repetition is repeated")
    if token["after"]:
        raise ValueError("the pattern is not valid: a repetition is repeated")
    if max(int(token["least"]), int(token["most"] or 0)) > _MOST_REPEATS:
        raise ValueError("the pattern is not valid: it repeats too often")
    return token[0]


def _escape(letter: str) -> str:
    if letter == "z":
        return r"\Z"
    if letter in "pPQCx0":
        raise Unmodelled(f"\\{letter} in a pattern")
    if letter in "123456789Z":
        raise ValueError(f"the pattern is not valid: \\{letter}")
    return f"\\{letter}"


def _in_class(part: re.Match[str]) -> str:
    if part[2] is None:
        return r"\["
    if part[1] or part[2] not in _POSIX:
        raise Unmodelled(f"{part[0]} in a pattern")
    return _POSIX[part[2]]


def _group(opening: str) -> str:
    if opening in {"?P<", "?<"}:
        return "(?P<"
    if opening[-1] not in ":)" or opening == "?)":
        raise ValueError(f"the pattern is not valid: ({opening}")
    if "U" in opening:
        raise Unmodelled("an ungreedy pattern")
    return f"({opening}"

"""URLs as Go's net/url reads what stands in a request line."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult, parse_qs, quote, urlsplit

from checks.cel.functions.special import Special, special, text_of

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
_BAD_HOST = re.compile(r"[\s<>\"\\^`{|}]")
_PATH = "/!$&'()*+,;=:@~"


def url(text: str) -> Special:
    _split(text)
    return special("url", text)


def _split(text: str) -> SplitResult:
    if not text or not (text.startswith("/") or _SCHEME.match(text)):
        raise ValueError("this is no absolute URL or path")
    if re.search(r"[\x00-\x1f\x7f]", text) or text[0] == " ":
        raise ValueError("a URL has no control characters")
    parts = urlsplit(text)
    rest = text.split(":", 1)[1] if parts.scheme else text
    if not rest.startswith("/"):
        raise ValueError("this is no absolute URL or path")
    parts.port  # noqa: B018 - raises for a port that is none
    if _BAD_HOST.search(parts.netloc) or _BAD_ESCAPE.search(parts.netloc + parts.path):
        raise ValueError("the URL has a character that it must not")
    return parts


def of_url(name: str) -> Callable[[Special], Any]:
    """One of the `get…` functions of a URL."""

    def ask(value: Special) -> Any:
        parts = _split(text_of(value, "url"))
        host = parts.netloc.rpartition("@")[2]
        bracketed = re.fullmatch(r"\[(.*)\](?::\d*)?", host)
        return {
            "scheme": parts.scheme,
            "host": host,
            "hostname": bracketed[1] if bracketed else host.partition(":")[0],
            "port": str(parts.port) if parts.port is not None else "",
            "path": quote(parts.path, safe=_PATH + "%"),
            "query": parse_qs(parts.query, keep_blank_values=True),
        }[name]

    return ask

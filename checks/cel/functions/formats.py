"""Kubernetes' named formats: `format.dns1123Label().validate(name)`.

What `validate` gives is an optional list there. Here it is a plain list, empty where there is no error, and
what is asked of an optional is answered for it, because the library takes no optional from Python.
Source: Kubernetes v1.37, k8s.io/apiserver pkg/cel/library/format.go and what it calls.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from datetime import date
from typing import Any

from checks.cel.functions.special import Special, special, text_of
from checks.cel.functions.urls import url

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_OLD_LABEL = "[a-z]([-a-z0-9]*[a-z0-9])?"
_NAME = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_UUID = "(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}"
_TIME = re.compile(r"(\d{2}):(\d{2}):(\d{2})(\.\d+)?(z|([+-]\d{2}:\d{2}))", re.ASCII)
_SHORT, _LONG = 63, 253
Judge = Callable[[str], list[str]]


def _shaped(pattern: str, longest: int, *, prefix: bool = False) -> Judge:
    shape = re.compile(pattern, re.ASCII)

    def judge(text: str) -> list[str]:
        whole = f"{text[:-1]}a" if prefix and len(text) > 1 and text.endswith("-") else text
        found = [] if len(whole) <= longest else [f"must be no more than {longest} bytes"]
        return found if shape.fullmatch(whole) else [*found, "has a character where there may be none such"]

    return judge


def _qualified(text: str) -> list[str]:
    before, slash, name = text.rpartition("/")
    if "/" in before:
        return ["has more than one slash"]
    found = [] if not slash else ["has an empty prefix"] if not before else _SUBDOMAINS(before)
    return found + (_shaped(_NAME, _SHORT)(name) if name else ["has an empty name", "is no name"])


def _accepted(function: Callable[[str], Any], words: str) -> Judge:
    def judge(text: str) -> list[str]:
        try:
            return [] if function(text) is not False else [words]
        except (ValueError, binascii.Error):
            return [words]

    return judge


def _base64(text: str) -> bool:
    return bool(text) and base64.b64encode(base64.b64decode(text, validate=True)).decode() == text


def _date(text: str) -> bool:
    return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) and date.fromisoformat(text))


def _moment(text: str) -> bool:
    day, t, time = text.lower().partition("t")
    found = _TIME.search(time)
    return bool(t and _date(day) and found and found[1] <= "23" and found[2] <= "59" and found[3] <= "59")


_SUBDOMAINS = _shaped(_SUBDOMAIN, _LONG)
FORMATS: dict[str, Judge] = {
    "dns1123Label": _shaped(_LABEL, _SHORT),
    "dns1123Subdomain": _SUBDOMAINS,
    "dns1035Label": _shaped(_OLD_LABEL, _SHORT),
    "dns1123LabelPrefix": _shaped(_LABEL, _SHORT, prefix=True),
    "dns1123SubdomainPrefix": _shaped(_SUBDOMAIN, _LONG, prefix=True),
    "dns1035LabelPrefix": _shaped(_OLD_LABEL, _SHORT, prefix=True),
    "qualifiedName": _qualified,
    "labelValue": _shaped(f"({_NAME})?", _SHORT),
    "uri": _accepted(url, "is no absolute URL or path"),
    "uuid": _shaped(_UUID, _SHORT),
    "byte": _accepted(_base64, "invalid base64"),
    "date": _accepted(_date, "invalid date"),
    "datetime": _accepted(_moment, "invalid datetime"),
}


def constant(name: str) -> Callable[[], Special]:
    """One of the functions `format.<name>()`."""
    return lambda: special("format", name)


def named(name: str) -> Special:
    """The format of this name, empty where there is none."""
    return special("format", name) if name in FORMATS else {}


def validate(value: Special, text: str) -> list[str]:
    return FORMATS[text_of(value, "format")](text)


def value(found: Any) -> Any:
    if not found:
        raise ValueError("optional.none() dereference")
    return found


def or_value(found: Any, other: Any) -> Any:
    return found or other

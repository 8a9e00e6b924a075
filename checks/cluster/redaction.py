"""A whole object without what may be a secret: what expressions see of it.

Values of environment variables, the data of Secrets and ConfigMaps, the annotation that repeats the object as
it was applied, and whatever is named or looks like a secret, in arguments and custom resources too, are
replaced before the object is kept. The names of the fields go with it, so that an expression that reads one
is unknown rather than judged by what stands there instead.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import Struct

from checks.cel.tree import LAST_APPLIED, held_in
from checks.cluster.objects.disguise import looks_like
from checks.secret_names import names_a_secret

REDACTED = "<redacted>"
_DATA = ("data", "stringData", "binaryData", "type", "immutable")
_LABELS = frozenset(("labels", "matchLabels"))
_WORDS = frozenset(("args", "command"))
_SHOWN = frozenset(("", "text"))
_GIVEN = re.compile(
    r"""(?<![\w.-])((?:[\w.-]{1,80}=)|(?:--?\w[\w.-]{0,80}\s{1,9}(?!-)))("[^"]*"|'[^']*'|[^\s"';&|]+)"""
)
_ASSIGNED = re.compile(r"""([\w.-]{1,80})["']?\s{0,9}[:=]\s{0,9}["']?[^\s"']""")
_NAMED_DATA = frozenset((("v1", "Secret"), ("v1", "ConfigMap")))


class WholeObject(Struct, frozen=True, gc=False, omit_defaults=True):
    """An object as JSON, with the names of the fields that hold less than they did, and what they are in."""

    raw: msgspec.Raw
    redacted: tuple[str, ...] = ()


class WholeKind(Struct, frozen=True, rename="camel", omit_defaults=True):
    """All objects of one kind, whole. `reason`: why not all of them, or none, are here."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool = True
    items: tuple[WholeObject, ...] = ()
    reason: str = ""

    @property
    def group(self) -> str:
        return self.api_version.rpartition("/")[0]


def redacted(data: dict[str, Any]) -> WholeObject:
    """The object without what may be a secret. `data` is changed."""
    return _kept(data, _DATA if (data.get("apiVersion"), data.get("kind")) in _NAMED_DATA else ())


def parameter(data: dict[str, Any]) -> WholeObject:
    """A ConfigMap with what it holds in texts, but for those that may hold a secret. `data` is changed."""
    given = data.get("data")
    held = given if isinstance(given, dict) else {}
    names: set[str] = set()
    for name, value in list(held.items()):
        if isinstance(value, str) and any(names_a_secret(each[1]) for each in _ASSIGNED.finditer(value)):
            held[name] = REDACTED
            names |= {name, held_in("data")}
    whole = _kept(data, ("binaryData",))
    return WholeObject(whole.raw, tuple(sorted({*whole.redacted, *names})))


def _kept(data: dict[str, Any], dropped: tuple[str, ...]) -> WholeObject:
    names = set(dropped)
    for name in dropped:
        data.pop(name, None)
    metadata = data.get("metadata")
    if isinstance(metadata, dict):
        metadata.pop("managedFields", None)
        names.add("managedFields")
        annotations = metadata.get("annotations")
        if isinstance(annotations, dict) and LAST_APPLIED in annotations:
            annotations[LAST_APPLIED] = REDACTED
            names |= {LAST_APPLIED, held_in("annotations")}
    names |= _without_secrets(data)
    return WholeObject(msgspec.Raw(msgspec.json.encode(data)), tuple(sorted(names)))


def _without_secrets(data: dict[str, Any]) -> set[str]:
    """Replace what is named or looks like a secret, at any depth; the names of the fields it was in."""
    names: set[str] = set()
    pending: list[tuple[str, Any]] = [("", data)]
    while pending:
        above, held = pending.pop()
        if isinstance(held, list) and above in _WORDS and _arguments(held):
            names |= {above, held_in(above)}
        for key, value in list(held.items() if isinstance(held, dict) else enumerate(held)):
            name = key if isinstance(key, str) else above
            if isinstance(value, dict | list):
                if name == "env" and isinstance(value, list):
                    names |= _variables(value)
                if name not in _LABELS:
                    pending.append((name, value))
            elif _hides(name, value):
                held[key] = REDACTED
                names |= {name, held_in(above)}
    return names


def _hides(name: str, value: Any) -> bool:
    if isinstance(value, bool) or value in (None, "", REDACTED):
        return False
    return names_a_secret(name) or (isinstance(value, str) and looks_like(value) not in _SHOWN)


def _variables(variables: list[Any]) -> set[str]:
    """Replace the values of environment variables, of whatever type."""
    found = [each for each in variables if isinstance(each, dict) and each.get("value") not in (None, "")]
    for variable in found:
        variable["value"] = REDACTED
    return {"value", held_in("env")} if found else set()


def _arguments(words: list[Any]) -> bool:
    """Replace what a command line gives by a secret's name: `--token=x`, `--token x`, `TOKEN=x` in text."""
    changed, named = False, False
    for index, word in enumerate(words):
        if not isinstance(word, str):
            named = False
            continue
        kept = REDACTED if named and not word.startswith("-") else _GIVEN.sub(_value_hidden, word)
        changed |= kept != word
        words[index] = kept
        named = word.startswith("-") and "=" not in word and names_a_secret(word)
    return changed


def _value_hidden(match: re.Match[str]) -> str:
    return f"{match[1]}{REDACTED}" if names_a_secret(match[1].rstrip("= \t\r\n")) else match[0]

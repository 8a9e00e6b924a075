"""What was probably meant by a name that there is not: asked back, where a name that there is looks alike."""

from __future__ import annotations

import difflib
import re
from types import MappingProxyType
from typing import Any

from msgspec.structs import replace

from bot.commands.blast_radius import BlastRadius
from bot.commands.explain import Explain
from bot.commands.exposed import IsExposed
from bot.commands.help import AskBack, ShowHelp
from bot.commands.lists import ListFailing
from bot.grammar import Command
from bot.grammar.live import Live

_FIELDS = MappingProxyType(
    {
        "cluster": "clusters",
        "namespace": "namespaces",
        "namespaces": "namespaces",
        "role": "roles",
        "check": "checks",
        "frameworks": "frameworks",
        "verbs": "verbs",
        "word": "words",
    }
)
"""What the fields of commands name."""
_OWN: MappingProxyType[tuple[type, str], str] = MappingProxyType(
    {
        (ListFailing, "name"): "lists",
        (IsExposed, "name"): "exposable",
        (BlastRadius, "name"): "workloads",
        (Explain, "topic"): "checks",
    }
)
"""The same, of fields that name something else in each command."""
_KINDS = MappingProxyType(
    {
        "clusters": "cluster",
        "namespaces": "namespace",
        "roles": "role",
        "checks": "check",
        "frameworks": "framework",
        "verbs": "verb",
        "words": "word",
        "lists": "list",
        "workloads": "workload",
        "exposable": "workload or Service",
    }
)
_OF_A_RUN = frozenset({"namespaces", "roles", "workloads", "exposable"})
_STOCK = "system:"
"""Roles of Kubernetes itself, which no scan judges."""
_NEAR = 0.8
_SHORTEST, _LONGEST = 4, 253


def asked_back(command: Command, live: Live) -> AskBack | None:
    """The question whether another name was meant; None where every name is there, or none is near.

    What is near is never taken for what was said: two clusters may differ by a letter.
    """
    if isinstance(command, AskBack | ShowHelp) and not getattr(command, "word", ""):
        return None
    for field in command.__struct_fields__:
        what = _OWN.get((type(command), field), _FIELDS.get(field, ""))
        known = live[what]
        value = getattr(command, field)
        if not known or not value or str(value).startswith(_STOCK):
            continue
        wrong, meant = _mended(value, known)
        if wrong:
            other: Any = replace(command, **{field: meant})
            return AskBack(command.canonical, other.canonical, _because(wrong, what, live))
    return _a_cluster(command, live)


def _a_cluster(command: Any, live: Live) -> AskBack | None:
    """The question whether “in stagin” named a cluster, where no namespace is called so."""
    place = getattr(command, "namespace", "")
    if not place or getattr(command, "cluster", None) or place in live["namespaces"]:
        return None
    found = near(place, live["clusters"])
    if found is None:
        return None
    other = replace(command, namespace="", cluster=found)
    return AskBack(command.canonical, other.canonical, f"There is no cluster {place}.")


def _because(name: str, what: str, live: Live) -> str:
    if what in _OF_A_RUN:
        return f"The last scan of {live.of} saw no {_KINDS[what]} {name}."
    return f"There is no {_KINDS[what]} {name}."


def _mended(value: str | tuple[str, ...], known: tuple[str, ...]) -> tuple[str, str | tuple[str, ...]]:
    """The first name that is none, and the value with the one that looks like it; empty where all is well."""
    if isinstance(value, str):
        found = near(value, known)
        return (value, found) if found else ("", value)
    for at, name in enumerate(value):
        if found := near(name, known):
            return name, (*value[:at], found, *value[at + 1 :])
    return "", value


def near(name: str, known: tuple[str, ...]) -> str | None:
    """The name that one which is none was probably meant for.

    Not one that differs in a number, in a short part or by one more part: `team-a` is no misspelling of
    `team-b`, nor `web` of `web-canary`.
    """
    if len(name) < _SHORTEST or len(name) > _LONGEST or any(_is(name, each) for each in known):
        return None
    alike = difflib.get_close_matches(name, known, n=3, cutoff=_NEAR)
    return next((each for each in alike if _misspelt(name, each)), None)


def _is(name: str, known: str) -> bool:
    """Whether a name is one that there is; `NAMESPACE/NAME` may be said without its namespace, and a role
    with one."""
    return name == known or known.endswith(f"/{name}") or name.endswith(f"/{known}")


def _misspelt(name: str, other: str) -> bool:
    if name.startswith(f"{other}-") or other.startswith(f"{name}-"):
        return False
    if re.findall(r"\d+", name) != re.findall(r"\d+", other):
        return False
    ours, theirs = re.split(r"[-./:]", name), re.split(r"[-./:]", other)
    if len(ours) != len(theirs):
        return True
    return all(
        min(len(one), len(two)) >= _SHORTEST for one, two in zip(ours, theirs, strict=True) if one != two
    )

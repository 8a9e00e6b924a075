"""Names that are there, of clusters, namespaces, checks …: to complete what is typed and mend it."""

from __future__ import annotations

from functools import cache

from msgspec import Struct

from bot.commands.export import FORMS
from bot.commands.lists import LISTS
from bot.grammar import WORDS
from checks.frameworks import framework_ids
from checks.registry import all_checks

_VERBS = (
    *("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "bind", "escalate"),
    *("impersonate", "approve", "sign", "attest", "use", "read", "edit", "exec", "proxy", "*"),
)
_MOMENTS = ("today", "yesterday", "monday", "last week", "3 days ago", "last run")


class Live(Struct, frozen=True):
    """Names by what they are names of, as `bot.slots.Kind.names` has it. `of`: which cluster's they are."""

    names: dict[str, tuple[str, ...]]
    of: str = ""

    def __getitem__(self, what: str) -> tuple[str, ...]:
        return self.names.get(what, ())


@cache
def built_in() -> Live:
    """What is there without any cluster."""
    checks = tuple(check.id for check in all_checks())
    return Live(
        {
            "checks": checks,
            "lists": (*LISTS, *checks),
            "frameworks": framework_ids(),
            "forms": FORMS,
            "levels": ("baseline", "restricted"),
            "moments": _MOMENTS,
            "verbs": _VERBS,
            "words": tuple(word.name for word in WORDS),
        }
    )

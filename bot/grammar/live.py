"""Names that are there, of clusters, namespaces, checks …: to complete what is typed and mend it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from msgspec import Struct

from bot.commands.export import FORMS
from bot.commands.named_lists import LISTS
from bot.grammar import WORDS
from bot.rights.roles import ANY, Rights, Role
from checks.frameworks import framework_ids
from checks.model import Severity
from checks.registry import all_checks

if TYPE_CHECKING:
    from bot.commands.desk import Desk

_VERBS = (
    *("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "bind", "escalate"),
    *("impersonate", "approve", "sign", "attest", "use", "read", "edit", "exec", "proxy", "*"),
)
_ROLES = ("cluster-admin", "admin", "edit", "view")
_MOMENTS = ("today", "yesterday", "monday", "last week", "3 days ago", "last run")


class Live(Struct, frozen=True):
    """Names by what they are names of, as `slots.Kind.names` has it. `of`: which cluster's they are."""

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
            "lists": (*LISTS, *Severity, *checks),
            "frameworks": framework_ids(),
            "forms": FORMS,
            "levels": ("baseline", "restricted"),
            "moments": _MOMENTS,
            "verbs": _VERBS,
            "roles": _ROLES,
            "words": tuple(word.name for word in WORDS),
        }
    )


def live(desk: Desk, cluster: str | None, rights: Rights) -> Live:
    """The names of a cluster that somebody may see, as its last run saw them, beside those always there.

    No cluster is asked. Raises HistoryError.
    """
    clusters = tuple(each for each in desk.targets if rights.namespaces(Role.VIEWER, each))
    name = cluster if cluster in clusters else next(iter(clusters), "")
    run = desk.history.last_of(name) if name else None
    seen = _within(desk.history.names(run.id), rights.namespaces(Role.VIEWER, name)) if run else {}
    return Live({**built_in().names, **seen, "clusters": clusters}, of=name)


def _within(seen: Mapping[str, tuple[str, ...]], spaces: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """The names of these namespaces; also those outside of any where all may be seen."""
    roles = tuple(dict.fromkeys((*_ROLES, *(seen.get("roles", ()) if ANY in spaces else ()))))
    inside = {
        what: tuple(each for each in seen.get(what, ()) if {each.partition("/")[0], ANY} & spaces)
        for what in ("namespaces", "workloads", "services")
    }
    return {**inside, "roles": roles, "exposable": (*inside["workloads"], *inside["services"])}

"""Since when each privilege has been held without a break, and when the way to it last changed.

Told from what earlier runs kept of rights, newest first. A privilege in the whole cluster and one inside
namespaces are two: whoever had one has not had the other. A run whose roles or bindings could not be read
says neither yes nor no and is passed over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct

from checks.access.index import index
from checks.access.review.holders import rights_of
from checks.access.stock import RoleKey, key_of
from checks.cluster.snapshot import Snapshot
from checks.model import Subject

Key = tuple[Subject, str, bool]
"""A subject, the id of a privilege, and whether it is held in the whole cluster."""
WayThere = tuple[Subject, RoleKey, RoleKey, str | None, tuple[str, ...] | None]
"""As whom, by which binding, to which role, where, and for which names."""
Standing = Mapping[Key, frozenset[WayThere]]
NOW = ""
"""What stands for the reading that is reviewed, among the names of runs."""


class Trace(Struct, frozen=True):
    """What earlier runs say of one privilege: the first run of those that have it without a break, and the
    run in which the way to it became what it is now (None: it is that since). `NOW` is this reading itself.

    `longer`: the oldest run there is has it already, so it may have been held before.
    """

    since: str
    longer: bool
    changed: str | None


def standing(snapshot: Snapshot, subjects: Collection[Subject]) -> Standing | None:
    """The privileges of these, each with the ways to it; None where roles or bindings could not be read."""
    if index(snapshot).unread:
        return None
    return {
        (subject, right.privilege.id, right.wide): frozenset(
            (
                hold.through or subject,
                key_of(hold.bound.binding),
                key_of(hold.bound.role),
                hold.namespace,
                hold.names,
            )
            for hold in right.holds
            if hold.bound is not None
        )
        for subject in subjects
        for right in rights_of(snapshot, subject)
    }


def traced(now: Standing, earlier: Iterable[tuple[str, Standing | None]]) -> dict[Key, Trace]:
    """The trace of each privilege that is held now, from runs by name, newest first. Empty without any."""
    since = dict.fromkeys(now, NOW)
    same_since = dict.fromkeys(now, NOW)
    changed: dict[Key, str] = {}
    held = set(now)
    any_run = False
    for run, then in earlier:
        if then is None:
            continue
        any_run = True
        held &= then.keys()
        for key in held:
            since[key] = run
            if key in changed:
                continue
            if then[key] == now[key]:
                same_since[key] = run
            else:
                changed[key] = same_since[key]
        if not held:
            break
    if not any_run:
        return {}
    return {key: Trace(since[key], key in held, changed.get(key)) for key in now}

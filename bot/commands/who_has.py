"""`who-has ROLE`: everybody who holds a role, by its name or by another role that allows the same."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Collection, Iterable, Iterator

from msgspec import Struct, to_builtins

from bot.answer import Answer, Table, Tone
from bot.commands import rights
from bot.errors import CommandError
from checks.access import caveats
from checks.access.admins import CLUSTER_ADMIN, cluster_admins, not_counted
from checks.access.alike import alike
from checks.access.index import Bound, index
from checks.access.stock import RoleKey, key_of
from checks.cluster.snapshot import Snapshot
from checks.model import AdminHolder, Subject

KINDS = rights.KINDS
_BY_NAME, _SAME_RULES = "by name", "same rules"


class WhoHas(Struct, frozen=True, tag=True):
    """Who has a role. `namespace`: what counts there; empty for everywhere."""

    cluster: str | None = None
    role: str = CLUSTER_ADMIN
    namespace: str = ""

    @property
    def canonical(self) -> str:
        where = [f"namespace={self.namespace}"] if self.namespace else []
        return shlex.join(["who-has", self.role, *([self.cluster] if self.cluster else []), *where])


def describe(command: WhoHas, snapshot: Snapshot) -> Answer:
    """The holders as an Answer. Raises CommandError where nothing is called like the role."""
    everywhere = command.role == CLUSTER_ADMIN and not command.namespace
    return _admins(command, snapshot) if everywhere else _holders(command, snapshot)


def _admins(command: WhoHas, snapshot: Snapshot) -> Answer:
    holders = cluster_admins(snapshot)
    bound = [holder for holder in holders if holder.how != "implicit"]
    return Answer(
        command=command.canonical,
        verdict=f"{_have(len(bound))} cluster-admin besides the built-in group system:masters"
        f"{_more(snapshot)}.",
        tone=Tone.NEUTRAL,
        tables=(
            Table(
                title="Holders of cluster-admin",
                columns=("Who", "How", "Binding", "Role", "Note"),
                rows=tuple(_row(holder) for holder in holders),
                code=("Who", "Binding", "Role"),
            ),
        ),
        evidence=tuple(
            rights.fact(snapshot, holder.subject, because, "an approved holder")
            for holder in holders
            for because in holder.because
        ),
        caveats=rights.not_covered(snapshot, particular=not_counted(snapshot)),
        extra={"holders": to_builtins(holders), "incomplete": rights.incomplete(snapshot)},
    )


def _have(count: int) -> str:
    return f"{count} {'subject has' if count == 1 else 'subjects have'}"


def _more(snapshot: Snapshot) -> str:
    doubt = caveats.doubt(snapshot)
    return f", and there may be more: {doubt}" if doubt else ""


def _row(holder: AdminHolder) -> tuple[str, ...]:
    bindings = rights.listed(because.binding for because in holder.because)
    roles = rights.listed(because.role for because in holder.because)
    return (str(holder.subject), holder.how, bindings, roles, holder.note)


class RoleHolder(Struct, frozen=True):
    """Somebody to whom a role is bound, and each binding with its role. `how`: by its name, by a role
    with the same rules, or both."""

    subject: Subject
    bindings: tuple[tuple[rights.Ref, rights.Ref], ...]
    how: tuple[str, ...]


def _holders(command: WhoHas, snapshot: Snapshot) -> Answer:
    named = _named(command, snapshot)
    same = frozenset(other for key in named for other in alike(snapshot, key)) - named
    found = _by_subject(_bindings_to(command, snapshot, (*named, *sorted(same))))
    how = {subject: tuple(_how(bounds, named)) for subject, bounds in found}
    rows = tuple(
        _holding(snapshot, subject, bounds, how[subject]) for subject, bounds in found[: rights.MOST_ROWS]
    )
    columns = ("Who", "How", "Where", "Binding", "Role", "Note")
    only_same = sum(_BY_NAME not in each for each in how.values())
    of_them = f" ({only_same} of them by a role of another name with the same rules)" if only_same else ""
    there = f" in {command.namespace}" if command.namespace else ""
    table = Table(f"Holders of {command.role}", columns, rows, len(found), ("Who", "Binding", "Role"))
    return Answer(
        command=command.canonical,
        verdict=f"{_have(len(found))} the role {command.role}{there}{of_them}{_more(snapshot)}.",
        tone=Tone.NEUTRAL,
        tables=(table,) if rows else (),
        notes=("Whoever may do more by another role is not counted: who-can tells who may do something.",),
        caveats=rights.not_covered(snapshot, command.namespace),
        extra={
            "role": command.role,
            "holders": [
                RoleHolder(
                    subject,
                    tuple((rights.ref(b.ref), rights.ref(b.role_ref)) for b in bounds),
                    how[subject],
                )
                for subject, bounds in found
            ],
            "incomplete": rights.incomplete(snapshot),
        },
    )


def _named(command: WhoHas, snapshot: Snapshot) -> frozenset[RoleKey]:
    """The roles of that name, `NAMESPACE/NAME` for a Role's. Raises CommandError where there are none."""
    rbac = index(snapshot)
    namespace, slash, name = command.role.rpartition("/")
    known = frozenset(key for key in rbac.roles if key[2] == name and (not slash or key[1] == namespace))
    waiting = any(each.role.name == name for each in rbac.dangling)
    if not known and not waiting:
        names = sorted({key[2] for key in rbac.roles})
        near = difflib.get_close_matches(name, names, 5)
        hint = f"Did you mean {', '.join(near)}?" if near else "Give its name as the cluster has it."
        raise CommandError(f"There is no role called {command.role[:80]}.", hint)
    return known


def _bindings_to(command: WhoHas, snapshot: Snapshot, roles: Iterable[RoleKey]) -> list[Bound]:
    """The bindings to these roles that count where it is asked about."""
    rbac = index(snapshot)
    return [
        bound
        for key in roles
        for bound in rbac.bound.get(key, ())
        if not command.namespace or bound.namespace in (None, command.namespace)
    ]


def _by_subject(bounds: list[Bound]) -> list[tuple[Subject, list[Bound]]]:
    found: dict[Subject, list[Bound]] = {}
    for bound in bounds:
        for subject in dict.fromkeys(bound.subjects):
            if subject is not None:
                found.setdefault(subject, []).append(bound)
    return sorted(found.items(), key=lambda each: (each[0].kind, str(each[0])))


def _how(bounds: Iterable[Bound], named: Collection[RoleKey]) -> Iterator[str]:
    by_name = {key_of(bound.role) in named for bound in bounds}
    yield from (words for words, there in ((_BY_NAME, True), (_SAME_RULES, False)) if there in by_name)


def _holding(
    snapshot: Snapshot, subject: Subject, bounds: list[Bound], how: tuple[str, ...]
) -> tuple[str, ...]:
    spaces = tuple(sorted({bound.namespace for bound in bounds if bound.namespace is not None}))
    everywhere = any(bound.namespace is None for bound in bounds)
    return (
        str(subject),
        ", ".join(how),
        rights.where("cluster" if everywhere else spaces),
        rights.listed(bound.ref for bound in bounds),
        rights.listed(bound.role_ref for bound in bounds),
        rights.note(snapshot, subject),
    )

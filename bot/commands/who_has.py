"""`who-has ROLE`: everybody who holds a role by its name; of cluster-admin also who is as good as one."""

from __future__ import annotations

import difflib
import shlex

from msgspec import Struct, to_builtins

from bot.answer import Answer, Table, Tone
from bot.commands import rights
from bot.errors import CommandError
from checks.access import caveats
from checks.access.admins import CLUSTER_ADMIN, cluster_admins, not_counted
from checks.access.index import Bound, index
from checks.cluster.snapshot import Snapshot
from checks.model import AdminHolder, Subject

KINDS = rights.KINDS


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
    """Somebody to whom a role is bound, and each binding with its role."""

    subject: Subject
    bindings: tuple[tuple[rights.Ref, rights.Ref], ...]


def _holders(command: WhoHas, snapshot: Snapshot) -> Answer:
    found = _by_subject(_bindings_to(command, snapshot))
    rows = tuple(_holding(snapshot, subject, bounds) for subject, bounds in found[: rights.MOST_ROWS])
    columns = ("Who", "Where", "Binding", "Role", "Note")
    there = f" in {command.namespace}" if command.namespace else ""
    table = Table(f"Holders of {command.role}", columns, rows, len(found), ("Who", "Binding", "Role"))
    return Answer(
        command=command.canonical,
        verdict=f"{_have(len(found))} the role {command.role}{there}{_more(snapshot)}.",
        tone=Tone.NEUTRAL,
        tables=(table,) if rows else (),
        notes=("By the name of the role alone; who-can tells who may do the same by another.",),
        caveats=rights.not_covered(snapshot, command.namespace),
        extra={
            "role": command.role,
            "holders": [
                RoleHolder(subject, tuple((rights.ref(b.ref), rights.ref(b.role_ref)) for b in bounds))
                for subject, bounds in found
            ],
            "incomplete": rights.incomplete(snapshot),
        },
    )


def _bindings_to(command: WhoHas, snapshot: Snapshot) -> list[Bound]:
    """The bindings to roles of that name, `NAMESPACE/NAME` for a Role's. Raises CommandError."""
    rbac = index(snapshot)
    namespace, slash, name = command.role.rpartition("/")
    known = [key for key in rbac.roles if key[2] == name and (not slash or key[1] == namespace)]
    waiting = any(each.role.name == name for each in rbac.dangling)
    if not known and not waiting:
        names = sorted({key[2] for key in rbac.roles})
        near = difflib.get_close_matches(name, names, 5)
        hint = f"Did you mean {', '.join(near)}?" if near else "Give its name as the cluster has it."
        raise CommandError(f"There is no role called {command.role[:80]}.", hint)
    return [
        bound
        for key in known
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


def _holding(snapshot: Snapshot, subject: Subject, bounds: list[Bound]) -> tuple[str, ...]:
    spaces = tuple(sorted({bound.namespace for bound in bounds if bound.namespace is not None}))
    everywhere = any(bound.namespace is None for bound in bounds)
    return (
        str(subject),
        rights.where("cluster" if everywhere else spaces),
        rights.listed(bound.ref for bound in bounds),
        rights.listed(bound.role_ref for bound in bounds),
        rights.note(snapshot, subject),
    )

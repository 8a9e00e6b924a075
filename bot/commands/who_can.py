"""`who-can VERB RESOURCE`: everybody who may do something, where, and by which binding, role and rule."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from itertools import islice
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from bot.answer import Answer, Table, Tone
from bot.commands import rights
from checks.access import caveats
from checks.access.asking import Asked, ask
from checks.access.engine import Grants, Holder, who_can_all
from checks.access.index import index
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence
from checks.wording import some

KINDS = rights.KINDS


class WhoCan(Struct, frozen=True, tag=True):
    """Who may do any of `verbs` to `what` (`pods/exec`, `deployments.apps`, `/metrics`, `*`).

    `name`: one object; empty for all of them. `namespace`: empty to ask where.
    """

    verbs: tuple[str, ...]
    what: str
    name: str = ""
    namespace: str = ""
    cluster: str | None = None

    @property
    def canonical(self) -> str:
        words = ["who-can", ",".join(self.verbs), self.what, *([self.name] if self.name else ())]
        options = {"namespace": self.namespace, "cluster": self.cluster or ""}
        words += [f"{key}={value}" for key, value in options.items() if value]
        return shlex.join(words).replace("'*'", "*")


class HolderDocument(Struct, frozen=True, rename="camel"):
    """Somebody who may do it. `scope`: everywhere, or the namespaces.

    `names`: only objects with these names, null for all. `implicit`: without any binding.
    """

    kind: Literal["User", "Group", "ServiceAccount"]
    name: str
    namespace: str | None
    scope: Literal["cluster"] | tuple[str, ...]
    because: tuple[rights.Chain, ...]
    names: tuple[str, ...] | None = None
    implicit: bool = False
    note: str = ""


class WhoCanQuery(Struct, frozen=True):
    """What was asked: any of these requests, and any of `also` where there are such."""

    requests: tuple[rights.Asking, ...]
    also: tuple[rights.Asking, ...] = ()


def describe(command: WhoCan, snapshot: Snapshot) -> Answer:
    """The holders as an Answer, the implicit one first. Raises UnknownResource."""
    asked = ask(snapshot, command.verbs, command.what, command.name, command.namespace)
    grants = who_can_all(snapshot, asked.needs)
    limited = () if command.name else _limited(snapshot, asked, grants)
    return Answer(
        command=command.canonical,
        verdict=_verdict(snapshot, asked, grants, len(limited)),
        tone=Tone.NEUTRAL,
        tables=tuple(_tables(snapshot, asked, grants, limited)),
        evidence=tuple(islice(_facts(snapshot, (*grants.holders, *limited)), rights.MOST_FACTS)),
        notes=asked.notes,
        caveats=rights.not_covered(snapshot, command.namespace),
        extra={
            "query": WhoCanQuery(*(tuple(rights.asking(each) for each in need) for need in asked.needs)),
            "subjects": (
                *(_document(snapshot, holder) for holder in grants.holders),
                *(_document(snapshot, holder, _names(snapshot, holder)) for holder in limited),
            ),
            "incomplete": rights.incomplete(snapshot),
        },
    )


def _facts(snapshot: Snapshot, holders: tuple[Holder, ...]) -> Iterator[Evidence]:
    for holder in holders:
        for because in holder.because:
            yield rights.fact(snapshot, holder.subject, because)


def _limited(snapshot: Snapshot, asked: Asked, grants: Grants) -> tuple[Holder, ...]:
    """Who may do it to some objects only, which their rules name."""
    whole = {holder.subject for holder in grants.holders}
    named = [[replace(each, name=None) for each in need if not each.path] for need in asked.needs]
    return tuple(each for each in who_can_all(snapshot, named).holders if each.subject not in whole)


def _names(snapshot: Snapshot, holder: Holder) -> tuple[str, ...]:
    roles = index(snapshot).roles
    rules = (
        (roles[each.role.kind, each.role.namespace or "", each.role.name].rules or ())[each.rule]
        for each in holder.because
    )
    return tuple(sorted({name for rule in rules for name in rule.resource_names or ()}))


def _verdict(snapshot: Snapshot, asked: Asked, grants: Grants, limited: int) -> str:
    what = rights.all_of(asked.needs)
    count = sum(not holder.implicit for holder in grants.holders)
    own = sum(holder.subject in rights.own_subjects(snapshot) for holder in grants.holders[1:])
    of_them = f" ({own} of them Kubernetes' own)" if own else ""
    who = f"{count} subjects" if count > 1 else "1 subject" if count else "nobody"
    besides = "besides the built-in group system:masters"
    by_name = f"; {limited} more only what their rules name" if limited else ""
    doubt = caveats.doubt(snapshot)
    more = f"; there may be more: {doubt}" if doubt else ""
    return f"{who}{of_them} can {what} {besides}{by_name}{more}."


def _tables(snapshot: Snapshot, asked: Asked, grants: Grants, limited: tuple[Holder, ...]) -> list[Table]:
    rows = tuple(
        (*_row(holder), rights.note(snapshot, holder.subject))
        for holder in grants.holders[: rights.MOST_ROWS]
    )
    columns = ("Who", "Where", "Binding", "Role")
    code = ("Who", "Binding", "Role")
    what = rights.all_of(asked.needs)
    tables = [Table(f"Who can {what}", (*columns, "Note"), rows, total=len(grants.holders), code=code)]
    if limited:
        rows = tuple(
            (*_row(holder), some(_names(snapshot, holder))) for holder in limited[: rights.MOST_ROWS]
        )
        title = "Only objects with these names"
        tables.append(Table(title, (*columns, "Names"), rows, total=len(limited), code=(*code, "Names")))
    return tables


def _row(holder: Holder) -> tuple[str, ...]:
    return (
        str(holder.subject),
        rights.where(holder.scope),
        rights.listed(each.binding for each in holder.because),
        rights.listed(each.role for each in holder.because),
    )


def _document(snapshot: Snapshot, holder: Holder, names: tuple[str, ...] | None = None) -> HolderDocument:
    subject = holder.subject
    kind: Literal["User", "Group", "ServiceAccount"] = subject.kind  # type: ignore[assignment]
    return HolderDocument(
        kind,
        subject.name,
        subject.namespace,
        holder.scope,
        tuple(rights.chain(each) for each in holder.because),
        names,
        holder.implicit,
        rights.note(snapshot, subject),
    )

"""One row a command: the role it takes, how it is narrowed to namespaces, whether its answer is sensitive.

What is about a thing of a namespace (a workload, a service account) is answered wholly, also where its
consequences lead out of there. What is about the whole cluster is asked of each namespace instead; what
cannot be asked of a namespace is refused, never answered with something else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from bot.commands.access_changes import AccessChanges
from bot.commands.audit import ShowAudit
from bot.commands.blast_radius import BlastRadius
from bot.commands.can import CanDo
from bot.commands.drift import ShowDrift
from bot.commands.encrypted import IsEncrypted
from bot.commands.escalate import Escalate
from bot.commands.explain import Explain, Fix
from bot.commands.export import Export
from bot.commands.exposed import IsExposed
from bot.commands.help import AskBack, ShowHelp
from bot.commands.lists import ListFailing
from bot.commands.matrix import ShowMatrix
from bot.commands.reach import ANYBODY, CanReach
from bot.commands.report import MakeReport
from bot.commands.review import Review
from bot.commands.scan import RunScan
from bot.commands.schedule import ShowSchedule
from bot.commands.schedule_made import AddSchedule, RemoveSchedule
from bot.commands.status import ShowStatus
from bot.commands.what_if import WhatIf
from bot.commands.who_can import WhoCan
from bot.commands.who_has import WhoHas
from bot.rights.roles import Role
from checks.cluster.kinds import KINDS

MOST = 5
"""Namespaces that one question is put to; whoever has more names one."""

Spaces = frozenset[str]
Narrowed = tuple[Any, ...] | str
"""The commands to carry out instead, the same one if it stays within; or why there are none."""

_SERVICE_ACCOUNT = ("sa", "serviceaccount")
_OUTSIDE = frozenset(kind.plural for kind in KINDS.values() if not kind.namespaced)


def _question(asked: Any, spaces: Spaces) -> Narrowed:
    """One that names a namespace stays in it; another is put to each of them."""
    if asked.namespace:
        return (asked,) if asked.namespace in spaces else _not_in(asked.namespace)
    if len(spaces) > MOST:
        return f"it would be put to {len(spaces)} namespaces: name one of them"
    return tuple(replace(asked, namespace=each) for each in sorted(spaces))


def _who_can(asked: WhoCan, spaces: Spaces) -> Narrowed:
    for what in asked.what.split(","):
        if what.startswith("/") or what.partition("/")[0].partition(".")[0].casefold() in _OUTSIDE:
            return f"{what[:80]} is outside of namespaces"
    return _question(asked, spaces)


def _who_has(asked: WhoHas, spaces: Spaces) -> Narrowed:
    namespace, slash, _ = asked.role.rpartition("/")
    if slash and namespace not in spaces:
        return _not_in(namespace)
    return _question(asked, spaces)


def _can(asked: CanDo, spaces: Spaces) -> Narrowed:
    inside = _of_service_account(asked.subject) in spaces
    if inside and (not asked.namespace or asked.namespace in spaces):
        return (asked,)
    if asked.what.startswith("/"):
        return f"{asked.what[:80]} is outside of namespaces"
    return _question(asked, spaces)


def _escalate(asked: Escalate, spaces: Spaces) -> Narrowed:
    if _of_service_account(asked.subject) in spaces:
        return (asked,)
    return "the ways of whoever is no service account of a namespace lead through the whole cluster"


def _of_service_account(subject: str) -> str:
    """The namespace of `sa:NAMESPACE/NAME`; empty for anybody else."""
    kind, colon, name = subject.partition(":")
    namespace, slash, account = name.partition("/")
    return namespace if colon and slash and account and kind.casefold() in _SERVICE_ACCOUNT else ""


def _reach(asked: CanReach, spaces: Spaces) -> Narrowed:
    ends = [end for end in (asked.source, asked.destination) if end != ANYBODY]
    if any("/" in end and end.partition("/")[0].casefold() in spaces for end in ends):
        return (asked,)
    return "neither end is named as a workload of one of them (NAMESPACE/NAME)"


def _blast_radius(asked: BlastRadius, spaces: Spaces) -> Narrowed:
    namespace = asked.name.partition("/")[0]
    return (asked,) if namespace in spaces else _not_in(namespace)


def _what_if(asked: WhatIf, spaces: Spaces) -> Narrowed:
    return (asked,) if asked.namespace in spaces else _not_in(asked.namespace)


def _exposed(asked: IsExposed, spaces: Spaces) -> Narrowed:
    namespace, slash, _ = asked.name.casefold().rpartition("/")
    return (asked,) if slash and namespace in spaces else _not_in(asked.name)


def _of_namespaces(asked: RunScan | MakeReport | Explain | Fix, spaces: Spaces) -> Narrowed:
    """Of namespaces that are named, those of theirs; all of theirs where none are."""
    wanted = tuple(each for each in asked.namespaces if each in spaces)
    if asked.namespaces and not wanted:
        return _not_in(", ".join(asked.namespaces))
    return (replace(asked, namespaces=wanted or tuple(sorted(spaces))),)


def _whole_cluster(_asked: Any, _spaces: Spaces) -> Narrowed:
    return "it is about the cluster as a whole"


def _as_it_is(asked: Any, _spaces: Spaces) -> Narrowed:
    return (asked,)


def _not_in(namespace: str) -> str:
    return f"{namespace[:80]} is not among them"


class Rule(Struct, frozen=True):
    """What one kind of command takes. `role` None: anybody's; not `of_cluster`: it reads no cluster.

    `sensitive`: the answer tells an attacker where to go, so it is no channel's business unless shared.
    `seen_by`: the role that it takes to see what others were answered, where that is another.
    """

    role: Role | None
    narrow: Callable[[Any, Spaces], Narrowed]
    sensitive: bool = True
    of_cluster: bool = True
    seen_by: Role | None = None


RULES: Mapping[type, Rule] = MappingProxyType(
    {
        WhoHas: Rule(Role.VIEWER, _who_has),
        WhoCan: Rule(Role.VIEWER, _who_can),
        CanDo: Rule(Role.VIEWER, _can),
        Review: Rule(Role.VIEWER, _question),
        Escalate: Rule(Role.VIEWER, _escalate),
        BlastRadius: Rule(Role.VIEWER, _blast_radius),
        CanReach: Rule(Role.VIEWER, _reach),
        ShowMatrix: Rule(Role.VIEWER, _question),
        WhatIf: Rule(Role.VIEWER, _what_if),
        IsExposed: Rule(Role.VIEWER, _exposed),
        ListFailing: Rule(Role.VIEWER, _question),
        Explain: Rule(Role.VIEWER, _of_namespaces),
        Fix: Rule(Role.VIEWER, _of_namespaces),
        ShowDrift: Rule(Role.VIEWER, _whole_cluster),
        Export: Rule(Role.VIEWER, _whole_cluster),
        IsEncrypted: Rule(Role.VIEWER, _whole_cluster),
        AccessChanges: Rule(Role.VIEWER, _whole_cluster),
        RunScan: Rule(Role.OPERATOR, _of_namespaces, sensitive=False, seen_by=Role.VIEWER),
        MakeReport: Rule(Role.OPERATOR, _of_namespaces, sensitive=False, seen_by=Role.VIEWER),
        ShowSchedule: Rule(Role.VIEWER, _as_it_is, sensitive=False, of_cluster=False),
        AddSchedule: Rule(Role.OPERATOR, _whole_cluster, sensitive=False),
        RemoveSchedule: Rule(Role.OPERATOR, _as_it_is, sensitive=False, of_cluster=False),
        ShowStatus: Rule(Role.VIEWER, _as_it_is, sensitive=False, of_cluster=False),
        ShowHelp: Rule(None, _as_it_is, sensitive=False, of_cluster=False),
        AskBack: Rule(None, _as_it_is, sensitive=False, of_cluster=False),
        ShowAudit: Rule(Role.ADMIN, _whole_cluster, of_cluster=False),
    }
)
"""Every kind of command; a test holds that none is missing. A scan is posted where somebody asks for it."""


def sensitive(command: Any) -> bool:
    """Whether the answer to a command is sensitive; one that the table forgot is."""
    rule = RULES.get(type(command))
    return rule is None or rule.sensitive

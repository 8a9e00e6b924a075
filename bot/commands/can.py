"""`can SUBJECT`: what somebody may do; `can SUBJECT VERB RESOURCE`: whether they may, and by which rule.

`why` is the second with every step: subject, group, binding, role, rule, and the role that supplied the rule
where it was aggregated.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from bot.answer import Answer, Table, Tone
from bot.commands import chains, held, rights
from checks.access import caveats
from checks.access.asking import ask
from checks.access.engine import Decision, HeldRule, decide
from checks.access.subjects import GROUP, SERVICE_ACCOUNT, groups_of
from checks.access.who import Meant, meant
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Subject
from checks.wording import some

KINDS = rights.KINDS
_MOST_WAYS = 5
_Needs = tuple[tuple[Decision, ...], ...]
"""Of each of these one must be allowed."""


class CanDo(Struct, frozen=True, tag=True):
    """What a subject may do (no `verbs`), or whether it may do any of `verbs` to `what`.

    `groups`: more groups it is taken to be in. `why`: show each step. `full`: one row for each rule.
    """

    subject: str
    verbs: tuple[str, ...] = ()
    what: str = ""
    name: str = ""
    namespace: str = ""
    groups: tuple[str, ...] = ()
    cluster: str | None = None
    why: bool = False
    full: bool = False

    @property
    def canonical(self) -> str:
        words = ["why" if self.why else "can", self.subject]
        words += [",".join(self.verbs), self.what] if self.verbs else []
        words += [self.name] if self.name else []
        options = [("namespace", self.namespace), *(("group", each) for each in self.groups)]
        options += [("full", "yes" if self.full else ""), ("cluster", self.cluster or "")]
        words += [f"{key}={value}" for key, value in options if value]
        return shlex.join(words).replace("'*'", "*")


class DecisionDocument(Struct, frozen=True):
    """One request, whether it is allowed (null: not all was read), where, and by which rules."""

    request: rights.Asking
    allowed: bool | None
    implicit: bool
    scope: Literal["cluster"] | tuple[str, ...]
    rules: tuple[chains.HeldDocument, ...]


def describe(command: CanDo, snapshot: Snapshot) -> Answer:
    """The answer from a snapshot. Raises UnclearSubject or UnknownResource."""
    who = meant(snapshot, command.subject)
    find = _decided if command.verbs else _held
    answer = find(command, snapshot, who.subject)
    return Answer(
        command=command.canonical,
        verdict=answer.verdict,
        tone=Tone.NEUTRAL,
        tables=answer.tables,
        evidence=answer.evidence,
        notes=(*_about(who, command.groups), *answer.notes),
        caveats=rights.not_covered(snapshot, command.namespace, among=_names(who.subject, command.groups)),
        extra={
            "subject": who.subject,
            "groups": command.groups,
            "incomplete": rights.incomplete(snapshot),
            **answer.extra,
        },
    )


def _names(subject: Subject, groups: tuple[str, ...]) -> tuple[Subject, ...]:
    """Everything that a binding may call them."""
    return (subject, *groups_of(subject), *(Subject(GROUP, group) for group in groups))


def _about(who: Meant, groups: tuple[str, ...]) -> Iterator[str]:
    subject = who.subject
    if not who.known and subject.kind == SERVICE_ACCOUNT:
        yield f"{subject} was not seen: this is what it would have."
    elif not who.known:
        yield f"No binding names {subject}: this is what everybody has who logs in."
    if who.near:
        yield f"Did you mean {' or '.join(who.near)}?"
    if subject.kind == GROUP:
        yield "Asked is about the group alone: its members may have more."
    elif subject.kind != SERVICE_ACCOUNT and not groups:
        yield "What comes through groups counts only for those named with group=NAME (--group)."


def _held(command: CanDo, snapshot: Snapshot, subject: Subject) -> Answer:
    found = held.held(snapshot, subject, command.groups, command.namespace)
    doubt = caveats.doubt(snapshot, _names(subject, command.groups))
    return Answer(
        command="",
        verdict=held.verdict(subject, found, command.namespace, doubt),
        tables=held.tables(found, full=command.full),
        evidence=_facts(snapshot, found),
        extra={"rules": [chains.document(snapshot, each) for each in found]},
    )


def _decided(command: CanDo, snapshot: Snapshot, subject: Subject) -> Answer:
    asked = ask(snapshot, command.verbs, command.what, command.name, command.namespace)
    needs = tuple(
        tuple(decide(snapshot, subject, each, command.groups) for each in need) for need in asked.needs
    )
    decisions = tuple(each for need in needs for each in need)
    doubt = caveats.doubt(snapshot, _names(subject, command.groups))
    ways = tuple({each.because: each for decision in decisions for each in decision.rules}.values())
    rows = tuple(_answered(each, doubt) for each in decisions)
    tables = [Table("Asked", ("Request", "Answer", "Where"), rows, code=("Request",))]
    if ways:
        tables += [chains.deciding(snapshot, ways)]
    if command.why:
        shown = enumerate(ways[:_MOST_WAYS], 1)
        tables += [chains.steps(snapshot, subject, number, each) for number, each in shown]
    return Answer(
        command="",
        verdict=_verdict(subject, needs, ways, doubt),
        tables=tuple(tables),
        evidence=_facts(snapshot, ways),
        notes=(*asked.notes, *_by_name(command, snapshot, subject, needs)),
        extra={
            "allowed": _together(needs, doubt),
            "decisions": [_decision(snapshot, each, doubt) for each in decisions],
        },
    )


def _facts(snapshot: Snapshot, rules: tuple[HeldRule, ...]) -> tuple[Evidence, ...]:
    return tuple(rights.fact(snapshot, each.through, each.because) for each in rules[: rights.MOST_FACTS])


def _together(needs: _Needs, doubt: str) -> bool | None:
    """Whether one request of each is allowed; None where that cannot be told."""
    if all(any(each.allowed for each in need) for need in needs):
        return True
    return None if doubt else False


def _by_name(command: CanDo, snapshot: Snapshot, subject: Subject, needs: _Needs) -> Iterator[str]:
    """That it is allowed for some names, where it is asked about all and is not."""
    if command.name or _together(needs, ""):
        return
    for need in needs:
        asked = (replace(each.request, name=None) for each in need if not each.request.path)
        found = (decide(snapshot, subject, each, command.groups) for each in asked)
        rules = [each.rule for decision in found for each in decision.rules if each.rule.resource_names]
        if names := sorted({name for rule in rules for name in rule.resource_names or ()}):
            what = rights.question([each.request for each in need])
            yield f"It can {what} of these names only: {some(names)}."


def _verdict(subject: Subject, needs: _Needs, ways: tuple[HeldRule, ...], doubt: str) -> str:
    decisions = [each for need in needs for each in need]
    what = rights.all_of([[each.request for each in need] for need in needs])
    match _together(needs, doubt):
        case None:
            return f"whether {subject} can {what} cannot be told: {doubt}."
        case False:
            lacking = [[each.request for each in need] for need in needs if not _together((need,), "")]
            lacks = f" it to {rights.all_of(lacking)}" if len(needs) > 1 else " that"
            return f"no, {subject} cannot {what}: no rule that it holds allows{lacks}."
    if any(each.implicit for each in decisions):
        return f"yes, {subject} can {what}: system:masters is allowed everything before RBAC is asked."
    first = ways[0]
    allowed = [each for each in decisions if each.allowed]
    places = _scope(allowed)
    if len(allowed) < len(decisions):
        what = rights.all_of([[each.request for each in need if each.allowed] for need in needs])
    through = f", as a member of {first.through}" if first.through != subject else ""
    more = f" and {len(ways) - 1} more" if len(ways) > 1 else ""
    return f"yes, {subject} can {what}{places}{through}: {_way(first)}{more}."


def _scope(allowed: list[Decision]) -> str:
    """Where, unless the question says it."""
    scopes = {each.scope for each in allowed if each.request.namespace is None and not each.request.path}
    if not scopes:
        return ""
    if "cluster" in scopes:
        return " in the whole cluster"
    return f", but only in {some(sorted({where for scope in scopes for where in scope}))}"


def _way(rule: HeldRule) -> str:
    because = rule.because
    return f"{rights.named(because.binding)} → {rights.named(because.role)}, rule {because.rule}"


def _answered(decision: Decision, doubt: str) -> tuple[str, ...]:
    said = "yes" if decision.allowed else "not known" if doubt else "no"
    return (rights.question([decision.request]), said, rights.where(decision.scope) or "-")


def _decision(snapshot: Snapshot, decision: Decision, doubt: str) -> DecisionDocument:
    return DecisionDocument(
        rights.asking(decision.request),
        _together(((decision,),), doubt),
        decision.implicit,
        decision.scope,
        tuple(chains.document(snapshot, each) for each in decision.rules),
    )

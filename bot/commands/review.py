"""`review`: the access review that auditors ask for.

Who is privileged, by what, since when; bindings that grant nothing; rules that are wider than they need be.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from msgspec import Struct

from bot.answer import Answer, Picture, Tone
from bot.commands import held, review_documents, review_tables, rights, used, used_documents
from bot.commands.escalate import KINDS as ESCALATE
from bot.commands.review_past import Past
from bot.commands.review_tables import day
from checks.access import caveats
from checks.access.escalation.estate import KINDS as ESTATE
from checks.access.escalation.told import told
from checks.access.review.holders import Holder, holders, inside
from checks.access.review.narrower import narrower, without_proposal
from checks.access.review.narrower.proposal import Proposal
from checks.access.review.since import NOW
from checks.access.review.unused import Unused, unused
from checks.access.usage.reviewed import reviewed
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Severity, Subject
from checks.wording import plural, some
from reports.drawing.steps import ways_drawn

KINDS = (*ESCALATE, *used.KINDS)
_NO_PAST = Past()
_PATHS_UNKNOWN = "Ways to cluster-admin were looked for without: {}. There may be more and shorter ones."
_IDENTITIES = (
    "Kubernetes knows no users and no groups: whether those that are bound still exist, and who is in them, "
    "the identity provider must say."
)
_USE = "What is really used only the audit log says: give it with --audit-log."


class Review(Struct, frozen=True, tag=True):
    """The access review. `namespace`: what counts there; empty for the whole cluster."""

    namespace: str = ""
    cluster: str | None = None

    @property
    def canonical(self) -> str:
        where = [f"namespace={self.namespace}"] if self.namespace else []
        return shlex.join(["review", *where, *([f"cluster={self.cluster}"] if self.cluster else [])])


def of_whom(command: Review, snapshot: Snapshot) -> tuple[Holder, ...]:
    """The privileged subjects that a review is about."""
    found = holders(snapshot)
    if not command.namespace:
        return found
    there = (inside(each, command.namespace) for each in found)
    return tuple(each for each in there if each is not None)


def describe(command: Review, snapshot: Snapshot, past: Past = _NO_PAST) -> Answer:
    """The review from a snapshot, with what kept runs say."""
    found = of_whom(command, snapshot)
    idle = tuple(each for each in unused(snapshot) if _concerns(each, command.namespace))
    wide = tuple(each for each in narrower(snapshot) if _is_about(each, command.namespace))
    people = [each for each in found if not each.own]
    own = [each for each in found if each.own]
    log = reviewed(snapshot)
    seen = used.part(snapshot, log, command.namespace) if log else used.NO_PART
    tables = (
        review_tables.privileged(people, past, review_tables.seen_used(snapshot)),
        *seen.tables,
        review_tables.idle_bindings(idle),
        review_tables.wide_rules(wide),
        review_tables.own_grants(own),
    )
    return Answer(
        command=command.canonical,
        verdict=" ".join(filter(None, (_verdict(command, people, idle, wide, snapshot), seen.verdict))),
        tone=Tone.BAD if any(each.level is Severity.CRITICAL for each in people) else Tone.NEUTRAL,
        tables=tuple(table for table in tables if table.rows),
        picture=_picture(command, people),
        evidence=(*_facts(snapshot, people), *_narrowed(wide)),
        notes=(*_seen(people, past), *_everything(command, snapshot), *_more(people, idle, wide)),
        caveats=(
            *_unread(snapshot),
            *seen.caveats,
            *rights.not_covered(
                snapshot, command.namespace, (_IDENTITIES, *(() if log else (_USE,))), _waiting_for(snapshot)
            ),
        ),
        extra={
            "privileged": review_documents.privileged(snapshot, found, past),
            "unused": review_documents.unused(idle),
            "narrower": review_documents.narrower(wide),
            "manifests": review_documents.to_apply(wide),
            "runs": len(past.runs),
            "oldest_run": past.runs[-1].finished if past.runs else None,
            **(used_documents.documents(snapshot, log, command.namespace) if log else {}),
            "incomplete": rights.incomplete(snapshot) or any(_blind(snapshot)),
        },
    )


def _picture(command: Review, people: list[Holder]) -> Picture | None:
    """The ways to cluster-admin of those who have one. Of one namespace none: they lead out of there."""
    chains = [each.way for each in people if each.way is not None]
    if command.namespace or not chains:
        return None
    drawing = ways_drawn([told(chain) for chain in chains], ())
    return Picture("review", "Who reaches cluster-admin", drawing)


def _concerns(each: Unused, namespace: str) -> bool:
    where = {each.ref.namespace, each.subject.namespace if each.subject else None}
    return not namespace or namespace in where


def _is_about(each: Proposal, namespace: str) -> bool:
    where = {each.target.namespace, each.binding.metadata.namespace if each.binding else None}
    return not namespace or namespace in where


def _verdict(
    command: Review,
    people: list[Holder],
    idle: tuple[Unused, ...],
    wide: tuple[Proposal, ...],
    snapshot: Snapshot,
) -> str:
    there = f" in {command.namespace}" if command.namespace else ""
    doubt = caveats.doubt(snapshot)
    more = f"; there may be more: {doubt}" if doubt else ""
    broad = _verb(len(wide), "1 rule or binding is", f"{len(wide)} rules or bindings are")
    idling = f"{plural(len(idle), 'binding')} {_verb(len(idle), 'grants', 'grant')} nothing"
    tidy = f"{idling}, {broad} wider than need be."
    if not people and doubt:
        return f"who is privileged{there} cannot be told: {doubt}. {tidy}"
    if not people:
        return f"nobody is privileged{there} but by what Kubernetes itself grants. {tidy}"
    have = sum(each.acts == 0 for each in people)
    near = sum(each.acts == 1 for each in people)
    far = sum(each.acts is not None and each.acts > 1 for each in people)
    among = [f"{have} {_verb(have, 'has', 'have')} cluster-admin"] if have else []
    among += [f"{near} {_verb(near, 'is', 'are')} one step from it"] if near else []
    among += [f"{far} more {_verb(far, 'reaches', 'reach')} it in more steps"] if far else []
    detail = f": {', '.join(among)}" if among else ", none of whom reaches cluster-admin"
    who = f"{plural(len(people), 'subject')} {_verb(len(people), 'is', 'are')} privileged{there}"
    return f"{who} by what people granted{detail}{more}. {tidy}"


def _verb(count: int, one: str, many: str) -> str:
    return one if count == 1 else many


def _seen(people: list[Holder], past: Past) -> Iterator[str]:
    if not past.runs:
        yield "Since when each has been held is not known: no earlier run."
        return
    new = [str(each.subject) for each in people if _is_new(each, past)]
    if new:
        yield f"New since the last run ({past.runs[0].finished:%Y-%m-%d %H:%M} UTC): {some(new)}."
    looked = f"{plural(len(past.runs), 'kept run')} back to {day(past.runs[-1].finished)}"
    missing = f", of which {past.unread} could not be read in full" if past.unread else ""
    further = "; older ones were not looked at" if past.cut else ""
    yield f"Held since is by {looked}{missing}{further}."


def _is_new(holder: Holder, past: Past) -> bool:
    keys = ((holder.subject, right.privilege.id, right.wide) for right in holder.rights)
    return any(key in past.traces and past.traces[key].since == NOW for key in keys)


def _everything(command: Review, snapshot: Snapshot) -> Iterator[str]:
    whole = () if command.namespace else without_proposal(snapshot)
    if whole:
        names = some(list(dict.fromkeys(str(each.role.resource) for each in whole)), 3)
        yield f"Nothing narrower follows for what gives everything: {names}."


def _more(people: list[Holder], idle: tuple[Unused, ...], wide: tuple[Proposal, ...]) -> Iterator[str]:
    if max(len(people), len(idle), len(wide)) > rights.MOST_ROWS:
        yield f"Tables show {rights.MOST_ROWS} rows at most: --format csv and --format json have all."


def _waiting_for(snapshot: Snapshot) -> tuple[Subject, ...] | None:
    """Whose missing roles are a caveat: in files everybody's, else nobody's, as a table has them."""
    return None if snapshot.cluster.source == "manifests" else ()


def _blind(snapshot: Snapshot) -> Iterator[str]:
    return (kind for kind in ESTATE if not snapshot.saw(kind))


def _unread(snapshot: Snapshot) -> Iterator[str]:
    blind = [kind for kind in _blind(snapshot) if kind not in rights.KINDS]
    if blind:
        yield _PATHS_UNKNOWN.format(", ".join(f"{kind} objects" for kind in blind))


def _facts(snapshot: Snapshot, people: list[Holder]) -> tuple[Evidence, ...]:
    """The chain of each way to the most dangerous right of each."""
    found = (
        rights.fact(
            snapshot, hold.through, bound.because(hold.rule), f"somebody who must {right.privilege.title}"
        )
        for each in people
        for right in each.rights[:1]
        for hold in right.holds
        if (bound := hold.bound) is not None and hold.through is not None
    )
    facts = {(fact.source, fact.path): fact for fact in found}
    return tuple(facts.values())[: rights.MOST_FACTS]


def _narrowed(wide: tuple[Proposal, ...]) -> Iterator[Evidence]:
    for each in wide[: rights.MOST_FACTS]:
        if each.rule is not None:
            yield Evidence(
                path=f"rules[{each.rule}]",
                observed=rights.plain((each.role.rules or ())[each.rule]),
                expected="; ".join(held.rule_text(rule) for rule in each.rules),
                source=rights.named(each.target),
                uid=each.target.uid,
                resource_version=each.target.resource_version,
            )

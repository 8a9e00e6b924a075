"""`escalate`: how somebody becomes cluster-admin, who else can, and which bindings to remove to end it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from bot.answer import Answer, Picture, Table, Tone
from bot.commands import rights, ways
from checks.access.escalation.cut import Cheapest
from checks.access.escalation.estate import ALSO
from checks.access.escalation.estate import KINDS as ESTATE
from checks.access.escalation.graph import graph
from checks.access.escalation.places import Goal
from checks.access.escalation.steps import Chain
from checks.access.escalation.told import told
from checks.access.escalation.ways import Escalation, Reaching, cheapest_for_all, escalation, holds, reaching
from checks.access.who import Meant, meant
from checks.cluster.snapshot import Snapshot
from checks.model import Subject
from checks.workloads import POD_KINDS
from reports.drawing.steps import ways_drawn

KINDS = tuple(dict.fromkeys((*rights.KINDS, *ESTATE, *ALSO, *POD_KINDS)))
_MOST_WAYS = 5


class ReachingDocument(Struct, frozen=True):
    """Somebody who reaches cluster-admin, by how many acts; `own`: by what Kubernetes itself grants."""

    subject: Subject
    acts: int
    own: bool


class Escalate(Struct, frozen=True, tag=True):
    """How `subject` (`sa:NAMESPACE/NAME`, `user:NAME`, `group:NAME`) becomes cluster-admin or somebody else;
    empty: who can."""

    subject: str = ""
    cluster: str | None = None

    @property
    def canonical(self) -> str:
        where = f"cluster={self.cluster}" if self.cluster else ""
        return " ".join(word for word in ("escalate", self.subject, where) if word)


def describe(command: Escalate, snapshot: Snapshot) -> Answer:
    """The answer from a snapshot. Raises CommandError for whom there is not."""
    return _of_one(command, snapshot) if command.subject else _of_all(command, snapshot)


def _of_one(command: Escalate, snapshot: Snapshot) -> Answer:
    who = meant(snapshot, command.subject)
    found = escalation(snapshot, who.subject)
    unread = _unread(snapshot)
    chains = found.cut.chains or found.cut.stuck
    tables = (
        ways.ways_table(chains, _MOST_WAYS),
        ways.cut_table(found.cut),
        ways.becomes_table(found.becomes),
    )
    return Answer(
        command=command.canonical,
        verdict=_uncertain(_verdict(found), unread),
        tone=Tone.BAD if found.goal else Tone.NEUTRAL,
        tables=tuple(table for table in tables if table.rows),
        picture=_picture(f"Ways from {who.subject} to cluster-admin", chains, found.cut),
        evidence=ways.facts(snapshot, chains[:_MOST_WAYS]),
        caveats=(*_unknown(who), *ways.not_covered(snapshot, unread)),
        extra={
            "subject": who.subject,
            "acts": found.goal.acts if found.goal else None,
            "ways": ways.ways_as_data(chains),
            "cut": ways.cut_as_data(found.cut, verified=found.verified),
            "becomes": ways.becomes_as_data(found.becomes),
            "incomplete": bool(unread),
        },
    )


def _picture(title: str, chains: Sequence[Chain], cut: Cheapest) -> Picture | None:
    if not chains:
        return None
    drawing = ways_drawn([told(chain) for chain in chains], set(map(str, cut.remove)))
    return Picture("escalation", title, drawing)


def _unknown(who: Meant) -> tuple[str, ...]:
    """That somebody is not known at all, as a name that was mistyped is not."""
    if who.known:
        return ()
    near = f" Did you mean {' or '.join(who.near)}?" if who.near else ""
    return (f"No binding names {who.subject}.{near}",)


def _verdict(found: Escalation) -> str:
    who = str(found.subject)
    if found.goal is None:
        others = len(found.becomes)
        become = (
            f"; it can become {others} other{'s' if others > 1 else ''}" if others else " or to anybody else"
        )
        return f"no way was found from {who} to cluster-admin{become}."
    ends = ways.cut_in_words(found.cut, verified=found.verified)
    if not found.goal.acts:
        return f"{who} has cluster-admin already. {ends}"
    steps = f"{found.goal.acts} step{'s' if found.goal.acts > 1 else ''}"
    return f"{who} becomes cluster-admin in {steps}: {ways.step_in_words(found.goal.steps[0])}. {ends}"


def _of_all(command: Escalate, snapshot: Snapshot) -> Answer:
    everybody, unread = reaching(snapshot), _unread(snapshot)
    people = [each for each in everybody if not each.own]
    cut = cheapest_for_all(snapshot)
    verified = bool(cut.remove) and holds(snapshot, cut.remove, [each.subject for each in people])
    holders = sum(not each.acts for each in people)
    ends = f" {ways.cut_in_words(cut, verified=verified)}" if people else ""
    others = len(people) - holders
    verdict = (
        f"{others} reach{'es' if others == 1 else ''} cluster-admin besides the {holders} who "
        f"{'has' if holders == 1 else 'have'} it and what Kubernetes itself grants.{ends}"
    )
    tables = (
        _everybody(everybody, snapshot),
        ways.cut_table(cut),
        ways.ways_table(cut.chains, _MOST_WAYS),
    )
    return Answer(
        command=command.canonical,
        verdict=_uncertain(verdict, unread),
        tone=Tone.BAD if len(people) > holders else Tone.NEUTRAL,
        tables=tuple(table for table in tables if table.rows),
        picture=_picture("Ways to cluster-admin", cut.chains, cut),
        evidence=ways.facts(snapshot, cut.chains[:_MOST_WAYS]),
        caveats=ways.not_covered(snapshot, unread),
        extra={
            "ways": ways.ways_as_data(cut.chains[: rights.MOST_ROWS]),
            "reaching": [ReachingDocument(each.subject, each.acts, each.own) for each in everybody],
            "cut": ways.cut_as_data(cut, verified=verified),
            "incomplete": bool(unread),
        },
    )


def _everybody(everybody: tuple[Reaching, ...], snapshot: Snapshot) -> Table:
    chains = graph(snapshot).ways([each.subject for each in everybody[: rights.MOST_ROWS]], Goal.ADMIN)
    rows = tuple(
        (
            str(each.subject),
            str(each.acts) if each.acts else "has it",
            ways.step_alone(way.steps[0]) if way and way.steps else "built in",
            "Kubernetes itself" if each.own else "people",
        )
        for each, way in zip(everybody, chains, strict=False)
    )
    columns = ("Who", "Steps", "First step", "Granted by")
    return Table("Who reaches cluster-admin", columns, rows, len(everybody), ("Who",), ("Steps",))


def _unread(snapshot: Snapshot) -> list[str]:
    return [kind for kind in ESTATE if not snapshot.saw(kind)]


def _uncertain(verdict: str, unread: list[str]) -> str:
    if not unread:
        return verdict
    return f"Not complete, because {', '.join(unread)} could not be read. From the rest: {verdict}"

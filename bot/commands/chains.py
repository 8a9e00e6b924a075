"""How a right is held, step by step: drawn as tables, and as it is published.

Subject, group, binding, role, rule, and the role that supplied the rule where it was aggregated.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from bot.answer import Table
from bot.commands import held, rights
from checks.access.aggregation import Source, is_aggregated, sources
from checks.access.engine import HeldRule
from checks.access.index import index
from checks.cluster.snapshot import Snapshot
from checks.model import Subject


class SourceDocument(Struct, frozen=True):
    """A ClusterRole that supplied a rule to an aggregated one: its rule, and the labels it is picked by."""

    role: str
    rule: int
    labels: tuple[str, ...]


class HeldDocument(Struct, frozen=True):
    """A rule that the subject holds. `namespace` null: everywhere. `through`: itself, or one of its groups.

    `sources`: for a rule of an aggregated role, each way to it from the role's own outermost source on.
    """

    namespace: str | None
    through: Subject
    because: rights.Chain
    rule: dict[str, list[str]]
    sources: tuple[tuple[SourceDocument, ...], ...]


def deciding(snapshot: Snapshot, ways: tuple[HeldRule, ...]) -> Table:
    """The rules that decide, each with its binding, its role and where the role has it from."""
    rows = tuple(
        (
            str(each.through),
            each.namespace or "whole cluster",
            rights.named(each.because.binding),
            rights.named(each.because.role),
            str(each.because.rule),
            _origin(snapshot, each) or "-",
        )
        for each in ways[: rights.MOST_ROWS]
    )
    columns = ("Named as", "Where", "Binding", "Role", "Rule", "Supplied by")
    return Table("Decided by", columns, rows, total=len(ways), code=("Named as", "Binding", "Role"))


def _origin(snapshot: Snapshot, held_rule: HeldRule) -> str:
    ways = _sources(snapshot, held_rule)
    return " or ".join(" ← ".join(_supplier(each) for each in way) for way in ways)


def _supplier(source: Source) -> str:
    return f"{source.role.name} ({', '.join(source.labels)})"


def _sources(snapshot: Snapshot, held_rule: HeldRule) -> tuple[tuple[Source, ...], ...]:
    role = held_rule.because.role
    found = index(snapshot).roles[role.kind, role.namespace or "", role.name]
    return sources(snapshot, found, held_rule.rule)


def steps(snapshot: Snapshot, subject: Subject, number: int, way: HeldRule) -> Table:
    """One way from a subject to a rule, a row for each step."""
    return Table(f"Way {number}", ("Step", "What"), tuple(_walk(snapshot, subject, way)), code=("What",))


def _walk(snapshot: Snapshot, subject: Subject, way: HeldRule) -> Iterator[tuple[str, str]]:
    because = way.because
    yield "subject", str(subject)
    if way.through != subject:
        yield "is in", str(way.through)
    yield "named by", rights.named(because.binding)
    yield "which binds", rights.named(because.role)
    yield f"rules[{because.rule}]", held.rule_text(way.rule)
    ways = _sources(snapshot, way)
    for each in ways[0] if ways else ():
        yield "supplied by", f"ClusterRole {each.role.name}, rules[{each.rule}], by {', '.join(each.labels)}"
    role = index(snapshot).roles[because.role.kind, because.role.namespace or "", because.role.name]
    if is_aggregated(role) and not ways:
        yield "supplied by", "no role that is picked now: it is left over, or was written in by hand"


def document(snapshot: Snapshot, each: HeldRule) -> HeldDocument:
    """A rule as it is published."""
    return HeldDocument(
        each.namespace,
        each.through,
        rights.chain(each.because),
        rights.plain(each.rule),
        tuple(
            tuple(SourceDocument(source.role.name, source.rule, source.labels) for source in way)
            for way in _sources(snapshot, each)
        ),
    )

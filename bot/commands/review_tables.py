"""The tables of an access review: most dangerous first, each with how many rows there are in all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from bot.answer import Table
from bot.commands import held, rights
from bot.commands.review_past import Past
from checks.access.engine import Scope
from checks.access.index import Bound
from checks.access.review.holders import Holder
from checks.access.review.narrower.proposal import Proposal
from checks.access.review.since import Trace
from checks.access.review.unused import LIVE, Unused
from checks.access.review.written import last_write
from checks.access.usage.privileges import seen
from checks.access.usage.record import record
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.wording import plural, some

_MOST_TITLES = 4
_MOST_PLACES = 3
_LONGEST = 40


def privileged(people: list[Holder], past: Past, used: Callable[[Holder], str] | None = None) -> Table:
    """A row for each privileged subject; with kept runs also since when, with an audit log whether `used`."""
    columns = ("Who", "Danger", "To admin", "Can", "Where", "Through", "Bound")
    changes = {each.subject: last_write(_ways(each)) for each in people[: rights.MOST_ROWS]}
    written = any(changes.values())
    more = (
        *(("Last change",) if written else ()),
        *(("Held since", "Way changed") if past.runs else ()),
        *(("Seen used",) if used else ()),
    )
    rows = tuple(
        (
            _who(each),
            str(each.level),
            _acts(each),
            _can(each),
            _where(each),
            _through(each),
            _bound(each),
            *((_written(changes[each.subject]),) if written else ()),
            *(_dates(each, past) if past.runs else ()),
            *((used(each),) if used else ()),
        )
        for each in people[: rights.MOST_ROWS]
    )
    named = ("To admin", "Bound", *more)
    title = "Privileged by what people granted"
    return Table(title, (*columns, *more), rows, len(people), code=("Who", "Through"), named=named)


def seen_used(snapshot: Snapshot) -> Callable[[Holder], str] | None:
    """How many of somebody's privileges were seen to be used, and when last; None without an audit log."""
    if record(snapshot) is None:
        return None

    def said(holder: Holder) -> str:
        found = [seen(snapshot, holder.subject, right.holds) for right in holder.rights]
        times = [each for each in found if each is not None and each.count]
        last = max((each.last for each in times), default="")[:10]
        return f"{len(times)} of {len(found)}{f', last {last}' if last else ''}"

    return said


def own_grants(own: list[Holder]) -> Table:
    """A shorter row for each subject whom only Kubernetes itself made privileged."""
    rows = tuple(
        (_who(each), str(each.level), _acts(each), _can(each), _where(each))
        for each in own[: rights.MOST_ROWS]
    )
    columns = ("Who", "Danger", "To admin", "Can", "Where")
    title = "Privileged by what Kubernetes itself grants"
    return Table(title, columns, rows, len(own), code=("Who",), named=("To admin",))


def _who(holder: Holder) -> str:
    members = f" ({plural(holder.stands_for, 'service account')} now)" if holder.stands_for else ""
    return f"{holder.subject}{members}"


def _acts(holder: Holder) -> str:
    if holder.acts is None:
        return "none found"
    return plural(holder.acts, "step") if holder.acts else "has it"


def _can(holder: Holder) -> str:
    """What it can do; where that differs from place to place, what in which."""
    by_place: dict[Scope, list[str]] = {}
    for right in holder.rights:
        only = f" (only {some(right.names, 3)})" if right.names else ""
        by_place.setdefault(right.scope, []).append(f"{right.privilege.title}{only}")
    said = [
        (f"in {rights.where(scope)}: " if len(by_place) > 1 else "") + some(titles, _MOST_TITLES)
        for scope, titles in by_place.items()
    ]
    return "; ".join(said[:_MOST_PLACES]) + (" and more" if len(said) > _MOST_PLACES else "")


def _where(holder: Holder) -> str:
    if any(right.wide for right in holder.rights):
        return held.EVERYWHERE
    return some(sorted({space for right in holder.rights for space in right.scope}), 3)


def _through(holder: Holder) -> str:
    """The ways to what it holds, those to the most dangerous right first."""
    ways = dict.fromkeys(
        (bound.ref, bound.role_ref, hold.through)
        for right in holder.rights
        for hold in right.holds
        if (bound := hold.bound) is not None
    )
    said = [
        f"{'' if through in (None, holder.subject) else f'as {through}: '}"
        f"{rights.named(binding)} → {rights.named(role)}"
        for binding, role, through in ways
    ]
    return some(said, 2) or "built in"


def _bound(holder: Holder) -> str:
    """The day on which the oldest binding of its most dangerous right was made."""
    made = (bound.binding.metadata.creation_timestamp for bound in _ways(holder))
    return min((each[:10] for each in made if each), default="-")


def _ways(holder: Holder) -> Iterator[Bound]:
    """What gives somebody the most dangerous right."""
    return (hold.bound for hold in holder.rights[0].holds if hold.bound is not None)


def _written(change: o.ManagedField | None) -> str:
    if change is None:
        return "-"
    by = f" by {change.manager[:_LONGEST]}" if change.manager else ""
    return f"{(change.time or '')[:10]}{by}"


def _dates(holder: Holder, past: Past) -> tuple[str, str]:
    """Since when the most dangerous right has been held; when the way to any of them changed last."""
    traces = [
        past.traces[key]
        for right in holder.rights
        if (key := (holder.subject, right.privilege.id, right.wide)) in past.traces
    ]
    if not traces:
        return "not known", "not known"
    changes = [past.moment(each.changed) for each in traces if each.changed is not None]
    dated = [each for each in changes if each is not None]
    changed = "since the last run" if len(dated) < len(changes) else day(max(dated)) if dated else "-"
    return _since(traces[0], past), changed


def _since(trace: Trace, past: Past) -> str:
    moment = past.moment(trace.since)
    if moment is None:
        return "new"
    return f"{day(moment)} or before" if trace.longer else day(moment)


def day(moment: datetime) -> str:
    """A day as every table here has it."""
    return f"{moment:%Y-%m-%d}"


def idle_bindings(idle: tuple[Unused, ...]) -> Table:
    """A row for each binding that grants nothing, or subject of one."""
    rows = tuple(
        (
            rights.named(each.ref),
            each.why if each.subject is None else f"{each.why}: {each.subject}",
            rights.named(each.role),
            some([privilege.title for privilege in each.would], _MOST_TITLES) or "-",
            LIVE[each.why],
        )
        for each in idle[: rights.MOST_ROWS]
    )
    columns = ("Binding", "Grants nothing because", "Role", "Would give", "Live as soon as")
    code = ("Binding", "Role")
    return Table("Bindings that grant nothing", columns, rows, len(idle), code, ("Would give",))


def wide_rules(wide: tuple[Proposal, ...]) -> Table:
    """A row for each rule or binding that could be narrower."""
    rows = tuple(
        (
            rights.named(each.target) + ("" if each.rule is None else f" rules[{each.rule}]"),
            each.what,
            each.why,
            each.keeps,
            each.drops,
        )
        for each in wide[: rights.MOST_ROWS]
    )
    columns = ("Rule or binding", "Allows", "Narrower, because", "Keeps", "Takes away")
    code, named = ("Rule or binding",), ("Keeps", "Takes away")
    return Table("Wider than need be", columns, rows, len(wide), code, named)

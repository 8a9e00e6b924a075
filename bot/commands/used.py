"""What audit logs say was used, beside what was given: in tables, and what has to be said about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from bot.answer import Table
from bot.commands import held, rights
from checks.access.usage.agreement import disagreements
from checks.access.usage.proposal import Proposal
from checks.access.usage.reviewed import GivenAndUsed, Reviewed
from checks.access.usage.rights import BoundUse, reviewers
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.wording import plural, some

KINDS = (o.AuditUsage.__name__, o.AuditPolicy.__name__)
_MOST_SAID = 4


class Part(Struct, frozen=True):
    """What an audit log adds to an answer: nothing where there is none."""

    verdict: str = ""
    tables: tuple[Table, ...] = ()
    caveats: tuple[str, ...] = ()


NO_PART = Part()


def part(snapshot: Snapshot, found: Reviewed, namespace: str) -> Part:
    """What the log says of what is in a namespace, or of everything."""
    given, proposals = inside(found, namespace)
    return Part(
        _verdict(found, given, proposals), _tables(given, proposals), tuple(_caveats(snapshot, found))
    )


def inside(found: Reviewed, namespace: str) -> tuple[tuple[GivenAndUsed, ...], tuple[Proposal, ...]]:
    """What of it is about a namespace: its bindings, and the service accounts in it; all for an empty one."""
    given = tuple(
        each
        for each in found.given
        if not namespace or namespace in (each.use.bound.namespace, each.subject.namespace)
    )
    subjects = {each.subject for each in given}
    return given, tuple(each for each in found.proposals if each.subject in subjects)


def _tables(given: tuple[GivenAndUsed, ...], proposals: tuple[Proposal, ...]) -> tuple[Table, ...]:
    """What was used of what was given, the most that was not first; and what would have been enough."""
    ordered = sorted(given, key=lambda each: -sum(len(one.rights) for one in each.excess))
    rows = tuple(_row(each) for each in ordered[: rights.MOST_ROWS])
    enough = tuple(_enough(each) for each in proposals[: rights.MOST_ROWS])
    return (
        Table(
            "What was used of what was given",
            ("Who", "By", "Used", "More than was used", "Not known"),
            rows,
            len(given),
            code=("Who", "By"),
            named=("Used", "More than was used", "Not known"),
        ),
        Table(
            "What would have been enough",
            ("Who", "Instead of", "Would have been enough"),
            enough,
            len(proposals),
            code=("Who", "Instead of"),
        ),
    )


def _row(each: GivenAndUsed) -> tuple[str, ...]:
    use = each.use
    too_much = "all of it" if use.idle else _several([one.what for one in each.excess])
    if use.young and each.excess:
        too_much = "too new to say"
    unknown = _several(list(dict.fromkeys(f"{one.right.how} {one.right.what}" for one in use.unknown)))
    by = f"{rights.named(use.bound.ref)} → {rights.named(use.bound.role_ref)}"
    return (str(each.subject), by, _used(use), too_much, unknown)


def _several(words: list[str]) -> str:
    return some(words, _MOST_SAID) or "-"


def _used(use: BoundUse) -> str:
    if not use.done:
        return "not seen"
    requests = sum(each.use.count for each in use.done)
    return f"{requests:,} times, last {last_of(use)[:10] or 'at no known time'}"


def last_of(use: BoundUse) -> str:
    """When it was used last, as the log has it."""
    return max((each.use.last for each in use.done), default="")


def _enough(made: Proposal) -> tuple[str, ...]:
    drops = rights.listed(each.ref for each in made.drop)
    if made.withheld:
        return (str(made.subject), "-", f"No proposal: {made.withheld}")
    said = [f"{_where(role)}: {'; '.join(map(held.rule_text, role.rules or ()))}" for role in made.roles]
    return (str(made.subject), drops, ". ".join(said) or "Nothing: what else it holds is enough")


def _where(role: o.Role | o.ClusterRole) -> str:
    return f"in {role.metadata.namespace}" if role.metadata.namespace else held.EVERYWHERE


def _verdict(found: Reviewed, given: tuple[GivenAndUsed, ...], proposals: tuple[Proposal, ...]) -> str:
    """The sentence that the tables come to."""
    idle = sum(each.use.idle and not each.use.young for each in given)
    less = sum(not each.withheld for each in proposals)
    grants = f"{idle} of {plural(len(given), 'grant')} {'was' if idle == 1 else 'were'} not used at all"
    return f"In {found.record.period} {grants}; {plural(less, 'subject')} could hold less."


def _caveats(snapshot: Snapshot, found: Reviewed) -> Iterator[str]:
    """What the log does not say, and where it does not agree with what was read."""
    known = found.record
    yield from doubts(found)
    logs = snapshot.all(o.AuditUsage)
    unread = sum(log.broken for log in logs)
    if unread:
        yield f"{plural(unread, 'line')} of the audit log could not be read: what they say is not known."
    if known.strangers:
        yield f"{known.strangers:,} requests were by more users than are kept: who they were is not known."
    others = reviewers(known)
    if others:
        yield (
            f"{some(others, 3)} asked the API server about rights of others: what is used only by way of "
            "them is not in the log."
        )
    yield from _disagreements(snapshot)


def doubts(found: Reviewed) -> Iterator[str]:
    """Why what was not seen may have been used all the same."""
    yield "What is kept for emergencies, or runs more seldom than the log is long, looks unused."
    if not found.record.long_enough:
        yield "The audit log is of less than a week, which is too short to tell."
    if not found.policy:
        yield (
            "The audit policy was not given (--evidence): what it does not record looks as if it was not "
            "used."
        )


def _disagreements(snapshot: Snapshot) -> Iterator[str]:
    found = disagreements(snapshot)
    for why, count in Counter(each.why for each in found).items():
        example = next(each for each in found if each.why is why)
        by = f", by {example.binding}" if example.binding else ""
        yield (
            f"{plural(count, 'request')} that the log has as allowed would be refused by what was read, "
            f"because {why}: {example.done.actor.user} {example.done.request}{by}."
        )

"""An access review as a sheet: a row for each way to a privilege, each idle binding, each rule to narrow."""

from __future__ import annotations

from collections.abc import Iterator

from bot.answer import Answer
from bot.commands import held, rights
from bot.commands.review_documents import (
    NarrowerDocument,
    PrivilegedDocument,
    SeenDocument,
    UnusedDocument,
    WayDocument,
)
from bot.commands.used_documents import UsedDocument
from bot.sheet import as_csv

_COLUMNS = (
    "finding",
    "danger",
    "subject kind",
    "subject namespace",
    "subject",
    "can",
    "where",
    "names",
    "named as",
    "binding",
    "binding made",
    "last change",
    "changed by",
    "role",
    "rule",
    "allows",
    "supplied by",
    "granted by",
    "seen since",
    "way changed",
    "seen used",
    "remark",
)


def sheet(answer: Answer) -> str:
    """All that an answer of `review` found, as CSV."""
    found = answer.extra
    rows = (
        *_privileged_rows(found["privileged"]),
        *_unused_rows(found["unused"]),
        *_narrower_rows(found["narrower"]),
        *_used_rows(found.get("used", ())),
    )
    return as_csv(_COLUMNS, rows)


def _privileged_rows(people: tuple[PrivilegedDocument, ...]) -> Iterator[tuple[str, ...]]:
    for each in people:
        who = each.subject
        for right in each.rights:
            head = (
                "privileged",
                str(each.level),
                who.kind,
                who.namespace or "",
                who.name,
                right.title,
                held.EVERYWHERE if right.scope == "cluster" else ", ".join(right.scope),
                ", ".join(right.names or ()),
            )
            by = "Kubernetes itself" if right.own else "people"
            tail = (by, *_dates(right.seen), _times(right.used, right.last_used), each.note)
            for way in right.ways:
                yield (*head, *_way_cells(way), *tail)
            if not right.ways:
                yield (*head, *[""] * 9, *tail)


def _way_cells(way: WayDocument) -> tuple[str, ...]:
    supplied = " or ".join(" from ".join(each.role for each in source) for source in way.sources)
    return (
        str(way.through),
        _named(way.binding),
        way.created or "",
        way.changed or "",
        way.changed_by or "",
        _named(way.role),
        f"rules[{way.rule}]",
        "; ".join(map(_request, way.requests)),
        supplied,
    )


def _request(asked: rights.Asking) -> str:
    subresource = f"/{asked.subresource}" if asked.subresource else ""
    group = f".{asked.group}" if asked.group else ""
    return f"{asked.verb} {asked.resource}{group}{subresource}"


def _dates(seen: SeenDocument | None) -> tuple[str, str]:
    if seen is None:
        return "not known: no earlier run", "not known: no earlier run"
    since = "new: in no run before" if seen.since is None else f"{seen.since.isoformat()}"
    longer = " or before" if seen.longer else ""
    changed = "since the last run" if seen.changed_now else seen.changed.isoformat() if seen.changed else ""
    return f"{since}{longer}", changed


def _unused_rows(idle: tuple[UnusedDocument, ...]) -> Iterator[tuple[str, ...]]:
    for each in idle:
        who = each.subject
        subject = (who.kind, who.namespace or "", who.name) if who else ("", "", "")
        binding = (_named(each.binding), each.created or "", "", "", _named(each.role))
        yield (
            "unused binding",
            "",
            *subject,
            ", ".join(each.would),
            each.binding.namespace or held.EVERYWHERE,
            "",
            "",
            *binding,
            *[""] * 7,
            f"{each.why}: {each.live}",
        )


def _narrower_rows(wide: tuple[NarrowerDocument, ...]) -> Iterator[tuple[str, ...]]:
    for each in wide:
        target, is_role = _named(each.target), each.rule is not None
        yield (
            "wider than need be",
            *[""] * 4,
            ", ".join(each.gives),
            held.EVERYWHERE if each.wide else each.target.namespace or "",
            *[""] * 2,
            "" if is_role else target,
            *[""] * 3,
            target if is_role else "",
            f"rules[{each.rule}]" if is_role else "",
            each.what,
            *[""] * 5,
            f"{each.why[:1].upper()}{each.why[1:]}. Keeps {each.keeps}; takes away {each.drops}.",
        )


def _used_rows(given: tuple[UsedDocument, ...]) -> Iterator[tuple[str, ...]]:
    """A row for each binding that gives somebody more than the audit log has as used."""
    for each in given:
        if not each.too_much:
            continue
        who = each.subject
        yield (
            "more than was used",
            "",
            who.kind,
            who.namespace or "",
            who.name,
            ", ".join(each.too_much),
            each.binding.namespace or held.EVERYWHERE,
            *[""] * 2,
            _named(each.binding),
            *[""] * 3,
            _named(each.role),
            *[""] * 6,
            _times(each.requests, each.last),
            "There for too little of the log to say." if each.young else "",
        )


def _times(used: int | None, last: str | None) -> str:
    """How often something was seen to be used; empty without an audit log."""
    if used is None:
        return ""
    return f"{used} times, last {last}" if last else f"{used} times"


def _named(item: rights.Ref) -> str:
    return f"{item.kind} {item.namespace}/{item.name}" if item.namespace else f"{item.kind} {item.name}"

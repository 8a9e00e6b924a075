"""`explain CHECK` and `fix CHECK`: why it matters, how it is decided, where it fails now, how it is mended.

What fails comes from the last run that was kept, so that no cluster is asked and the answer is there at once.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from bot.answer import SHARE, Action, ActionKind, Answer, Table, Tone
from bot.commands.dashboard import age
from bot.commands.topics import by_id, checks_of, deciding, numbered
from bot.errors import CommandError
from checks import frameworks
from checks.described import Described, described
from checks.model import Check, Status
from checks.wording import plural

if TYPE_CHECKING:  # an explanation alone needs neither the settings nor a database
    from bot.commands.desk import Desk
    from reports.history import Row, Run

_MOST_ROWS = 50
_MOST_NEAR = 5
_UNDECIDED = frozenset({Status.NOT_EVALUATED, Status.ERROR, Status.MANUAL})


class Explain(Struct, frozen=True, tag=True):
    """Explain a check by its id, or a requirement by its number (`5.1.3`, `cis-kubernetes-2.0.1/5.1.3`).

    `resource` (`NAME` or `NAMESPACE/NAME`) asks why it fails there; `cluster` whose last run is looked at.
    `namespaces`: what fails in these alone.
    """

    topic: str
    resource: str = ""
    cluster: str | None = None
    namespaces: tuple[str, ...] = ()

    @property
    def canonical(self) -> str:
        return _canonical("explain", self.topic, self)


class Fix(Struct, frozen=True, tag=True):
    """How to mend what a check finds: everywhere, in some namespaces or on one resource."""

    check: str
    resource: str = ""
    cluster: str | None = None
    namespaces: tuple[str, ...] = ()

    @property
    def canonical(self) -> str:
        return _canonical("fix", self.check, self)


def _canonical(word: str, topic: str, about: Explain | Fix) -> str:
    where = [f"namespace={each}" for each in about.namespaces]
    where += [f"cluster={about.cluster}"] if about.cluster else []
    return shlex.join([word, topic, *([about.resource] if about.resource else []), *where])


class Failing(Struct, frozen=True):
    """What a check found in a cluster's last run: what fails, and what could not be decided."""

    run: Run
    rows: tuple[Row, ...]
    now: datetime

    @property
    def failed(self) -> tuple[Row, ...]:
        """The failures."""
        return tuple(row for row in self.rows if row.status is Status.FAIL)


def explain(desk: Desk | None, command: Explain) -> Answer:
    """Why a check or a requirement matters, how it is decided and where it fails now. Raises CommandError.

    Without a desk nothing is said of a cluster.
    """
    known = by_id()
    if command.topic.casefold() not in known:
        return _requirement(desk, command)
    loaded = frameworks.load(frameworks.framework_ids())
    check = described(known[command.topic.casefold()], loaded)
    failing = _failing(desk, check.id, command)
    answer = explained(check, command.canonical)
    facts, *rest = answer.tables
    tables = (facts, *_where(failing, command.resource), *rest)
    dated = _dated(answer, failing, _state(check.id, failing, command.resource), tables)
    mend = Fix(check.id, command.resource, command.cluster, command.namespaces)
    return replace(dated, actions=(Action(ActionKind.RUN, "How to fix it", mend.canonical), SHARE))


def fix(desk: Desk | None, command: Fix) -> Answer:
    """What mends a check's findings, with an example and where it is needed. Raises CommandError."""
    check = _one_check(command.check)
    failing = _failing(desk, check.id, command)
    found = described(check, ())
    answer = Answer(
        command=command.canonical,
        verdict=f"{check.id}: {found.remediation.text}",
        tables=(_snippet(found),),
        notes=(f"explain {check.id} tells why it matters and how it is decided.",),
        extra={"check": check.id, "remediation": found.remediation},
    )
    tables = (*answer.tables, *_where(failing, command.resource))
    dated = _dated(answer, failing, _state(check.id, failing, command.resource), tables)
    why = Explain(check.id, command.resource, command.cluster, command.namespaces)
    return replace(dated, actions=(Action(ActionKind.RUN, "Why it matters", why.canonical), SHARE))


def explained(check: Described, command: str) -> Answer:
    """Everything there is to say of a check, whatever a cluster is like."""
    given = (("Given by", f"{kind}: {how}") for kind, how in check.unusual.items())
    facts = (
        ("Why", check.rationale),
        ("Severity", f"{check.severity.value}: {check.because}" if check.because else check.severity.value),
        ("How", check.how),
        ("What to do", check.remediation.text),
        ("Theme", check.theme.value),
        ("Judges", ", ".join(check.judges) or "the cluster"),
        ("Needs", ", ".join(check.needs)),
        ("Looks at besides", ", ".join(check.informed_by)),
        *given,
    )
    numbers = tuple((framework, ", ".join(found)) for framework, found in check.requirements.items())
    return Answer(
        command=command,
        verdict=f"{check.id}: {check.title}",
        tables=(
            Table("", ("", " "), tuple(fact for fact in facts if fact[1])),
            _snippet(check),
            *((Table("Requirements", ("Framework", "Numbers"), numbers),) if numbers else ()),
        ),
        extra={"check": check},
    )


def _snippet(check: Described) -> Table:
    lines = tuple((line,) for line in check.remediation.snippet.splitlines())
    return Table("For example", ("Snippet",), lines, code=("Snippet",))


def _one_check(topic: str) -> Check:
    """The one check that is meant. Raises CommandError where several speak for a number."""
    found = checks_of(topic)
    if len(found) == 1:
        return found[0]
    raise CommandError(
        f"{topic[:80]} is decided by {len(found)} checks.",
        f"Say which: {', '.join(f'fix {check.id}' for check in found[:_MOST_NEAR])}.",
    )


def _failing(desk: Desk | None, check: str, command: Explain | Fix) -> Failing | None:
    """What the last run found; None where there is none, or no cluster to ask about."""
    if desk is None or not (command.cluster or desk.targets):
        return None
    name, _ = desk.target(command.cluster)
    run = desk.history.last_of(name)
    if run is None:
        return None
    rows = desk.history.rows(run.id, check=check)
    return Failing(run, tuple(row for row in rows if _is_meant(row, command)), desk.clock())


def _is_meant(row: Row, command: Explain | Fix) -> bool:
    if (
        command.namespaces
        and (row.name if row.kind == "Namespace" else row.namespace) not in command.namespaces
    ):
        return False
    return not command.resource or _is(row, command.resource)


def _is(row: Row, resource: str) -> bool:
    *space, name = resource.casefold().split("/")[-2:]
    return row.name.casefold() == name and (not space or space[0] in (row.namespace, row.kind.casefold()))


def _state(check: str, failing: Failing | None, resource: str) -> str:
    """Whether it fails, as the end of a verdict."""
    if failing is None:
        return ""
    where = f"in the last run of {failing.run.cluster_name}"
    if failing.failed:
        on = f" on {resource}" if resource else f" in {plural(len(failing.failed), 'place')}"
        return f" It fails{on} {where}."
    undecided = [row for row in failing.rows if row.status in _UNDECIDED]
    if undecided:
        return f" It could not be decided {where}: {undecided[0].message}"
    return f" Nothing of {check}{f' on {resource}' if resource else ''} fails {where}."


def _where(failing: Failing | None, resource: str) -> Iterator[Table]:
    if failing is None or not failing.failed:
        return
    rows = tuple(
        (row.namespace or "", f"{row.kind}/{row.name}", row.locus, row.message) for row in failing.failed
    )
    title = f"Why it fails on {resource}" if resource else "What fails now"
    columns = ("Namespace", "What", "Where", "Because")
    yield Table(title, columns, rows[:_MOST_ROWS], total=len(rows), code=("What", "Where"))


def _dated(answer: Answer, failing: Failing | None, state: str, tables: tuple[Table, ...]) -> Answer:
    """The answer with what a run says, and how old that is."""
    verdict = answer.verdict if not state else f"{answer.verdict.rstrip('.')}.{state}"
    if failing is None:
        return Answer(
            command=answer.command,
            verdict=verdict,
            tables=tables,
            notes=answer.notes,
            extra=answer.extra,
        )
    old = failing.now - failing.run.finished
    return Answer(
        command=answer.command,
        verdict=verdict,
        tone=Tone.BAD if failing.failed else Tone.NEUTRAL,
        tables=tables,
        notes=answer.notes,
        caveats=(f"From the run {failing.run.id}, {age(old)} ago; a scan tells how it is now.",),
        age_seconds=max(0, int(old.total_seconds())),
        run_id=failing.run.id,
        extra={**answer.extra, "failing": failing.failed},
    )


def _requirement(desk: Desk | None, command: Explain) -> Answer:
    framework, requirement = numbered(command.topic)
    rows = tuple(
        (each.id, each.severity.value, each.title, _in_short(desk, each.id, command))
        for each in deciding(requirement)
    )
    rest = f" Beyond the checks: {requirement.rest.reason}" if requirement.rest else ""
    by = plural(len(rows), "check") if rows else "no check"
    return Answer(
        command=command.canonical,
        verdict=f"{framework.id} {requirement.id}: {requirement.title}. It is decided by {by}.{rest}",
        tables=(
            Table(
                "Checks that speak for it", ("Check", "Severity", "What", "Last run"), rows, code=("Check",)
            ),
        )
        if rows
        else (),
        notes=("Titles are in our own words: the framework's text is its publisher's.",),
        extra={"framework": framework.id, "requirement": requirement},
    )


def _in_short(desk: Desk | None, check: str, command: Explain) -> str:
    failing = _failing(desk, check, command)
    if failing is None:
        return "-"
    if failing.failed:
        return plural(len(failing.failed), "finding")
    return "not decided" if any(row.status in _UNDECIDED for row in failing.rows) else "passes"

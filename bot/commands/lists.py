"""`list run-as-root`: where a check fails, or a few of a kind, as a list: a view of the checks, now."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping

from msgspec import Struct

from bot import __version__
from bot.answer import Answer, Table, Tone
from bot.commands.named_lists import LISTS, Listed
from bot.commands.scan import expect_namespaces
from bot.commands.topics import by_id, checks_of, is_number
from bot.errors import CommandError
from checks.cluster.snapshot import Snapshot
from checks.model import Check, Resource, Result, Severity, Status
from checks.nearest import did_you_mean
from checks.run import evaluate
from checks.wording import some

_MOST_ROWS = 100
_FACTS = 40
_FEW = 2
_SEVERITIES = tuple(Severity)
_COLUMNS = ("Namespace", "What", "Where", "Because")
_FAILED = frozenset({Status.FAIL})
_UNSURE = frozenset({Status.NOT_EVALUATED, Status.ERROR, Status.MANUAL})


class ListFailing(Struct, frozen=True, tag=True):
    """What fails the checks of a list: a name of LISTS, a check's id, a requirement's number, a severity.

    No namespace: in all.
    """

    name: str
    namespace: str = ""
    cluster: str | None = None
    full: bool = False

    @property
    def canonical(self) -> str:
        words = ["list", self.name]
        words += [f"namespace={self.namespace}"] if self.namespace else []
        words += [f"cluster={self.cluster}"] if self.cluster else []
        return shlex.join([*words, *(["--full"] if self.full else [])])


def kinds(command: ListFailing) -> tuple[str, ...]:
    """What its checks read. Raises CommandError for a list that there is not."""
    return tuple(dict.fromkeys(("Namespace", *(kind for check in _checks(command) for kind in check.kinds))))


def describe(command: ListFailing, snapshot: Snapshot) -> Answer:
    """Where the checks of the list fail. Raises CommandError for a list or a namespace that there is not."""
    checks = _checks(command)
    wanted = (command.namespace,) if command.namespace else ()
    expect_namespaces(snapshot, wanted)
    scan = evaluate(snapshot, checks, (), tool_version=__version__, namespaces=wanted)
    failing = _by_resource(scan.results, _FAILED)
    open_ones = {
        each: why for each, why in _by_resource(scan.results, _UNSURE).items() if each not in failing
    }
    listed = LISTS.get(command.name) or _by_itself(command.name)
    judged = len({result.resource for result in scan.results if result.status is Status.PASS} | set(failing))
    return Answer(
        command=command.canonical,
        verdict=_verdict(command, listed, len(failing), judged, open_ones),
        tone=Tone.BAD if failing else Tone.NEUTRAL if open_ones else Tone.GOOD,
        tables=tuple(
            table
            for table in (
                _table(f"What {listed.one}", failing, checks, full=command.full),
                _table("Of which it cannot be told", open_ones, checks, full=command.full),
            )
            if table.rows
        ),
        evidence=tuple(fact for each in failing.values() for found in each for fact in found.evidence)[
            :_FACTS
        ],
        notes=tuple(
            f"explain {check.id} tells why it matters, fix {check.id} how to mend it."
            for check in checks
            if len(checks) <= _FEW
        ),
        extra={
            "list": command.name,
            "checks": [check.id for check in checks],
            "failing": [
                {"resource": each.resource, "check": each.check, "locus": each.locus, "message": each.message}
                for results in failing.values()
                for each in results
            ],
            "incomplete": any(each.gap for each in snapshot.coverage)
            or any(each.status is Status.ERROR for each in scan.results),
        },
    )


def _checks(command: ListFailing) -> tuple[Check, ...]:
    known = by_id()
    if command.name in _SEVERITIES:
        return tuple(check for check in known.values() if check.severity == command.name)
    if is_number(command.name):
        return checks_of(command.name)
    names = LISTS[command.name].checks if command.name in LISTS else (command.name,)
    if names[0] not in known:
        raise CommandError(
            f"There is no list called {command.name[:80]}.",
            f"{did_you_mean(command.name, (*LISTS, *known))}"
            f"Lists are {', '.join(LISTS)}, and every check's id.",
        )
    return tuple(known[name] for name in names)


def _by_itself(name: str) -> Listed:
    """The list that a check's id or a severity is."""
    what = f"a {name} check" if name in _SEVERITIES else name
    return Listed(f"fails {what}", f"fail {what}", ())


def _by_resource(results: Iterable[Result], wanted: frozenset[Status]) -> dict[Resource, list[Result]]:
    found: dict[Resource, list[Result]] = {}
    for result in results:
        if result.status in wanted:
            found.setdefault(result.resource, []).append(result)
    order = sorted(found, key=lambda each: (each.namespace or "", each.kind, each.name))
    return {resource: found[resource] for resource in order}


def _verdict(
    command: ListFailing, listed: Listed, failing: int, judged: int, open_ones: Mapping[Resource, object]
) -> str:
    where = f" in {command.namespace}" if command.namespace else ""
    verb = listed.one if failing == 1 else listed.many
    everything = any(each.kind == "Cluster" for each in open_ones)
    others = "others" if everything else f"{len(open_ones)} more"
    number = str(failing) if failing or open_ones else "none"
    return f"{number} of {judged}{where} {verb}{f'; of {others} it cannot be told' if open_ones else ''}."


def _table(
    title: str, found: Mapping[Resource, list[Result]], checks: tuple[Check, ...], *, full: bool
) -> Table:
    """A row a resource; of more than one check a row a finding, which names the check."""
    rows: list[tuple[str, ...]]
    columns: tuple[str, ...] = _COLUMNS
    if len(checks) == 1:
        rows = [_row(resource, results) for resource, results in found.items()]
    else:
        columns = (*_COLUMNS[:2], "Check", *_COLUMNS[2:])
        rows = [_row(each, [one], one.check) for each, results in found.items() for one in results]
    shown = tuple(rows if full else rows[:_MOST_ROWS])
    return Table(title, columns, shown, total=len(rows), code=("What", "Check", "Where"))


def _row(resource: Resource, results: list[Result], *check: str) -> tuple[str, ...]:
    places = some(list(dict.fromkeys(each.locus for each in results if each.locus)), 3)
    said = (each.message or each.reason or each.status.replace("_", " ") for each in results)
    because = "; ".join(list(dict.fromkeys(each.rstrip(".") for each in said))[:_FEW])
    return (resource.namespace or "", f"{resource.kind}/{resource.name}", *check, places, because)

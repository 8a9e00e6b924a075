"""A scan in words: the verdict, the score, what fails, and what was not seen."""

from __future__ import annotations

import shlex
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from bot.answer import Action, ActionKind, Answer, Table, Tone
from checks.model import CoverageState, FrameworkResult, Result, Scan, Severity, Status
from checks.wording import plural

if TYPE_CHECKING:  # a scan that is not kept needs no database
    from reports.history import Run

WORST = 5
BRIEF = 10
"""Failed checks of a severity that are named where only the worse ones are told at length."""
PLACES = 3
"""Resources named beside a failed check before "and N more"; the report and the exports have them all."""


def describe(
    name: str,
    command: str,
    scan: Scan,
    *,
    run: Run | None = None,
    since: str | None = None,
) -> Answer:
    """A scan as an Answer: the verdict, each framework, the worst, what fails by severity, what is unseen."""
    failed = failed_checks(scan)
    tables = (*worst_first(failed), *severity_tables(failed, PLACES))
    answer = _answer(name, command, scan, tables, run=run, since=since)
    return replace(answer, actions=tuple(_next(name, scan, failed, run)))


def _next(name: str, scan: Scan, failed: tuple[FailedCheck, ...], run: Run | None) -> Iterator[Action]:
    """What to do after a scan: understand and mend the worst, take it along, look again."""
    spaces = [f"namespace={each}" for each in scan.namespaces or ()]
    if failed:
        about = shlex.join([failed[0].id, *spaces, f"cluster={name}"])
        yield Action(ActionKind.RUN, "Explain the worst", f"explain {about}")
        yield Action(ActionKind.RUN, "How to fix it", f"fix {about}")
    if run:
        yield Action(ActionKind.RUN, "PDF report", f"report run={run.id}")
        yield Action(ActionKind.RUN, "Export CSV", f"export run={run.id} as=csv")
    yield Action(ActionKind.RUN, "Scan again", shlex.join(["scan", name, *spaces]))


def describe_at_length(command: str, scan: Scan, *, everything: bool) -> Answer:
    """A scan as an Answer for those who read it all at once: what to mend first, then every failed check.

    Not `everything`: of what is milder than high, or than the worst there is, the first few checks only.
    """
    failed = failed_checks(scan)
    if everything:
        tables = (*fixes(scan), *severity_tables(failed, None), *not_evaluated(scan))
        return _answer(scan.cluster.name, command, scan, tables)
    worst = min((each.severity.rank for each in failed), default=0)
    severe = tuple(each for each in failed if each.severity.rank <= max(worst, Severity.HIGH.rank))
    milder = tuple(each for each in failed if each not in severe)
    tables = (*fixes(scan), *severity_tables(severe, PLACES), *brief_tables(milder))
    return _answer(scan.cluster.name, command, scan, tables)


def _answer(
    name: str,
    command: str,
    scan: Scan,
    tables: tuple[Table, ...],
    *,
    run: Run | None = None,
    since: str | None = None,
) -> Answer:
    failures = [result for result in scan.results if result.status is Status.FAIL]
    counts = Counter(result.severity for result in failures)
    listed = ", ".join(f"{counts[each]} {each}" for each in Severity if counts[each])
    found = f"{listed} finding{'' if len(failures) == 1 else 's'}" if failures else "no findings"
    return Answer(
        command=command,
        verdict=f"{name}{_limit(scan)}: {found}{f'; {since}' if since else ''}.",
        tone=Tone.BAD if failures else Tone.GOOD if complete(scan) else Tone.NEUTRAL,
        notes=(
            *score_note(scan),
            *(framework_note(each, scan.namespaces) for each in scan.frameworks),
        ),
        tables=tables,
        caveats=tuple(unseen(scan)),
        cluster=scan.cluster,
        age_seconds=0,
        run_id=run.id if run else None,
        extra={"scan": {"run": run.id}} if run else {},
    )


def _limit(scan: Scan) -> str:
    names = scan.namespaces or ()
    return f", only namespace{'' if len(names) == 1 else 's'} {', '.join(names)}" if names else ""


def complete(scan: Scan) -> bool:
    """Whether every kind was read and every check came to a verdict."""
    read = not any(each.gap for each in scan.coverage)
    return read and all(result.status is not Status.ERROR for result in scan.results) and not scan.problems


def framework_note(result: FrameworkResult, namespaces: tuple[str, ...] | None) -> str:
    """A framework in one line; the counts add up to its total, and a limited scan says so."""
    counted = ", ".join(
        f"{amount} {status.replace('_', ' ')}"
        for status in Status
        if (amount := result.counts.get(status, 0))
    )
    limit = f"; a pass holds within {', '.join(namespaces)} only" if namespaces else ""
    kind = " (indicative)" if result.indicative else ""
    score = f"score {result.score.value}, " if result.score and result.score.value is not None else ""
    total = len(result.requirements)
    return f"{result.title} {result.version}{kind}: {score}{counted} of {total} requirements{limit}"


class FailedCheck(Struct, frozen=True):
    """A check with its failures."""

    severity: Severity
    id: str
    title: str
    failures: tuple[Result, ...]


def failed_checks(scan: Scan) -> tuple[FailedCheck, ...]:
    """The checks that failed: the most severe first, then the one with the most failures."""
    titles = {check.id: check.title for check in scan.checks}
    failures: dict[tuple[Severity, str], list[Result]] = {}
    for result in scan.results:
        if result.status is Status.FAIL:
            failures.setdefault((result.severity, result.check), []).append(result)
    made = (
        FailedCheck(severity, name, titles[name], tuple(each)) for (severity, name), each in failures.items()
    )
    return tuple(sorted(made, key=lambda each: (each.severity.rank, -len(each.failures), each.id)))


def worst_first(failed: tuple[FailedCheck, ...]) -> tuple[Table, ...]:
    """The first few failed checks over all severities, for those who read no further."""
    if not failed:
        return ()
    rows = tuple(
        (each.severity.capitalize(), plural(len(each.failures), "finding"), each.title)
        for each in failed[:WORST]
    )
    title = f"The worst {len(rows)} of {plural(len(failed), 'failed check')}"
    return (Table(title, ("Severity", "Findings", "What fails"), rows),)


def score_note(scan: Scan) -> tuple[str, ...]:
    """The score with the coverage it rests on, or why there is none; nothing for a scan from before it."""
    found = scan.score
    if not found:
        return ()
    if found.value is None:
        return (f"No score: {found.reason}",)
    waived = f", {found.with_waivers} with accepted risks" if found.with_waivers != found.value else ""
    decided = f"{found.decided} of {found.applicable} checks decided by evidence"
    return (f"Score {found.value} of 100{waived}; {decided}.",)


def fixes(scan: Scan) -> tuple[Table, ...]:
    """The checks whose mending adds most to the score."""
    if not scan.score or not scan.score.fixes:
        return ()
    rows = tuple((f"+{each.gain}", str(each.resources), each.check) for each in scan.score.fixes)
    return (Table("What moves the score most", ("Points", "Resources", "Check"), rows, code=("Check",)),)


def _by_severity(failed: tuple[FailedCheck, ...]) -> Iterator[tuple[str, tuple[FailedCheck, ...]]]:
    """The failed checks of each severity, worst first, with a heading."""
    for severity, group in groupby(failed, key=lambda each: each.severity):
        checks = tuple(group)
        found = plural(sum(len(each.failures) for each in checks), "finding")
        yield f"{severity.capitalize()}: {found} of {plural(len(checks), 'check')}", checks


def brief_tables(failed: tuple[FailedCheck, ...]) -> Iterator[Table]:
    """The failed checks of each severity without their places, and of many only the first."""
    for title, checks in _by_severity(failed):
        rows = tuple((str(len(each.failures)), each.id, each.title) for each in checks[:BRIEF])
        yield Table(title, ("Findings", "Check", "What fails"), rows, total=len(checks), code=("Check",))


def not_evaluated(scan: Scan) -> tuple[Table, ...]:
    """The checks that could not come to a verdict, each with why."""
    found = {
        (each.check, each.reason or ""): None for each in scan.results if each.status is Status.NOT_EVALUATED
    }
    if not found:
        return ()
    title = f"Not evaluated: {plural(len({check for check, _ in found}), 'check')}"
    return (Table(title, ("Check", "Because"), tuple(sorted(found)), code=("Check",)),)


def severity_tables(failed: tuple[FailedCheck, ...], most: int | None) -> Iterator[Table]:
    """The failed checks of each severity, worst first, each with its first `most` places (None: all)."""
    for title, checks in _by_severity(failed):
        yield Table(
            title=title,
            columns=("Findings", "Check", "What fails", "Where"),
            rows=tuple(
                (str(len(each.failures)), each.id, each.title, _places(each.failures, most))
                for each in checks
            ),
            code=("Check",),
        )


def _places(results: tuple[Result, ...], most: int | None) -> str:
    places = dict.fromkeys(str(result.resource) for result in results)
    shown = list(places)[:most]
    left = len(places) - len(shown)
    return ", ".join(shown) + (f" and {left} more" if left else "")


def unseen(scan: Scan) -> Iterator[str]:
    """What the verdict does not cover, in words."""
    for each in scan.coverage:
        if each.gap:
            yield f"{each.kind}: {each.state}{f' ({each.reason})' if each.reason else ''}"
    yield from _restricted(scan)
    for problem in scan.problems:
        yield str(problem)
    not_judged = {result.check for result in scan.results if result.status is Status.NOT_EVALUATED}
    if not_judged:
        yield f"{len(not_judged)} checks could not be evaluated everywhere; none of them counts as passed."
    for check in sorted({result.check for result in scan.results if result.status is Status.ERROR}):
        yield f"The check {check} failed to run; it does not count as passed."


def _restricted(scan: Scan) -> Iterator[str]:
    """What is to be said of kinds that were read: only in some namespaces, as of another moment."""
    kinds: defaultdict[str, list[str]] = defaultdict(list)
    for each in scan.coverage:
        if each.state is CoverageState.COLLECTED and each.reason:
            kinds[each.reason].append(each.kind)
    for reason, names in kinds.items():
        yield f"{', '.join(names)}: {reason}"

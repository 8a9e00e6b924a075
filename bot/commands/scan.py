"""`scan`: read a cluster, judge it, keep the result and say what is new."""

from __future__ import annotations

import difflib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from bot.answer import Answer, Table, Tone
from bot.commands.progress import Progress, Reading, Stage, Step
from bot.errors import CommandError
from checks import frameworks, registry
from checks.admission.own import asked
from checks.admission.own import load as load_own
from checks.admission.running import KINDS as KINDS_OF_POLICIES
from checks.admission.running import checks_of, with_requirements
from checks.cluster import objects as o
from checks.cluster.kinds import KINDS
from checks.cluster.snapshot import Snapshot
from checks.cluster.source import Target, take_snapshot
from checks.model import CoverageState, Expectations, FrameworkResult, Result, Scan, Severity, Status
from checks.network.policies import namespace_of
from checks.run import evaluate, kinds_read
from reports.drift import Drift, compare, summary

if TYPE_CHECKING:  # a scan that is not kept needs neither the settings nor a database
    from bot.commands.desk import Desk
    from reports.history import History, Run

WORST = 5
PLACES = 3
"""Resources named beside a failed check before "and N more"; the report and the exports have them all."""
SOME = 20
"""Namespaces named when the one asked for is not there."""


class Occasion(Struct, frozen=True):
    """Which schedule asked for a run, and the time it was for."""

    schedule: str
    scheduled_for: datetime


class RunScan(Struct, frozen=True, tag=True):
    """Scan a cluster: the default one when none is named, the default frameworks when none are."""

    cluster: str | None = None
    frameworks: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()

    @property
    def canonical(self) -> str:
        words = ["scan", *([self.cluster] if self.cluster else [])]
        words += [f"framework={each}" for each in self.frameworks]
        words += [f"namespace={each}" for each in self.namespaces]
        return " ".join(words)


def judge(
    target: Target,
    *,
    wanted: tuple[str, ...],
    version: str,
    progress: Progress,
    name: str | None = None,
    namespaces: tuple[str, ...] = (),
    own: tuple[Path, ...] = (),
    expectations: Expectations | None = None,
    processes: int = 1,
) -> Scan:
    """Read a target and judge it, under `name` if the settings name it. `expectations` are the operator's; a
    saved snapshot's own hold where none are given. `processes` as in `evaluate`.

    `own` are files and folders of own checks, judged with the built-in ones and the cluster's policies.

    Raises OwnCheckError for own checks that cannot be used,
    FrameworkError for an unknown framework, ClusterError when nothing of the target can be read,
    CommandError for a namespace that is not there: it has no findings, but not because all is well.
    """
    loaded = frameworks.load(wanted or (frameworks.DEFAULT_FRAMEWORK,))
    written = load_own(own) if own else ()
    policies = tuple(each.policy for each in written)
    loaded = with_requirements(loaded, policies)
    checks = registry.all_checks()
    reader = Reading(progress)
    snapshot = take_snapshot(
        target,
        progress=reader,
        missing=reader.missing,
        namespaces=namespaces,
        kinds=tuple(dict.fromkeys((*kinds_read(checks), *KINDS_OF_POLICIES))),
        whole=asked(written),
    )
    if name:
        snapshot = replace(snapshot, cluster=replace(snapshot.cluster, name=name))
    if expectations is not None and expectations != Expectations():
        snapshot = replace(snapshot, expectations=expectations)
    _exist(snapshot, namespaces)
    checks = (*checks, *checks_of(policies, snapshot))
    progress(Step(Stage.JUDGING, detail=f"with {len(checks)} checks"))
    return evaluate(
        snapshot, checks, loaded, tool_version=version, namespaces=namespaces, processes=processes
    )


def _exist(snapshot: Snapshot, wanted: tuple[str, ...]) -> None:
    """Whether each namespace is there or holds something; unknown where namespaces could not be listed."""
    if not wanted or not snapshot.saw("Namespace"):
        return
    there = {each.metadata.name for each in snapshot.all(o.Namespace)}
    for kind in KINDS.values():
        if kind.namespaced:
            there |= {namespace_of(each) for each in snapshot.all(kind.type)}
    for name in wanted:
        if name not in there:
            near = difflib.get_close_matches(name, there, n=1)
            hint = f"Did you mean {near[0]}? " if near else ""
            some = ", ".join(sorted(there)[:SOME]) or "none"
            more = f" and {len(there) - SOME} more" if len(there) > SOME else ""
            raise CommandError(
                f"There is no namespace {name} in {snapshot.cluster.name}.", f"{hint}There are: {some}{more}."
            )


@dataclass(frozen=True)
class Kept:
    """A scan that is kept: its run, and what changed since the run before, if there was one."""

    scan: Scan
    run: Run
    before: Run | None
    drift: Drift | None

    def since(self, now: datetime) -> str | None:
        """What changed, in words: `3 new, 2 fixed since Monday`."""
        return (
            summary(self.drift, since=self.before.finished, now=now) if self.drift and self.before else None
        )


def recall(history: History, run: Run, kept: Scan | None = None) -> Kept:
    """A kept run with its drift; `kept` saves reading its scan again. Raises HistoryError."""
    scan_ = kept or history.scan(run.id)
    before = history.previous(run)
    return Kept(scan_, run, before, compare(history.scan(before.id), scan_) if before else None)


def scan(
    desk: Desk, command: RunScan, *, asker: str, progress: Progress, occasion: Occasion | None = None
) -> tuple[Answer, Kept]:
    """Carry out a scan and keep it; `occasion` is the schedule that asked, if one did.

    Gives what was kept besides, which a report needs. Raises CommandError, ClusterError or HistoryError.
    """
    name, target = desk.target(command.cluster)
    result = judge(
        target,
        wanted=command.frameworks or desk.settings.frameworks,
        version=desk.version,
        progress=progress,
        name=name,
        namespaces=command.namespaces,
        own=desk.settings.own_checks,
        expectations=desk.expectations(name),
    )
    progress(Step(Stage.SAVING))
    run = desk.history.save(
        result,
        requested_by=asker,
        schedule=occasion.schedule if occasion else None,
        scheduled_for=occasion.scheduled_for if occasion else None,
    )
    kept = recall(desk.history, run, result)
    since = kept.since(desk.clock())
    return describe(name, command.canonical, result, run=run, since=since), kept


def describe(
    name: str,
    command: str,
    scan: Scan,
    *,
    run: Run | None = None,
    since: str | None = None,
    most: int | None = PLACES,
    headline: bool = True,
) -> Answer:
    """A scan as an Answer: the verdict, failures by severity, each framework, and what was not seen."""
    failures = [result for result in scan.results if result.status is Status.FAIL]
    counts = Counter(result.severity for result in failures)
    listed = ", ".join(f"{counts[each]} {each}" for each in Severity if counts[each])
    found = f"{listed} finding{'' if len(failures) == 1 else 's'}" if failures else "no findings"
    failed = failed_checks(scan)
    return Answer(
        command=command,
        verdict=f"{name}{_limit(scan)}: {found}{f'; {since}' if since else ''}.",
        tone=Tone.BAD if failures else Tone.GOOD if complete(scan) else Tone.NEUTRAL,
        notes=(
            *score_note(scan),
            *(framework_note(each, scan.namespaces) for each in scan.frameworks),
        ),
        tables=(
            *(worst_first(failed) if headline else ()),
            *(fixes(scan) if most is None else ()),
            *severity_tables(failed, most),
        ),
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


def severity_tables(failed: tuple[FailedCheck, ...], most: int | None) -> Iterator[Table]:
    """The failed checks of each severity, worst first, each with its first `most` places (None: all)."""
    for severity, group in groupby(failed, key=lambda each: each.severity):
        checks = tuple(group)
        found = sum(len(each.failures) for each in checks)
        yield Table(
            title=f"{severity.capitalize()}: {plural(found, 'finding')}",
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


def plural(amount: int, word: str) -> str:
    """`1 finding`, `2 findings`."""
    return f"{amount} {word}{'' if amount == 1 else 's'}"


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

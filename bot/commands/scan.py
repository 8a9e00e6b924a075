"""`scan`: read a cluster, judge it, keep the result and say what is new."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from bot.answer import Answer
from bot.commands.progress import Progress, Stage, Step
from bot.commands.reading import read
from bot.commands.scanned import describe
from bot.errors import CommandError
from checks import frameworks, registry
from checks.access.kept import rights_of
from checks.admission.own import asked
from checks.admission.own import load as load_own
from checks.admission.running import KINDS as KINDS_OF_POLICIES
from checks.admission.running import checks_of, with_requirements
from checks.cluster import objects as o
from checks.cluster.kinds import KINDS
from checks.cluster.snapshot import Snapshot
from checks.cluster.source import Target
from checks.model import Expectations, Scan
from checks.nearest import did_you_mean
from checks.network.policies import namespace_of
from checks.run import evaluate, kinds_read
from reports.drift import Drift, compare, summary, worse

if TYPE_CHECKING:  # a scan that is not kept needs neither the settings nor a database
    from bot.commands.desk import Desk
    from reports.history import History, Run

_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
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


class Judged(NamedTuple):
    """A scan, and the snapshot that it judged."""

    scan: Scan
    snapshot: Snapshot


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
) -> Judged:
    """Read a target and judge it, under `name` if the settings name it. `expectations` are the operator's; a
    saved snapshot's own hold where none are given. `processes` as in `evaluate`.

    `own` are files and folders of own checks, judged with the built-in ones and the cluster's policies.

    Raises OwnCheckError for own checks that cannot be used,
    FrameworkError for an unknown framework, ClusterError when nothing of the target can be read,
    CommandError for a namespace that is not there: it has no findings, but not because all is well.
    """
    _possible(namespaces)
    loaded = frameworks.load(wanted or (frameworks.DEFAULT_FRAMEWORK,))
    written = load_own(own) if own else ()
    policies = tuple(each.policy for each in written)
    loaded = with_requirements(loaded, policies)
    checks = registry.all_checks()
    snapshot = read(
        target,
        progress,
        namespaces=namespaces,
        kinds=tuple(dict.fromkeys((*kinds_read(checks), *KINDS_OF_POLICIES))),
        whole=asked(written),
    )
    if name:
        snapshot = replace(snapshot, cluster=replace(snapshot.cluster, name=name))
    if expectations is not None and expectations != Expectations():
        snapshot = replace(snapshot, expectations=expectations)
    expect_namespaces(snapshot, namespaces)
    checks = (*checks, *checks_of(policies, snapshot))
    progress(Step(Stage.JUDGING, detail=f"with {len(checks)} checks"))
    scan_ = evaluate(
        snapshot, checks, loaded, tool_version=version, namespaces=namespaces, processes=processes
    )
    return Judged(scan_, snapshot)


def _possible(wanted: tuple[str, ...]) -> None:
    """Whether each may be a namespace's name, which becomes part of a path where not all may be listed."""
    for name in wanted:
        if not _NAMESPACE.fullmatch(name):
            raise CommandError(
                f"“{name[:80]}” cannot be the name of a namespace.",
                "Names are small letters, digits and hyphens, 63 at most.",
            )


def expect_namespaces(snapshot: Snapshot, wanted: tuple[str, ...]) -> None:
    """Raise CommandError for a namespace that neither is there nor holds something: an empty answer would be
    no news. Unknown where namespaces could not be listed."""
    if not wanted or not snapshot.saw("Namespace"):
        return
    there = {each.metadata.name for each in snapshot.all(o.Namespace)}
    for kind in KINDS.values():
        if kind.namespaced:
            there |= {namespace_of(each) for each in snapshot.all(kind.type)}
    for name in wanted:
        if name not in there:
            hint = did_you_mean(name, there)
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

    def worse(self, now: datetime) -> str:
        """What got worse, in words; "" for nothing."""
        return worse(self.drift, since=self.before.finished, now=now) if self.drift and self.before else ""


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
    from bot.commands.dashboard import trend_of  # noqa: PLC0415 - takes the database, which `judge` does not

    name, target = desk.target(command.cluster)
    result, snapshot = judge(
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
        rights=None if command.namespaces else rights_of(snapshot),
    )
    kept = recall(desk.history, run, result)
    now = desk.clock()
    answer = describe(name, command.canonical, result, run=run, since=kept.since(now))
    moved = None if command.namespaces else trend_of(desk, name)
    return replace(answer, worse=kept.worse(now), picture=moved), kept

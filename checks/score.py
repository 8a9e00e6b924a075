"""The score: how much of what findings could cost is not lost, from 0 to 100. docs/score.md explains it.

Every check that applies is worth points by its severity. A pass earns; nothing else does. What is unknown
counts as if it failed, and a check of which an unknown number of objects went unseen earns nothing, so that
reading less can never make a score better.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import log2

from msgspec import Struct

from checks.model import ClusterInfo, Fix, Result, Score, Severity, Status

WEIGHTS = {Severity.CRITICAL: 8, Severity.HIGH: 4, Severity.MEDIUM: 2, Severity.LOW: 1}
"""Points of a check of each severity: each is worth twice the next."""

FIXES = 5
_UNKNOWN = (Status.NOT_EVALUATED, Status.ERROR)
_RANKS = {status: -1 if status in _UNKNOWN else status.rank for status in Status}
"""An unknown outweighs even a failure: mending what is known leaves it unknown."""
_DECIDED = (Status.PASS, Status.FAIL, Status.WAIVED)


class Tally(Struct, frozen=True, gc=False):
    """One check's resources by the worst that was said of each, unknown before failed.

    Those that it does not apply to are left out.

    `unseen`: something about the whole cluster is unknown, so that nobody can say how many there are.
    """

    check: str
    severity: Severity
    passed: int
    failed: int
    waived: int
    manual: int
    unknown: int
    unseen: bool

    @property
    def total(self) -> int:
        return self.passed + self.failed + self.waived + self.manual + self.unknown

    @property
    def decided(self) -> bool:
        """Whether evidence decided on every resource."""
        return not self.manual and not self.unknown

    def credit(self, *, mended: int = 0) -> float:
        """The share of its points that the check earns, 0 to 1, if `mended` of its resources passed besides.

        Half of it is the share of resources that pass; the other half shrinks with the number that does not,
        so that one bad object among 5,000 costs something and 5,000 cost more than one.
        """
        if self.unseen or self.unknown == self.total:
            return 0.0
        passed = self.passed + mended
        return 0.5 * passed / self.total + 0.5 / (1 + log2(1 + self.total - passed))


def tally(results: Iterable[Result]) -> Tally | None:
    """The results of one check, counted by resource. None when there are none or it applies to nothing."""
    worst: dict[tuple[str, str | None, str], Status] = {}
    last, unseen = None, False
    for last in results:
        resource, status = last.resource, last.status
        key = (resource.kind, resource.namespace, resource.name)
        if key not in worst or _RANKS[status] < _RANKS[worst[key]]:
            worst[key] = status
        unseen = unseen or (status in _UNKNOWN and resource.kind == "Cluster")
    counts = dict.fromkeys(Status, 0)
    for status in worst.values():
        counts[status] += 1
    if last is None or counts[Status.NOT_APPLICABLE] == len(worst):
        return None
    return Tally(
        last.check,
        last.severity,
        counts[Status.PASS],
        counts[Status.FAIL],
        counts[Status.WAIVED],
        counts[Status.MANUAL],
        sum(counts[status] for status in _UNKNOWN),
        unseen,
    )


def tallies(by_check: Mapping[str, Iterable[Result]]) -> dict[str, Tally]:
    """Every check that applies to something, counted."""
    counted = ((check, tally(results)) for check, results in by_check.items())
    return {check: each for check, each in counted if each}


def no_score(cluster: ClusterInfo, namespaces: tuple[str, ...]) -> str | None:
    """Why a scan of a part of a cluster has no score; None for a whole one."""
    if cluster.source == "manifests":
        return "A score takes a whole cluster; files show a part of one."
    return "A score takes a whole cluster; the scan was limited to namespaces." if namespaces else None


def overall(tallied: Mapping[str, Tally], *, withheld: str | None = None) -> Score:
    """The score of a whole scan; coverage is counted in checks. `withheld` says why there can be none."""
    decided = sum(each.decided for each in tallied.values())
    return _score(tallied.values(), decided, len(tallied), withheld)


def of_framework(
    checks: Iterable[str],
    tallied: Mapping[str, Tally],
    counts: Mapping[Status, int],
    *,
    withheld: str | None = None,
) -> Score:
    """The score over the checks that speak for a framework; coverage is counted in requirements."""
    own = [tallied[check] for check in dict.fromkeys(checks) if check in tallied]
    applicable = sum(counts.values()) - counts[Status.NOT_APPLICABLE]
    return _score(own, sum(counts[status] for status in _DECIDED), applicable, withheld)


def _score(tallied: Iterable[Tally], decided: int, applicable: int, withheld: str | None) -> Score:
    own = tuple(tallied)
    possible = sum(WEIGHTS[each.severity] for each in own)
    if withheld or not possible:
        return Score(None, None, decided, applicable, (), withheld or "No check applies.")
    earned = sum(WEIGHTS[each.severity] * each.credit() for each in own)
    accepted = sum(WEIGHTS[each.severity] * each.credit(mended=each.waived) for each in own)
    return Score(
        _percent(earned, possible), _percent(accepted, possible), decided, applicable, _fixes(own, possible)
    )


def _fixes(tallied: Iterable[Tally], possible: int) -> tuple[Fix, ...]:
    gains = []
    for each in tallied:
        gain = WEIGHTS[each.severity] * (each.credit(mended=each.failed) - each.credit())
        if points := round(100 * gain / possible, 1):
            gains.append((-points, each.severity.rank, each.check, each.failed))
    return tuple(Fix(check, failed, -points) for points, _, check, failed in sorted(gains)[:FIXES])


def _percent(part: float, whole: int) -> int:
    """Rounded down, so that only everything is 100; free of what binary fractions leave behind."""
    return int(round(100 * part / whole, 6))

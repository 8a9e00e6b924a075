"""What changed between two scans of one cluster: what is new, what is fixed, and what nobody can say.

A finding is fixed only if the later scan could have seen it and did not. Where the later scan could not look
(a kind it was not allowed to list, a check that broke or was left out, another choice of namespaces), the
finding is no longer evaluated. The same the other way round: what the earlier scan could not have seen is not
called new.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from msgspec import Struct

from checks.model import Resource, Result, Scan, Severity, Status
from checks.wording import some

_OPEN = frozenset({Status.FAIL, Status.WAIVED})
_JUDGED = frozenset({Status.PASS, Status.NOT_APPLICABLE}) | _OPEN
_SEVERE = (Severity.CRITICAL, Severity.HIGH)
_Place = tuple[str, str | None, str]
_ROLLED_UP = ("Pod", "ReplicaSet", "Job")
"""Kinds whose objects are judged under the name of their owner."""


class Drift(Struct, frozen=True):
    """What became of every open finding of two scans.

    Those of the earlier scan are in `fixed`, `still_open` or `no_longer_evaluated`; those of the later one in
    `new`, `still_open` (as the later scan has them) or `newly_evaluated`.
    """

    new: tuple[Result, ...]
    fixed: tuple[Result, ...]
    still_open: tuple[Result, ...]
    no_longer_evaluated: tuple[Result, ...]
    newly_evaluated: tuple[Result, ...]
    reasons: dict[str, str]
    """By fingerprint, why one of the scans could not have seen a finding of the last two kinds."""
    checks_changed: bool
    """The scans were judged by different versions of the checks."""


def compare(before: Scan, after: Scan) -> Drift:
    """What changed from one scan of a cluster to a later one.

    Findings are matched by fingerprint. Raises ValueError for scans of two clusters.
    """
    if before.cluster.uid != after.cluster.uid:
        raise ValueError("two clusters cannot be compared: fingerprints are a cluster's own")
    was, now = _View(before), _View(after)
    gone = [result for key, result in was.open.items() if key not in now.open]
    come = [result for key, result in now.open.items() if key not in was.open]
    unclear = {each.fingerprint: now.blind_to(each) for each in gone}
    unclear |= {each.fingerprint: was.blind_to(each) for each in come}
    reasons = {key: reason for key, reason in unclear.items() if reason}
    return Drift(
        new=tuple(each for each in come if each.fingerprint not in reasons),
        fixed=tuple(each for each in gone if each.fingerprint not in reasons),
        still_open=tuple(result for key, result in now.open.items() if key in was.open),
        no_longer_evaluated=tuple(each for each in gone if each.fingerprint in reasons),
        newly_evaluated=tuple(each for each in come if each.fingerprint in reasons),
        reasons=reasons,
        checks_changed=before.tool.checks != after.tool.checks,
    )


class _View:
    """One scan, arranged to say of any finding that it does not have open whether it could have seen it."""

    def __init__(self, scan: Scan) -> None:
        self.open = {result.fingerprint: result for result in scan.results if result.status in _OPEN}
        self._results = {result.fingerprint: result for result in scan.results}
        self._checks = {check.id for check in scan.checks}
        self._coverage = {each.kind: each for each in scan.coverage}
        self._namespaces = scan.namespaces
        self._unjudged: dict[tuple[str, _Place], Result] = {}
        self._broad: dict[str, list[Result]] = defaultdict(list)
        for result in scan.results:
            if result.status is Status.ERROR or (
                result.status not in _JUDGED and result.resource.kind == "Cluster"
            ):
                self._broad[result.check].append(result)
            elif result.status not in _JUDGED:
                self._unjudged[result.check, _place(result.resource)] = result

    def blind_to(self, finding: Result) -> str | None:
        """Why this scan could not have seen a finding; None if it could have."""
        result = self._results.get(finding.fingerprint)
        if result is not None:
            return None if result.status in _JUDGED else _reason(result)
        resource = finding.resource
        if finding.check not in self._checks:
            return f"The check {finding.check} was not part of the scan."
        if self._namespaces and not _within(resource, self._namespaces):
            return f"The scan was limited to {', '.join(self._namespaces)}."
        coverage = self._coverage.get(resource.kind)
        if coverage and coverage.gap:
            return f"{resource.kind} was not read ({coverage.reason or coverage.state})."
        if unjudged := self._unjudged.get((finding.check, _place(resource))):
            return _reason(unjudged)
        broad = self._broad.get(finding.check, ())
        return next((_reason(each) for each in broad if _hides(each, resource)), None)


def _place(resource: Resource) -> _Place:
    return resource.kind, resource.namespace, resource.name


def _hides(broad: Result, resource: Resource) -> bool:
    """Whether a check's word about the whole cluster may stand for a finding on this resource.

    A locus `kinds/KIND` limits it to that kind, unless objects of the kind are judged as their owners.
    """
    kind = broad.locus.removeprefix("kinds/")
    limited = broad.status is not Status.ERROR and kind != broad.locus
    return not limited or kind == resource.kind or kind in _ROLLED_UP


def _within(resource: Resource, namespaces: tuple[str, ...]) -> bool:
    if resource.kind == "Namespace":
        return resource.name in namespaces
    return resource.namespace in namespaces or resource.kind == "Cluster"


def _reason(result: Result) -> str:
    return result.reason or f"The verdict is {result.status.replace('_', ' ')}."


def summary(drift: Drift, *, since: datetime, now: datetime) -> str:
    """One clause such as "3 new, 2 fixed since Monday", for the end of a sentence.

    `since` is when the earlier scan was finished; days are those of `now`'s time zone.
    """
    when = _when(since, now)
    counts = ((len(drift.new), "new"), (len(drift.fixed), "fixed"))
    changes = ", ".join(f"{count} {what}" for count, what in counts if count)
    unclear = drift.no_longer_evaluated or drift.newly_evaluated
    quiet = "nothing known to be new or fixed since" if unclear else "nothing changed since"
    said = [f"{changes} since {when}" if changes else f"{quiet} {when}"]
    if count := len(drift.no_longer_evaluated):
        said.append(f"{count} can no longer be evaluated, not counted as fixed")
    if count := len(drift.newly_evaluated):
        said.append(f"{count} evaluated for the first time, not counted as new")
    if drift.checks_changed:
        said.append("the checks changed in between")
    return "; ".join(said)


def worse(drift: Drift, *, since: datetime, now: datetime) -> str:
    """What is worth telling everybody, in a clause: new findings that are critical or high; "" for none."""
    new = (each for each in drift.new if each.severity in _SEVERE)
    severe = sorted(new, key=lambda each: each.severity.rank)
    if not severe:
        return ""
    counts = Counter(each.severity for each in severe)
    listed = ", ".join(f"{counts[severity]} new {severity}" for severity in _SEVERE if counts[severity])
    return f"{listed} since {_when(since, now)}: {some(dict.fromkeys(each.check for each in severe))}"


def _when(since: datetime, now: datetime) -> str:
    since = since.astimezone(now.tzinfo)
    match (now.date() - since.date()) // timedelta(days=1):
        case 0:
            return f"{since:%H:%M} today"
        case 1 | 2 | 3 | 4 | 5 | 6:
            return f"{since:%A}"
        case 7:
            return f"last {since:%A}"
    year = "" if since.year == now.year else f" {since.year}"
    return f"{since.day} {since:%B}{year}"

"""One pure function from a Snapshot to a Scan: run every check, complete its verdicts, derive the frameworks.

Here alone live the rules that keep a scan honest: what could not be read is `not_evaluated`, a check that
breaks is `error`, and neither stops the others nor ever counts as a pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from checks.access.admins import cluster_admins
from checks.access.escalation.standing import escalations
from checks.cluster.kinds import KINDS
from checks.cluster.snapshot import Snapshot
from checks.derive import framework_result
from checks.frameworks.model import Framework
from checks.identity import tool_hash
from checks.model import (
    Check,
    CheckInfo,
    CoverageState,
    Evidence,
    KindCoverage,
    Resource,
    Result,
    Scan,
    Status,
    ToolInfo,
    Verdict,
)
from checks.providers import managed_control_plane
from checks.score import no_score, overall, tallies
from checks.side_by_side import side_by_side
from checks.verdict import cluster_resource, not_applicable, not_evaluated
from checks.workloads import workloads

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

_MOST_EVIDENCE = 20
_LONGEST_REASON = 300
_LARGE = 5_000
"""Objects from which on sharing the work gains more than it costs."""
_OF_EVERY_SCAN = frozenset(
    ("Namespace", "Node", "ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
)
"""Which cluster it is and who has cluster-admin is part of every scan."""
_MAKES = {
    "Pod": ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"),
    "ReplicaSet": ("Deployment",),
    "Job": ("CronJob",),
}
"""Whose objects a kind's are made by: unread, they may differ from the template, which alone is no pass."""
_REFUSED = (CoverageState.FORBIDDEN, CoverageState.FAILED)


def evaluate(
    snapshot: Snapshot,
    checks: tuple[Check, ...],
    frameworks: tuple[Framework, ...],
    *,
    tool_version: str,
    namespaces: tuple[str, ...] = (),
    processes: int = 1,
) -> Scan:
    """Judge a snapshot. The same input gives the same scan, whatever order its objects are in.

    `namespaces` limits what is reported to these namespaces; the whole snapshot is still what is judged,
    because bindings and policies reach across namespaces. `processes`: how many may share the work on a large
    snapshot; more than one only where this process may be forked, as that of a command may.
    """
    numbers, managed = _requirements(frameworks), managed_control_plane(snapshot)
    ordered = sorted(checks, key=lambda check: (check.severity.rank, check.id))
    places = _Places()

    def judge(check: Check) -> tuple[Result, ...]:
        return _results(check, snapshot, numbers.get(check.id, ()), namespaces, places)

    large = sum(map(len, snapshot.objects.values())) >= _LARGE
    if large and processes > 1:
        workloads(snapshot)  # before the work is shared, because nearly all of it needs them
    judged = side_by_side(ordered, judge, processes if large else 1)
    by_check = {check.id: judged[check.id] for check in ordered}
    tallied, withheld = tallies(by_check), no_score(snapshot.cluster, namespaces)
    return Scan(
        cluster=snapshot.cluster,
        started=snapshot.started,
        finished=snapshot.finished,
        tool=ToolInfo(tool_version, tool_hash(checks, frameworks)),
        coverage=snapshot.coverage,
        results=tuple(result for results in by_check.values() for result in results),
        frameworks=tuple(
            framework_result(
                framework,
                by_check,
                managed,
                provider=snapshot.cluster.provider,
                tallied=tallied,
                withheld=withheld,
            )
            for framework in frameworks
        ),
        checks=tuple(
            CheckInfo(check.id, check.title, check.severity, check.rationale, check.remediation)
            for check in ordered
        ),
        cluster_admins=cluster_admins(snapshot),
        namespaces=namespaces or None,
        problems=snapshot.problems,
        score=overall(tallied, withheld=withheld),
        escalations=escalations(snapshot),
    )


def kinds_read(checks: Iterable[Check]) -> tuple[str, ...]:
    """Every kind that `evaluate` looks at with these checks, in reading order: no other need be read."""
    wanted = {kind for check in checks for kind in check.kinds} | _OF_EVERY_SCAN
    return tuple(kind for kind in KINDS if kind in wanted)


def fingerprint(cluster_uid: str, check_id: str, resource: Resource, locus: str) -> str:
    """The stable id of a finding: 32 hexadecimal digits of a SHA-256.

    Made of the cluster's uid, the check, the resource's group, kind, namespace and name, and the locus. The
    API version and the object's uid are no part of it: a finding survives an API upgrade and a re-creation.
    """
    return _digest(_start(cluster_uid, check_id), _Places()[resource], locus)


class _Place(Struct, frozen=True, gc=False):
    """What a resource adds to a fingerprint, and what it is sorted by."""

    digested: bytes
    order: tuple[str, str, str]


class _Places(dict[Resource, _Place]):
    """Each resource's place, worked out once: every check asks for it again."""

    def __missing__(self, resource: Resource) -> _Place:
        order = (resource.kind, resource.namespace or "", resource.name)
        words = (resource.api_version.rpartition("/")[0], *order, "")
        place = self[resource] = _Place("\0".join(words).encode("utf-8", "replace"), order)
        return place


def _start(cluster_uid: str, check_id: str) -> Hash:
    return sha256(f"{cluster_uid}\0{check_id}\0".encode("utf-8", "replace"))


def _digest(start: Hash, place: _Place, locus: str) -> str:
    digest = start.copy()
    digest.update(place.digested + locus.encode("utf-8", "replace") if locus else place.digested)
    return digest.hexdigest()[:32]


def _requirements(frameworks: Iterable[Framework]) -> dict[str, tuple[str, ...]]:
    numbers: dict[str, tuple[str, ...]] = {}
    for framework in frameworks:
        for requirement in framework.requirements:
            for check in requirement.checks:
                numbers[check] = (*numbers.get(check, ()), f"{framework.id}/{requirement.id}")
    return numbers


def _results(
    check: Check,
    snapshot: Snapshot,
    requirements: tuple[str, ...],
    namespaces: tuple[str, ...],
    places: _Places,
) -> tuple[Result, ...]:
    verdicts = _verdicts(check, snapshot)
    if namespaces:
        verdicts = _limited(verdicts, snapshot, namespaces)
    placed = [(places[verdict.resource], verdict) for verdict in verdicts]
    if any(place.order >= after.order for (place, _), (after, _) in pairwise(placed)):
        placed.sort(key=_order)
    start, id_, severity = _start(snapshot.cluster.uid, check.id), check.id, check.severity
    results: dict[str, Result] = {}
    for place, verdict in placed:
        key = _digest(start, place, verdict.locus)
        result = Result(
            id_,
            verdict.status,
            severity,
            verdict.reason,
            verdict.message,
            verdict.resource,
            verdict.locus,
            verdict.evidence,
            key,
            requirements,
        )
        results[key] = _merge(results[key], result) if key in results else result
    return tuple(results.values())


def _order(placed: tuple[_Place, Verdict]) -> tuple[tuple[str, str, str], str, int, str]:
    place, verdict = placed
    return (place.order, verdict.locus, verdict.status.rank, verdict.message)


def _merge(worse: Result, other: Result) -> Result:
    """Two verdicts on the same spot (a template and its live pods, an object given twice) are one result."""
    if other.status is not worse.status or not other.evidence:
        return worse
    facts = {(e.source or "", e.path, str(e.observed)): e for e in (*worse.evidence, *other.evidence)}
    evidence: tuple[Evidence, ...] = tuple(facts[key] for key in sorted(facts))[:_MOST_EVIDENCE]
    return msgspec.structs.replace(worse, evidence=evidence)


def _verdicts(check: Check, snapshot: Snapshot) -> list[Verdict]:
    cluster = cluster_resource(snapshot)
    missing = [snapshot.of(kind) for kind in check.needs if not snapshot.saw(kind)]
    if missing:
        return [not_evaluated(cluster, "; ".join(_unread(coverage) for coverage in missing))]
    unread = [kind for kind in check.population if not snapshot.saw(kind)]
    hidden = [kind for kind in check.also if snapshot.of(kind).state in _REFUSED]
    verdicts: list[Verdict] = []
    try:
        verdicts.extend(check.function(snapshot))
    except Exception as error:  # noqa: BLE001
        verdicts.append(_broken(check, cluster, error))
    gaps = [
        not_evaluated(cluster, _unread(snapshot.of(kind)), locus=f"kinds/{kind}")
        for kind in (*unread, *hidden)
    ]
    if gaps:
        verdicts = list(_half_seen(verdicts, snapshot, unread))
    if not verdicts and not unread:
        verdicts = [_nothing(check, snapshot)]
    return gaps + verdicts


def _half_seen(verdicts: Iterable[Verdict], snapshot: Snapshot, unread: Sequence[str]) -> Iterator[Verdict]:
    """What remains of the verdicts where kinds were not read: that all is well in the whole cluster takes
    having seen all of it, and in a workload having seen what runs."""
    cluster = cluster_resource(snapshot)
    partly = {owner: kind for kind in reversed(unread) for owner in _MAKES.get(kind, ())}
    for verdict in verdicts:
        if verdict.status is not Status.PASS:
            yield verdict
        elif made := partly.get(verdict.resource.kind):
            why = _unread(snapshot.of(made))
            reason = f"What is written is as it should be, but what runs was not seen: {why}"
            yield not_evaluated(verdict.resource, reason, verdict.locus)
        elif verdict.resource != cluster:
            yield verdict


def _unread(coverage: KindCoverage) -> str:
    match coverage.state:
        case CoverageState.FORBIDDEN:
            what = "may not be listed"
        case CoverageState.ABSENT:
            what = "was not there to be read"
        case CoverageState.FAILED | CoverageState.COLLECTED:
            what = "could not be read"
    return f"{coverage.kind} {what}" + (f": {coverage.reason}" if coverage.reason else "")


def _broken(check: Check, cluster: Resource, error: Exception) -> Verdict:
    detail = f"{type(error).__name__}: {error}"[:_LONGEST_REASON]
    reason = f"The check {check.id} broke and judged nothing further ({detail}). Report it as a defect."
    return Verdict(Status.ERROR, cluster, "", "", reason)


def _nothing(check: Check, snapshot: Snapshot) -> Verdict:
    kinds = ", ".join(check.population)
    if snapshot.cluster.source == "manifests":
        return not_evaluated(cluster_resource(snapshot), f"The files hold nothing to judge ({kinds}).")
    return not_applicable(cluster_resource(snapshot), f"The cluster has nothing to judge ({kinds}).")


def _limited(verdicts: list[Verdict], snapshot: Snapshot, namespaces: tuple[str, ...]) -> list[Verdict]:
    """The verdicts about these namespaces; what is left out of the whole cluster's is said, not dropped."""
    kept = [verdict for verdict in verdicts if _within(verdict.resource, namespaces)]
    limit = f"The scan was limited to {', '.join(namespaces)}"
    if any(_cluster_wide(verdict.resource) for verdict in verdicts):
        reason = f"{limit}: what belongs to no namespace was left out."
        kept.append(not_evaluated(cluster_resource(snapshot), reason, locus="cluster-wide"))
    return kept or [not_applicable(cluster_resource(snapshot), f"{limit}, which hold nothing to judge.")]


def _cluster_wide(resource: Resource) -> bool:
    return resource.namespace is None and resource.kind not in ("Cluster", "Namespace")


def _within(resource: Resource, namespaces: tuple[str, ...]) -> bool:
    if resource.namespace is None:
        return resource.kind == "Cluster" or (resource.kind == "Namespace" and resource.name in namespaces)
    return resource.namespace in namespaces

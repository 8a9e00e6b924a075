"""From a scan to the report's document: pure, so that the same scan always gives the same report."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from checks.model import AdminHolder, Because, KindCoverage, Result, Scan, Severity, Status
from checks.wording import plural
from reports.document.evidence import digest, evidence
from reports.document.findings import failed_checks, open_verdicts
from reports.document.matrix import count, matrix
from reports.document.model import (
    Admin,
    Delta,
    Document,
    FailedCheck,
    Gain,
    Gone,
    Grant,
    Kind,
    Scope,
    Summary,
    Ways,
)
from reports.drawing.steps import ways_drawn
from reports.drift import Drift

if TYPE_CHECKING:  # a report needs no database
    from reports.history.records import Run

RISKS = 5
MOST_ADMINS = 100
MOST_GRANTS = 6
MOST_PROBLEMS = 40
MOST_GONE = 40
MOST_REMOVED = 8
_PAGE = (1_280, 560)
"""Pixels of a picture that can still be read when it is drawn as wide as a landscape page."""
_LONGEST_NAME = 50
_RBAC = {"ClusterRole", "ClusterRoleBinding"}
_JUDGED = (Status.PASS, Status.FAIL, Status.WAIVED, Status.MANUAL)


def build(
    scan: Scan, *, drift: Drift | None = None, previous: Run | None = None, run_id: str | None = None
) -> Document:
    """The report of a scan. With `drift` (since `previous`, when that is known) it says what changed."""
    data = evidence(scan)
    sha256 = digest(data)
    failed = failed_checks(
        scan, new=frozenset(each.fingerprint for each in drift.new) if drift else frozenset()
    )
    return Document(
        report_id=report_id(scan, sha256),
        cluster=scan.cluster,
        tool=scan.tool,
        started=scan.started,
        finished=scan.finished,
        run_id=run_id,
        evidence=data,
        sha256=sha256,
        summary=_summary(
            scan, failed, _delta(drift, previous, {check.id: check.title for check in scan.checks})
        ),
        scope=_scope(scan),
        matrices=tuple(matrix(framework) for framework in scan.frameworks),
        failed=failed,
        admins=tuple(_admin(holder) for holder in scan.cluster_admins[:MOST_ADMINS]),
        admins_total=len(scan.cluster_admins),
        ways=_ways(scan),
        rbac_read={each.kind for each in scan.coverage if not each.gap} >= _RBAC,
    )


def report_id(scan: Scan, sha256: str) -> str:
    """`harbour-2026-W48-1a2b3c4d`: safe as a file name, whatever the cluster is called."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", scan.cluster.name)[:_LONGEST_NAME].strip("-.") or "cluster"
    year, week, _ = scan.finished.isocalendar()
    return f"{name}-{year}-W{week:02}-{sha256[:8]}"


def _summary(scan: Scan, failed: tuple[FailedCheck, ...], delta: Delta | None) -> Summary:
    findings: Counter[Severity] = Counter()
    checks: Counter[Severity] = Counter()
    for each in failed:
        findings[each.check.severity] += each.findings
        checks[each.check.severity] += 1
    results = count(result.status for result in scan.results)
    return Summary(
        verdict=_verdict(findings, results, len(failed)),
        results=results,
        severities=tuple((severity, findings[severity], checks[severity]) for severity in Severity),
        risks=failed[:RISKS],
        delta=delta,
        kinds_read=sum(not each.gap for each in scan.coverage),
        kinds_total=len(scan.coverage),
        score=scan.score,
        gains=_gains(scan),
    )


def _gains(scan: Scan) -> tuple[Gain, ...]:
    titles = {check.id: check.title for check in scan.checks}
    fixes = scan.score.fixes if scan.score else ()
    return tuple(Gain(each.check, titles[each.check], each.resources, each.gain) for each in fixes)


def _verdict(findings: Counter[Severity], results: dict[Status, int], checks: int) -> str:
    undecided = results[Status.NOT_EVALUATED] + results[Status.ERROR]
    if findings:
        worst = ", ".join(f"{findings[each]} {each}" for each in Severity if findings[each])
        said = f"{plural(findings.total(), 'finding')} in {plural(checks, 'check')}: {worst}."
    elif results[Status.PASS]:
        said = "No findings among what was evaluated."
    else:
        said = "Nothing could be evaluated."
    if not undecided:
        return said
    return f"{said} {plural(undecided, 'verdict')} could not be reached; none of them counts as a pass."


def _gone(result: Result, titles: Mapping[str, str]) -> Gone:
    resource = result.resource
    title = titles.get(result.check, result.check)
    return Gone(title, resource.kind, resource.namespace, resource.name, result.locus)


def _delta(drift: Drift | None, previous: Run | None, titles: Mapping[str, str]) -> Delta | None:
    if drift is None:
        return None
    return Delta(
        previous.finished if previous else None,
        previous.id if previous else None,
        len(drift.new),
        len(drift.fixed),
        len(drift.still_open),
        len(drift.no_longer_evaluated),
        len(drift.newly_evaluated),
        drift.checks_changed,
        tuple(_gone(result, titles) for result in drift.fixed[:MOST_GONE]),
    )


def _scope(scan: Scan) -> Scope:
    judged = Counter(
        kind
        for kind, _, _ in {
            (result.resource.kind, result.resource.namespace, result.resource.name)
            for result in scan.results
            if result.status in _JUDGED
        }
    )
    return Scope(
        kinds=tuple(
            Kind(each.kind, each.api_version, each.state, each.listed, judged[each.kind], each.reason)
            for each in scan.coverage
            if not _unused(each)
        ),
        unused=tuple(sorted(each.kind for each in scan.coverage if _unused(each))),
        namespaces=scan.namespaces,
        problems=scan.problems[:MOST_PROBLEMS],
        problems_total=len(scan.problems),
        open=open_verdicts(scan),
    )


def _unused(kind: KindCoverage) -> bool:
    return kind.custom and not kind.gap and not kind.listed


def _admin(holder: AdminHolder) -> Admin:
    subject = holder.subject
    name = f"{subject.namespace}/{subject.name}" if subject.namespace else subject.name
    return Admin(
        subject.kind,
        name,
        holder.how,
        tuple(_grant(each) for each in holder.because[:MOST_GRANTS]),
        len(holder.because),
        holder.note,
        holder.created,
    )


def _ways(scan: Scan) -> Ways | None:
    found = scan.escalations
    if found is None:
        return None
    drawing = ways_drawn(
        found.ways, set(found.remove), within=_PAGE, besides=found.reaching - len(found.ways)
    )
    return Ways(found.reaching, drawing, found.remove[:MOST_REMOVED], len(found.remove), found.holds)


def _grant(reason: Because) -> Grant:
    return Grant(str(reason.binding), str(reason.role), reason.rule)

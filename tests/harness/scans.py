"""Scans made of nothing but what a test says: for history, drift and reports."""

from datetime import UTC, datetime, timedelta

from checks.model import (
    CheckInfo,
    ClusterInfo,
    CoverageState,
    Evidence,
    KindCoverage,
    Remediation,
    Resource,
    Result,
    Scan,
    Severity,
    Status,
    ToolInfo,
)
from checks.run import fingerprint

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
CLUSTER = ClusterInfo("0f8b-uid", "harbour", "v1.37.2", "kind")
POD, DEPLOYMENT = "Pod", "Deployment"
CLUSTER_RESOURCE = Resource("v1", "Cluster", None, CLUSTER.name, CLUSTER.uid)


def resource(name: str, kind: str = DEPLOYMENT, namespace: str | None = "shop") -> Resource:
    return Resource("apps/v1" if kind == DEPLOYMENT else "v1", kind, namespace, name, f"uid-{name}")


def result(
    name: str | Resource,
    status: Status = Status.FAIL,
    *,
    check: str = "pod-privileged",
    locus: str = "containers/app",
    message: str = "runs privileged",
    cluster: ClusterInfo = CLUSTER,
) -> Result:
    """One result; a status that needs a reason gets one."""
    about = resource(name) if isinstance(name, str) else name
    failed = status is Status.FAIL
    return Result(
        check=check,
        status=status,
        severity=Severity.HIGH,
        reason=None if status in (Status.PASS, Status.FAIL) else f"it is {status}",
        message=message if failed else "",
        resource=about,
        locus=locus,
        evidence=(Evidence("spec.privileged", True, "false"),) if failed else (),
        fingerprint=fingerprint(cluster.uid, check, about, locus),
        requirements=("cis-kubernetes-2.0.1/5.2.2",),
    )


def scan(
    *results: Result,
    finished: datetime = NOON,
    cluster: ClusterInfo = CLUSTER,
    checks: tuple[str, ...] = ("pod-privileged",),
    tool: str = "abc",
    namespaces: tuple[str, ...] | None = None,
    unread: dict[str, CoverageState] | None = None,
) -> Scan:
    """A scan with these results; `unread` says which kinds could not be read."""
    states = dict.fromkeys((POD, DEPLOYMENT, "ReplicaSet", "Namespace"), CoverageState.COLLECTED)
    states |= unread or {}
    return Scan(
        cluster=cluster,
        started=finished - timedelta(seconds=3),
        finished=finished,
        tool=ToolInfo("1.0.0", tool),
        coverage=tuple(
            KindCoverage(kind, "v1", state, 1, None if state is CoverageState.COLLECTED else "403")
            for kind, state in states.items()
        ),
        results=results,
        frameworks=(),
        checks=tuple(
            CheckInfo(each, each, Severity.HIGH, "because", Remediation("do not", "")) for each in checks
        ),
        namespaces=namespaces,
    )

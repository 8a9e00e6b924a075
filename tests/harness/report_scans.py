"""Scans to draw reports of: the sample cluster's, an empty one, a blind one, a huge one, a hostile one."""

from datetime import timedelta
from functools import cache
from typing import Any

from msgspec.structs import replace

from checks import frameworks, registry
from checks.cluster.source import take_snapshot
from checks.cluster.targets import Sample
from checks.model import (
    AdminHolder,
    Because,
    CheckInfo,
    ClusterInfo,
    CoverageState,
    Escalations,
    Evidence,
    FrameworkResult,
    KindCoverage,
    ObjectRef,
    Problem,
    Remediation,
    RequirementResult,
    Resource,
    Result,
    Scan,
    Severity,
    Status,
    Subject,
    ToolInfo,
    WayStep,
)
from checks.run import evaluate
from tests.harness.scans import NOON

FRAMEWORK = "cis-kubernetes-2.0.1"
CLUSTER = ClusterInfo("7d0e3d1c-uid", "harbour", "v1.37.2", "kind", "cluster", "the context harbour")
CHECKS = tuple(
    CheckInfo(
        f"check-{severity}-{number}",
        f"A {severity} thing number {number} is wrong",
        severity,
        "Because `it` is wrong.",
        Remediation("Mend `it`.", "spec:\n  mended: true\n"),
    )
    for severity in Severity
    for number in range(3)
)
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<!-- </style></title></svg> --> &amp; &#60;",
    "{{ 7 * 7 }} {% raw %}",
    "\u202egnp.exe\u202c \u2066x\u2069",
    "nul\x00 bell\x07 escape\x1b[31m tab\t line\nbreak\r\n",
    "soft\u00adhyphen zero\u200bwidth nbsp\u00a0 bom\ufeff",
    "\U0001f4a3 \u65e5\u672c\u8a9e \u0627\u0644\u0639 \u0430dmin e\u0301 \U000e0041",
    '=HYPERLINK("http://evil.example")',
    "a" * 253,
    ".".join("namespace-with-a-long-name" for _ in range(9)),
    "url(file:///etc/passwd) ]]> \\u{202E}",
)


@cache
def sample() -> Scan:
    """The built-in sample cluster, judged by all checks, at a fixed time."""
    snapshot = take_snapshot(Sample(), progress=lambda *_: None)
    scan = evaluate(snapshot, registry.all_checks(), frameworks.load([FRAMEWORK]), tool_version="1.2.3")
    return replace(scan, started=NOON - timedelta(seconds=3), finished=NOON)


def finding(number: int, status: Status = Status.FAIL, **changes: Any) -> Result:
    check = CHECKS[number % len(CHECKS)]
    name = f"workload-{number:06}"
    decided = status in (Status.PASS, Status.FAIL)
    result = Result(
        check=check.id,
        status=status,
        severity=check.severity,
        reason=None if decided else f"Nobody may look ({status}).",
        message="The container does it." if status is Status.FAIL else "",
        resource=Resource("apps/v1", "Deployment", f"team-{number % 40}", name, f"uid-{number}"),
        locus="containers/app",
        evidence=(Evidence("spec.template.spec.containers[0].image", f"registry/app:{number}", "a digest"),)
        if status is Status.FAIL
        else (),
        fingerprint=f"{number:032x}",
        requirements=(f"{FRAMEWORK}/5.{number % len(CHECKS)}",),
    )
    return replace(result, **changes)


def scan(*results: Result, **changes: Any) -> Scan:
    """A scan with these results, sorted as an evaluation sorts them, and one framework derived from them."""
    order = [check.id for check in CHECKS]
    ordered = tuple(sorted(results, key=lambda each: order.index(each.check) if each.check in order else -1))
    made = Scan(
        cluster=CLUSTER,
        started=NOON - timedelta(seconds=3),
        finished=NOON,
        tool=ToolInfo("1.2.3", "sha256:" + "c" * 64),
        coverage=tuple(
            KindCoverage(kind, "v1", CoverageState.COLLECTED, 7)
            for kind in ("Namespace", "Pod", "ClusterRole", "ClusterRoleBinding")
        ),
        results=ordered,
        frameworks=(_framework(results),),
        checks=CHECKS,
    )
    return replace(made, **changes)


def _framework(results: tuple[Result, ...]) -> FrameworkResult:
    requirements = []
    for number, check in enumerate(CHECKS):
        said = [result.status for result in results if result.check == check.id]
        status = min(said, key=lambda each: each.rank, default=Status.NOT_EVALUATED)
        reason = None if status in (Status.PASS, Status.FAIL) else "Nobody may look."
        requirements.append(
            RequirementResult(
                f"5.{number}", f"No {check.id}", 1, "automated", status, reason, (check.id,), "5 Policies"
            )
        )
    counts = {status: sum(each.status is status for each in requirements) for status in Status}
    return FrameworkResult(FRAMEWORK, "CIS Kubernetes Benchmark", "2.0.1", tuple(requirements), counts)


def nothing_found() -> Scan:
    return scan(*(finding(number, Status.PASS) for number in range(48)))


def nothing_read() -> Scan:
    """A scan that was allowed to see nothing."""
    return scan(
        *(finding(number, Status.NOT_EVALUATED) for number in range(len(CHECKS))),
        coverage=tuple(
            KindCoverage(kind, "v1", CoverageState.FORBIDDEN, 0, "403: may not list")
            for kind in ("Namespace", "Pod", "ClusterRole", "ClusterRoleBinding")
        ),
    )


def huge(findings: int = 10_000) -> Scan:
    return scan(*(finding(number) for number in range(findings)))


def hostile() -> Scan:
    """Every string that a cluster can choose is an attack, in turn."""
    results = (
        finding(
            number,
            status,
            message=text,
            reason=None if status in (Status.PASS, Status.FAIL) else text,
            locus=f"containers/{text}",
            resource=Resource("apps/v1", "Deployment", text, text, text),
            evidence=(Evidence(text, {text: [text]}, text, text, text, text),),
        )
        for number, text in enumerate(HOSTILE)
        for status in Status
    )
    holders = tuple(
        AdminHolder(
            Subject("User", text),
            "equivalent",
            (Because(ObjectRef("ClusterRoleBinding", text), ObjectRef("ClusterRole", text), 0),),
            text,
            NOON,
        )
        for text in HOSTILE
    )
    nasty = "".join(HOSTILE)
    ways = tuple(
        (WayStep(text, text, text, (text,), text, (text,), (text,), "cluster-admin"),) for text in HOSTILE
    )
    return scan(
        *results,
        cluster=ClusterInfo(nasty, nasty, nasty, nasty, "cluster", nasty),
        cluster_admins=holders,
        escalations=Escalations(len(HOSTILE), ways, HOSTILE, holds=True),
        problems=tuple(Problem(text, 3, text) for text in HOSTILE),
        namespaces=HOSTILE,
        coverage=(KindCoverage("Pod", "v1", CoverageState.FAILED, 0, nasty),),
    )

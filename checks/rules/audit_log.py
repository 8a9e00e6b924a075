"""Whether the API server writes an audit log at all, how long it is kept, and whether it leaves the node."""

from __future__ import annotations

from collections.abc import Iterator

from checks.audit import openshift
from checks.audit.counted import counted, records
from checks.audit.shipping import shipped
from checks.cluster.snapshot import Snapshot
from checks.control_plane.components import Component
from checks.control_plane.judge import FLAGZ, Ask, Rule, checks_of, doubt, given
from checks.judge import Finding, Said, Undecided, Unknown
from checks.model import Severity, Theme, Verdict
from checks.registry import check
from checks.verdict import cluster_resource, failed, not_applicable, not_evaluated, passed
from checks.version import minor_of
from checks.workloads import POD_KINDS

THEME = Theme.AUDIT

POLICY, LOG, WEBHOOK = "audit-policy-file", "audit-log-path", "audit-webhook-config-file"
_STDOUT = "-"
_DEFAULTS_SINCE = 37
_COUNTERS = "apiserver_audit_"
_NO_LOG = "It writes no audit log (see audit-log-missing)."
_TO_STDOUT = (
    "It writes the audit log to its standard output, so the node's container log settings decide how long "
    "it is kept: look at these, or at where the log is shipped to."
)


def recording(component: Component) -> Said:
    """Whether it records anything: it takes a policy and somewhere to write to, both."""
    for flag in (POLICY, LOG, WEBHOOK):
        found = component.flag(flag)
        reason = doubt(component, flag)
        if reason and (found is None or not found.known):
            return Unknown(reason)
    policy, log, webhook = (_set(component, flag) for flag in (POLICY, LOG, WEBHOOK))
    facts = tuple(component.evidence(flag, f"--{flag}=…") for flag in (POLICY, LOG))
    if policy and (log or webhook):
        return None
    if policy:
        return Finding("It has an audit policy and nowhere to write to, so nothing is recorded.", facts)
    if log or webhook:
        return Finding("It has somewhere to write to and no audit policy, so nothing is recorded.", facts)
    return Finding("It has no audit policy and nowhere to write to, so nothing is recorded.", facts)


def _set(component: Component, flag: str) -> bool:
    found = component.flag(flag)
    return found is not None and found.text != ""


def kept(flag: str, least: int, what: str) -> Ask:
    """What is kept of the log must be at least so much; new servers keep enough by default."""

    def ask(component: Component) -> Said:
        log = component.flag(LOG)
        reason = doubt(component, LOG) or doubt(component, flag)
        if reason:
            return Unknown(reason)
        if log is None or not log.text:
            return Unknown(_NO_LOG)
        if log.text == _STDOUT:
            return Undecided(_TO_STDOUT, (component.evidence(LOG, "a file"),))
        found = component.flag(flag)
        if found is None and (minor_of(component.version) or 0) >= _DEFAULTS_SINCE:
            return None
        if found is not None and found.number is not None and found.number >= least:
            return None
        said = f"--{flag} is {found.text}" if found else f"--{flag} is not set, so nothing settles {what}"
        fact = component.evidence(flag, f"--{flag}={least} or more")
        return Finding(f"{said}; it should be {least} or more.", (fact,))

    return ask


_LOG_FLAGS = f"--{POLICY}=/etc/kubernetes/audit/policy.yaml --{LOG}=/var/log/kubernetes/audit/audit.log"
_ROTATION = (
    "By the flag's value, or from Kubernetes 1.37 on by its default, which is enough. With the log on "
    "standard output it is left to you."
)
_KEPT = "Nothing is open by it, but what happened longer ago cannot be found out any more."

CHECKS = checks_of(
    "kube-apiserver",
    (
        Rule(
            id="audit-policy-missing",
            title="API server has no audit policy",
            severity=Severity.HIGH,
            because="Nothing is lost by it, but nothing that anybody ever did can be found out afterwards.",
            rationale="Without a policy the API server records no request, wherever it may write to.",
            remediation="Give it a policy; one rule with the level Metadata is a good beginning.",
            how=(
                "By whether the flag is set, on OpenShift by its audit profile. What the policy records is "
                "judged by audit-policy-gaps."
            ),
            set_=f"--{POLICY}=/etc/kubernetes/audit/policy.yaml",
            ask=given(POLICY, "It has no audit policy, so nothing is recorded."),
            counted=openshift.recorded,
            counts=(openshift.KIND,),
        ),
        Rule(
            id="audit-log-missing",
            title="API server records no requests",
            severity=Severity.HIGH,
            because="Nothing is lost by it, but nothing that anybody ever did can be found out afterwards.",
            rationale=(
                "It takes two things: a policy that says what is recorded, and a file or a webhook to record "
                "it in. With one of them alone the API server starts, says nothing and records nothing."
            ),
            remediation="Set both, and mount the folders into the API server's pod.",
            how=(
                "By the flags for the policy, the log file and the webhook together. Where an API server's "
                "counters were read, they tell whether that one records, also where no process is seen; on "
                "OpenShift its audit profile does."
            ),
            set_=_LOG_FLAGS,
            ask=recording,
            counted=lambda snapshot: records(snapshot) or openshift.recorded(snapshot),
            counts=("ApiServerMetrics", openshift.KIND),
        ),
        Rule(
            id="audit-log-age",
            title="Audit log is not kept for 30 days",
            severity=Severity.LOW,
            because=_KEPT,
            rationale="Break-ins are found weeks after they happened, on average.",
            remediation="Keep it for 30 days at least, or as long as your rules ask for.",
            how=_ROTATION,
            set_="--audit-log-maxage=30",
            ask=kept("audit-log-maxage", 30, "for how long it is kept"),
        ),
        Rule(
            id="audit-log-backups",
            title="Fewer than ten old audit log files are kept",
            severity=Severity.LOW,
            because=_KEPT,
            rationale="When a file is full the oldest one goes: with few of them a busy hour erases the day.",
            remediation="Keep ten files at least.",
            how=_ROTATION,
            set_="--audit-log-maxbackup=10",
            ask=kept("audit-log-maxbackup", 10, "how many old files are kept"),
        ),
        Rule(
            id="audit-log-size",
            title="Audit log files are rotated too early",
            severity=Severity.LOW,
            because=_KEPT,
            rationale="Small files fill in minutes, and then the oldest one goes.",
            remediation="Let a file grow to 100 MB at least.",
            how=_ROTATION,
            set_="--audit-log-maxsize=100",
            ask=kept("audit-log-maxsize", 100, "how large a file gets"),
        ),
    ),
)


@check(
    id="audit-log-not-shipped",
    title="Audit log does not leave the control plane",
    severity=Severity.MEDIUM,
    because="It takes one control plane node; then the traces of taking it are gone with it.",
    population=("ControlPlanePod", *POD_KINDS),
    hints=FLAGZ,
    rationale=(
        "A log that lies only where it was written can be erased by whoever gets there, is lost with the "
        "disk, and nobody is called when it shows something."
    ),
    remediation="Send it to a log store: by the audit webhook, or by a log shipper that mounts its folder.",
    snippet="""\
volumes:
  - name: audit
    hostPath: {path: /var/log/kubernetes/audit, type: Directory}
""",
)
def not_shipped(snapshot: Snapshot) -> Iterator[Verdict]:
    """It passes with an audit webhook on every API server that is seen, or with a known log shipper (told by
    its image) that mounts the folder of the audit log. A shipper without such a mount may still get it, so
    that is left to you. Whether anything arrives is not seen."""
    return shipped(snapshot)


@check(
    id="audit-events-lost",
    title="Audit events are lost",
    severity=Severity.MEDIUM,
    because="It takes a full disk or a webhook that is down; what is done then leaves no trace.",
    population=("ApiServerMetrics",),
    rationale=(
        "An event that cannot be written is dropped, and nothing but a counter tells. Where the API server "
        "is told to block instead, it refuses the request."
    ),
    remediation="Look at the disk of the log, and at the webhook, its answers and the size of its buffer.",
    snippet=f"kubectl get --raw /metrics | grep ^{_COUNTERS}\n",
)
def events_lost(snapshot: Snapshot) -> Iterator[Verdict]:
    """By what the API server that answered has counted since it started: events that a backend could not
    record, and requests refused for that. That none failed does not say that all arrived where they are
    kept."""
    cluster, found = cluster_resource(snapshot), counted(snapshot)
    if found is None:
        if snapshot.saw("ApiServerMetrics"):
            yield not_evaluated(cluster, "The API server that answered shows no counters of its auditing.")
    elif found.lost:
        events, requests = f"{sum(found.errors.values()):,}", f"{found.rejected:,}"
        message = f"Since the API server started {events} audit events could not be recorded."
        if found.rejected:
            message = f"{message[:-1]}, and {requests} requests were refused for that."
        yield failed(cluster, message, found.lost)
    elif not found.events:
        yield not_applicable(cluster, "It has recorded nothing yet (see audit-log-missing).")
    else:
        yield passed(cluster, f"Since the API server started none of {found.events:,} audit events failed.")

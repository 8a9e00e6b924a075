"""What the audit policy records: requests are tried on it, as the API server would try them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from checks.audit.coverage import Answered, answers, probes
from checks.audit.faults import faults, shadowed
from checks.audit.openshift import KIND, Profile, profile
from checks.audit.policy import level_of
from checks.audit.shipping import ASK_THE_PROVIDER
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import MANAGED, Evidence, Severity, Theme, Verdict
from checks.registry import check
from checks.verdict import cluster_resource, failed, not_applicable, not_evaluated, passed

THEME = Theme.AUDIT

NO_POLICY = (
    "The audit policy is a file on the control plane nodes that the API does not show. Give a copy of the "
    "file that --audit-policy-file names."
)
_REFUSED = "The API server refuses this policy (see audit-policy-invalid), so nothing follows from it."
_MOST = 5
_CLEAN = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
"""


def _of_operator(told: Profile) -> Verdict:
    return not_applicable(told.resource, "OpenShift's operators write the policy, and nobody else.")


def _by_policy(
    snapshot: Snapshot,
    ask: Callable[[o.AuditPolicy], Iterable[Verdict]],
    openshift: Callable[[Profile], Verdict] = _of_operator,
    *,
    refused_too: bool = False,
) -> Iterator[Verdict]:
    """Ask of every policy that was given; without one of OpenShift's profile, else it is the provider's, or
    not evaluated."""
    policies, told = snapshot.all(o.AuditPolicy), profile(snapshot)
    cluster = cluster_resource(snapshot)
    if not policies and told is not None:
        yield openshift(told)
    elif not policies and snapshot.cluster.provider in MANAGED:
        yield not_applicable(cluster, ASK_THE_PROVIDER[snapshot.cluster.provider])
    elif not policies:
        yield not_evaluated(cluster, NO_POLICY)
    for policy in policies:
        if not refused_too and faults(policy):
            yield not_evaluated(policy.resource, _REFUSED)
        else:
            yield from ask(policy)


@check(
    id="audit-policy-invalid",
    title="API server refuses the audit policy",
    severity=Severity.HIGH,
    because="The API server does not start with it: the next restart takes the control plane away.",
    population=("ControlPlanePod",),
    also=("AuditPolicy", KIND),
    rationale="A mistake in it is found out when the API server is restarted, often in a hurry.",
    remediation="Mend what is named, and try the file on a server that is not in use.",
    snippet=_CLEAN,
)
def invalid(snapshot: Snapshot) -> Iterator[Verdict]:
    """By the API server's own rules for the file; unknown fields are not seen, and it only warns of them."""
    return _by_policy(snapshot, _invalid, refused_too=True)


def _invalid(policy: o.AuditPolicy) -> Iterator[Verdict]:
    found = faults(policy)
    if not found:
        yield passed(policy.resource)
        return
    facts = tuple(Evidence(fault.at, fault.what, "what the API server accepts") for fault in found)
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    yield failed(policy.resource, f"{found[0]}{more}.", facts)


@check(
    id="audit-policy-gaps",
    title="Audit policy leaves out requests that matter",
    severity=Severity.MEDIUM,
    because="Nothing is lost by it, but what somebody did with stolen rights cannot be found out afterwards.",
    population=("ControlPlanePod",),
    also=("AuditPolicy", KIND),
    rationale=(
        "After an incident the audit log answers who read which secret, who opened a shell in which pod and "
        "who bound which role. A rule that looks harmless (nothing of nodes, no reads) takes answers away."
    ),
    remediation=(
        "Record at least the metadata of every request that is named, and end the policy with a rule for "
        "everything else. The first rule that matches decides, so order matters."
    ),
    snippet=_CLEAN,
)
def gaps(snapshot: Snapshot) -> Iterator[Verdict]:
    """Requests are tried on the policy and its first matching rule answers: reads and writes of secrets and
    config maps, token reviews and requests, changes to pods, deployments, roles, accounts, namespaces and
    custom resources, shells, forwarded ports and proxies; each by a person, a service account, a node and an
    administrator, in kube-system and elsewhere. One that leaves no line at any stage is a gap. On OpenShift
    by the audit profile that it was told to use."""
    return _by_policy(snapshot, _gaps, lambda told: told.recorded)


def _gaps(policy: o.AuditPolicy) -> Iterator[Verdict]:
    missed = [each for each in answers(policy) if each.missed]
    if not missed:
        yield passed(policy.resource, f"All of the {len(probes())} requests that were tried are recorded.")
    for target, group in _by_target(missed).items():
        message = f"It does not record {_requests(group)}."
        yield failed(policy.resource, message, _facts(policy, group, "Metadata"), f"requests/{target}")


@check(
    id="audit-policy-records-secrets",
    title="Audit policy writes secrets into the log",
    severity=Severity.HIGH,
    because="Whoever reads the log, or gets a copy of it, then has every secret that was read or written.",
    population=("ControlPlanePod",),
    also=("AuditPolicy", KIND),
    rationale=(
        "At the levels Request and RequestResponse the bodies of requests are recorded. For secrets, config "
        "maps and tokens the bodies are the values themselves, and logs are kept longer and read by more "
        "people."
    ),
    remediation="Put a rule with the level Metadata for these resources before the rules that record bodies.",
    snippet="""\
apiVersion: audit.k8s.io/v1
kind: Policy
rules:
  - level: Metadata
    resources:
      - {group: "", resources: [secrets, configmaps, serviceaccounts/token]}
      - {group: authentication.k8s.io, resources: [tokenreviews]}
  - level: RequestResponse
""",
)
def records_secrets(snapshot: Snapshot) -> Iterator[Verdict]:
    """As `audit-policy-gaps`: requests for secrets, config maps, token reviews and service accounts' tokens
    are tried, and one that is recorded with its body is a leak."""
    return _by_policy(snapshot, _leaks, lambda told: told.bodies)


def _leaks(policy: o.AuditPolicy) -> Iterator[Verdict]:
    leaking = [each for each in answers(policy) if each.leaks]
    if not leaking:
        yield passed(policy.resource, "No body of a secret, config map or token is recorded.")
    for target, group in _by_target(leaking).items():
        message = f"It records the bodies of {_requests(group)}."
        yield failed(policy.resource, message, _facts(policy, group, "Metadata"), f"requests/{target}")


@check(
    id="audit-policy-rule-unused",
    title="Rule of the audit policy never decides anything",
    severity=Severity.LOW,
    because="It says something that does not hold; what is really recorded is judged by other checks.",
    population=("ControlPlanePod",),
    also=("AuditPolicy", KIND),
    rationale="The first rule that matches decides. One behind a wider rule reads as if it did something.",
    remediation="Move the narrower rule before the wider one, or delete it.",
    snippet=_CLEAN,
)
def unused(snapshot: Snapshot) -> Iterator[Verdict]:
    """A rule is unused where one earlier rule matches all that it matches. That several earlier rules do so
    together is not looked for."""
    return _by_policy(snapshot, _unused)


def _unused(policy: o.AuditPolicy) -> Iterator[Verdict]:
    rules = policy.rules or ()
    found = list(shadowed(policy))
    if not found:
        yield passed(policy.resource)
    for shadow in found:
        at, by = f"rules[{shadow.rule}]", f"rules[{shadow.by}]"
        level = level_of(rules[shadow.rule])
        other = level_of(rules[shadow.by])
        effect = f", so {other} holds instead of {level}" if other is not level else ""
        message = f"{at} never decides, because {by} matches all of its requests{effect}."
        yield failed(policy.resource, message, Evidence(at, str(level), f"a place before {by}"), at)


def _by_target(given: Iterable[Answered]) -> dict[str, list[Answered]]:
    groups: dict[str, list[Answered]] = {}
    for each in given:
        groups.setdefault(each.probe.request.target, []).append(each)
    return groups


def _requests(group: list[Answered]) -> str:
    """What was asked, by whom: `get and list of secrets by a node`."""
    verbs = list(dict.fromkeys(each.probe.request.verb for each in group))
    askers = list(dict.fromkeys(each.probe.asker.label for each in group))
    return f"{_listed(verbs)} of {group[0].probe.request.target} by {_listed(askers)}"


def _listed(words: list[str]) -> str:
    shown = words[:_MOST]
    if len(words) > _MOST:
        return f"{', '.join(shown)} and {len(words) - _MOST} more"
    return " and ".join((", ".join(shown[:-1]), shown[-1])) if len(shown) > 1 else "".join(shown)


def _facts(policy: o.AuditPolicy, group: list[Answered], expected: str) -> tuple[Evidence, ...]:
    """Which rule decided each of them, with the requests that it decided."""
    by_rule: dict[int | None, list[Answered]] = {}
    for each in group:
        by_rule.setdefault(each.decision.rule, []).append(each)
    meta = policy.metadata
    return tuple(
        Evidence(
            "rules" if rule is None else f"rules[{rule}]",
            {
                "level": str(decided[0].decision.level),
                "decides": _requests(decided),
                "omitStages": sorted(decided[0].decision.omitted),
            },
            expected,
            uid=meta.uid,
        )
        for rule, decided in by_rule.items()
    )

"""Policies that do not do what whoever wrote them meant: for no pod, for everything, for whoever says so.

Each policy is judged by itself, whatever kind it is of; what all of them come to for a namespace or a
workload other checks say.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.access.admins import everything
from checks.access.engine import granting
from checks.access.index import index
from checks.access.matching import Request
from checks.access.stock import key_of
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.model import Evidence, Severity, Subject, Theme, Verdict
from checks.network.aim import Aim, Aimed, aims
from checks.network.compiled import Compiled
from checks.network.peers import NAME_LABEL
from checks.network.policies import POLICIES, Direction, rules_of
from checks.registry import check
from checks.rules.rbac_grants import BINDINGS, ROLES, Grant, grants
from checks.verdict import failed, not_applicable, not_evaluated, passed
from checks.workloads import POD_KINDS

THEME = Theme.NETWORK

_POLICIES = tuple(kind.__name__ for kind in POLICIES)
_MOST_NAMED = 3
_SELECTOR = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: shop, namespace: web}
spec:
  podSelector: {matchLabels: {app: shop}}
  policyTypes: [Ingress]
  ingress:
    - from: [{podSelector: {matchLabels: {app: front}}}]
      ports: [{port: 8080}]
"""
_BY_NAME = """\
ingress:
  - from:
      - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}
        podSelector: {matchLabels: {app: prometheus}}
"""


@check(
    id="network-policy-selects-nothing",
    title="Network policy is for no pod",
    severity=Severity.LOW,
    needs=("Namespace", *POD_KINDS),
    population=_POLICIES,
    rationale=(
        "A selector that no pod matches any more, or never did for a slip of the pen, protects nothing, "
        "while whoever reads the policy believes that it does."
    ),
    remediation="Select the labels that the pods have, or remove the policy.",
    snippet=_SELECTOR,
    because="The policy may be a leftover that nobody misses; only if it was meant for pods are those open.",
)
def selects_nothing(snapshot: Snapshot) -> Iterator[Verdict]:
    """Whether some pod, a finished one too, or some template of pods to come matches its selector. One for
    every pod of a namespace waits for those that come, and passes. To a pod on its node's network no policy
    applies. Pods that a controller nobody reads will make are not known."""
    for aim in aims(snapshot):
        resource = aim.policy.resource
        match aim.aimed:
            case Aimed.PODS:
                yield passed(resource)
            case Aimed.WAITING:
                yield passed(resource, "It is for every pod of a namespace, those to come too.")
            case Aimed.UNKNOWN:
                yield not_evaluated(resource, f"Whom it is for is not known: {aim.doubt}.")
            case Aimed.NO_RULES:
                yield not_applicable(resource, "It has no rules for pods.")
            case Aimed.UNSEEN:
                yield not_evaluated(resource, "The files hold no pods of its namespace.")
            case Aimed.ON_NODE:
                message = "It selects only pods on their node's network, to which no policy applies."
                yield failed(resource, message, _of_selector(aim))
            case Aimed.NOBODY:
                yield failed(resource, "It selects no pod, and no template of pods.", _of_selector(aim))


def _of_selector(aim: Aim) -> Evidence:
    meta = aim.policy.metadata
    path = "spec.podSelector" if isinstance(aim.policy, o.NetworkPolicy) else "spec"
    return Evidence(path, "matches no pod", "labels that pods have", None, meta.uid, meta.resource_version)


@check(
    id="network-policy-allows-all",
    title="Network policy allows everything",
    severity=Severity.LOW,
    needs=(),
    population=_POLICIES,
    rationale=(
        "A rule without peers and ports lets everybody in, or out to everywhere. Policies add up, so the "
        "pods it selects gain nothing from any other: default deny is undone for them."
    ),
    remediation="Name the peers and the ports. What serves everybody still needs only its own ports.",
    snippet=_SELECTOR,
    because="It undoes isolation for some pods; it takes a foothold before that matters.",
)
def allows_all(snapshot: Snapshot) -> Iterator[Verdict]:
    """Whether a rule of it has neither peers nor ports, in one direction or both; for a cluster-wide policy
    whether it accepts all pods on all ports. Every address (0.0.0.0/0) or namespace, or every port, is less
    than everything and is judged where workloads are."""
    for aim in aims(snapshot):
        meta = aim.policy.metadata
        facts = tuple(
            Evidence(part.opens or "", "everything", "peers and ports", None, meta.uid, meta.resource_version)
            for part in aim.opening
        )
        if not aim.parts:
            yield not_applicable(aim.policy.resource, "It has no rules for pods.")
        elif facts:
            yield failed(aim.policy.resource, f"It allows {_all_traffic(aim.opening)}.", facts)
        else:
            yield passed(aim.policy.resource)


def _all_traffic(parts: tuple[Compiled, ...]) -> str:
    incoming = any(part.direction is Direction.INGRESS for part in parts)
    outgoing = any(part.direction is Direction.EGRESS for part in parts)
    ways = [word for word, there in (("incoming", incoming), ("outgoing", outgoing)) if there]
    return f"all {' and all '.join(ways)} traffic"


@check(
    id="network-policy-trusts-namespace-label",
    title="Network policy lets in namespaces by a label that somebody can set",
    severity=Severity.LOW,
    needs=(*ROLES, *BINDINGS),
    population=("NetworkPolicy",),
    rationale=(
        "Labels of a namespace are what its editors say. Whoever may label one lets its pods in wherever a "
        "policy goes by that label. Only kubernetes.io/metadata.name is set by the API server itself."
    ),
    remediation="Go by kubernetes.io/metadata.name, or let nobody else label namespaces.",
    snippet=_BY_NAME,
    because="It takes the right to label a namespace first, which few should hold.",
)
def trusts_namespace_label(snapshot: Snapshot) -> Iterator[Verdict]:
    """Whether an incoming rule picks namespaces by a label other than their name, and somebody beside
    Kubernetes itself and those who can do everything may create, update or patch namespaces. What keeps
    labels as they are otherwise, such as an admission policy, is not seen."""
    may = _labellers(snapshot)
    for policy in snapshot.all(o.NetworkPolicy):
        facts = tuple(_trusting(policy))
        if not facts:
            yield passed(policy.resource)
        elif may:
            names = ", ".join(dict.fromkeys(str(grant.subject) for grant in may[:_MOST_NAMED]))
            more = f" and {len(may) - _MOST_NAMED} more" if len(may) > _MOST_NAMED else ""
            message = f"It goes by labels of namespaces, which {names}{more} may set."
            chain = may[0].evidence("somebody who must label namespaces")[0]
            source = str(may[0].bound.binding.resource)
            yield failed(policy.resource, message, (*facts, _from(chain, source)))
        elif snapshot.cluster.source == "manifests":
            yield not_evaluated(policy.resource, "Who may label namespaces, the files do not show.")
        else:
            yield passed(policy.resource, "It goes by labels of namespaces, which only admins may set.")


@derived
def _labellers(snapshot: Snapshot) -> tuple[Grant, ...]:
    """Whom people gave the right to label namespaces, each once."""
    rbac, complete = index(snapshot), everything(snapshot)
    found: dict[Subject, Grant] = {}
    for verb in ("create", "patch", "update"):
        request = Request(verb, "namespaces", name="" if verb == "create" else None)
        for bound, rules in granting(rbac, request):
            if key_of(bound.role) not in complete:
                for grant in grants(bound, rules):
                    if not grant.own:
                        found.setdefault(grant.subject, grant)
    return tuple(found[subject] for subject in sorted(found, key=str))


def _trusting(policy: o.NetworkPolicy) -> Iterator[Evidence]:
    meta = policy.metadata
    for number, (peers, _) in enumerate(rules_of(policy.spec, Direction.INGRESS)):
        for place, peer in enumerate(peers or ()):
            if peer.namespace_selector is not None and (labels := _trusted(peer.namespace_selector)):
                path = f"spec.ingress[{number}].from[{place}].namespaceSelector"
                yield Evidence(path, labels, NAME_LABEL, None, meta.uid, meta.resource_version)


def _trusted(selector: o.LabelSelector) -> list[str]:
    """The labels it goes by; none where it names the namespaces too, or only leaves some out."""
    having = [each.key for each in selector.match_expressions or () if each.operator in ("In", "Exists")]
    named = [each.key for each in selector.match_expressions or () if each.operator == "In"]
    exact = list(selector.match_labels or {})
    if NAME_LABEL in (*exact, *named):
        return []
    return sorted({*exact, *having} - {NAME_LABEL})


def _from(fact: Evidence, source: str) -> Evidence:
    return Evidence(fact.path, fact.observed, fact.expected, source, fact.uid, fact.resource_version)

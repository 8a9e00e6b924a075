"""How far a workload or its service account gets: to cluster-admin, or to root on a node.

Single rights have findings of their own (`rbac-…`). These say what one identity's rights come to together
with pods, nodes and what other identities hold.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.access.escalation.catalogue import CATALOGUE
from checks.access.escalation.estate import ALSO, accounts_by_name, has_token
from checks.access.escalation.graph import graph
from checks.access.escalation.held import holdings
from checks.access.escalation.host import ways_out
from checks.access.escalation.places import Goal, NodeRoot, Place, in_words
from checks.access.escalation.steps import Chain
from checks.access.index import RBAC_KINDS, index
from checks.access.subjects import SERVICE_ACCOUNT
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.model import Evidence, Severity, Subject, Theme, Verdict
from checks.network.policies import namespace_of
from checks.pods import service_account
from checks.registry import check
from checks.verdict import failed, not_applicable, not_evaluated, passed
from checks.workloads import POD_KINDS, Spec, Workload, workloads

THEME = Theme.ACCESS

_INFORMING = ("Namespace", "Node", "Secret")
_ALSO = (*_INFORMING, *ALSO)
_MOST_FACTS = 6
_STATIC = "A kubelet runs it from a file, without a service account: it is a part of its node."


@check(
    id="workload-reaches-cluster-admin",
    title="From inside a workload the whole cluster can be taken",
    severity=Severity.HIGH,
    because="It takes a hold on one container, and from there nothing but rights that are already granted.",
    needs=RBAC_KINDS,
    population=POD_KINDS,
    also=(*_ALSO, "ServiceAccount"),
    rationale=(
        "Whoever breaks into a container has its service account's token, and its node where nothing keeps "
        "them in. Where that leads on to cluster-admin, one flaw in one program is the loss of everything."
    ),
    remediation=(
        "Ask `quarterdeck blast-radius` for the ways and for the fewest bindings that end them all; turn the "
        "token's mount off where the program does not call the API."
    ),
    snippet="""\
spec:
  serviceAccountName: shop
  automountServiceAccountToken: false
""",
)
def workload_reaches_cluster_admin(snapshot: Snapshot) -> Iterator[Verdict]:
    """The shortest way from the pod's service account, if its token lies in the pod, or from its node, if a
    container can get out to it, by the catalogue that `quarterdeck escalate` uses: each step is a permission
    that a binding gives. Static pods have no account and are a part of their node."""
    ways = _ways_to_admin(snapshot)
    for workload in workloads(snapshot):
        resource = workload.resource
        if workload.static:
            yield not_applicable(resource, _STATIC)
            continue
        starts = [(spec, start) for spec in workload.specs for start in _starts(snapshot, workload, spec)]
        leading = sorted((ways[start].acts, n) for n, (_, start) in enumerate(starts) if start in ways)
        if leading:
            spec, start = starts[leading[0][1]]
            way = ways[start]
            message = f"Whoever is inside has the cluster: {_told(start, way)}."
            yield failed(resource, message, (_hold(spec, start), *_facts(way)))
        elif unknown := _unknown(snapshot, [start for _, start in starts]):
            yield not_evaluated(resource, unknown)
        else:
            yield passed(resource)


@check(
    id="workload-privileged-with-rights",
    title="Privileged pod holds rights that lead to others",
    severity=Severity.HIGH,
    because="Two barriers are gone at once: the container's wall, and the account that holds nothing.",
    needs=RBAC_KINDS,
    population=POD_KINDS,
    also=("ServiceAccount",),
    rationale=(
        "A container that can get out to its node is the first thing that an intruder looks for, also from "
        "other pods of that node. The token of an account with rights is what they want next."
    ),
    remediation="Take either away: what opens the node, or the rights (or the token) of the service account.",
    snippet="""\
containers:
  - name: agent
    securityContext: {privileged: false, capabilities: {drop: [ALL]}}
""",
)
def privileged_with_rights(snapshot: Snapshot) -> Iterator[Verdict]:
    """Pods from which a container reaches its node (privileged, capabilities such as SYS_ADMIN, the runtime's
    socket or the node's credentials mounted), if a token lies there and its account holds any single right of
    the catalogue that `quarterdeck escalate` uses: reading secrets, starting pods, tokens, impersonation …"""
    everybody = holdings(snapshot)
    for workload in workloads(snapshot):
        if workload.static:
            yield not_applicable(workload.resource, _STATIC)
            continue
        for spec in workload.specs:
            way_out = next(ways_out(spec.pod), None)
            account = _account(snapshot, workload, spec)
            rights = everybody.of(account).holds if account else {}
            if way_out is None or account is None or not rights:
                continue
            some = sorted({f"{need.verbs[0]} {need.resource}" for need in rights})[:3]
            message = f"{way_out[1]}, and {account} holds rights that lead to others ({', '.join(some)})."
            fact = spec.evidence(way_out[0], way_out[1], "no way to the node")
            yield failed(
                workload.resource, f"{message[0].upper()}{message[1:]}", (fact, _hold(spec, account))
            )
            break
        else:
            yield passed(workload.resource)


@check(
    id="service-account-takes-over",
    title="Service account can become cluster-admin or take a node",
    severity=Severity.HIGH,
    because="It takes this one account's token; everything after that is granted already.",
    needs=RBAC_KINDS,
    population=("ServiceAccount",),
    also=(*_ALSO, "Pod"),
    rationale=(
        "An account does not need cluster-admin to come to it. Starting pods beside a powerful account, "
        "minting its token, reading its secret or running commands in its pod is as good."
    ),
    remediation=(
        "Ask `quarterdeck escalate sa:NAMESPACE/NAME` for every way and the fewest bindings to remove; keep "
        "powerful accounts in namespaces where nobody else starts pods."
    ),
    snippet="""\
# quarterdeck escalate sa:ci/runner --context production
# kubectl delete rolebinding runner -n ci
""",
)
def service_account_takes_over(snapshot: Snapshot) -> Iterator[Verdict]:
    """The shortest way from the account to cluster-admin or to root on a node, by the catalogue that
    `quarterdeck escalate` uses. An account that holds everything already is judged by `rbac-cluster-admin`;
    what Kubernetes itself grants its controllers is left out."""
    whole = graph(snapshot)
    nodes = (place for place in whole.moves if isinstance(place, NodeRoot))
    goals: list[Place] = [Goal.ADMIN, *sorted(nodes, key=lambda place: place.node or "")]
    own = whole.toward(*goals, fixed=True)
    accounts = [
        (each, Subject(SERVICE_ACCOUNT, each.metadata.name, namespace_of(each)))
        for each in snapshot.all(o.ServiceAccount)
    ]
    ways = whole.ways([subject for _, subject in accounts], *goals)
    for (account, subject), way in zip(accounts, ways, strict=True):
        if way is None:
            unknown = _unknown(snapshot, [subject])
            yield not_evaluated(account.resource, unknown) if unknown else passed(account.resource)
        elif subject in own:
            yield passed(account.resource, "It holds what Kubernetes itself grants.")
        elif not way.acts:
            yield not_applicable(account.resource, "It holds everything, which rbac-cluster-admin judges.")
        else:
            what = "cluster-admin" if way.steps[-1].gains is Goal.ADMIN else in_words(way.steps[-1].gains)
            yield failed(account.resource, f"It can come to {what}: {_told(subject, way)}.", _facts(way))


@derived
def _ways_to_admin(snapshot: Snapshot) -> dict[Place, Chain]:
    """The shortest way to cluster-admin from everything that a workload may hold and that leads there."""
    whole = graph(snapshot)
    held = (s for w in workloads(snapshot) for spec in w.specs for s in _starts(snapshot, w, spec))
    starts = tuple(dict.fromkeys(held))
    whole.add(*starts)
    ways = whole.ways(starts, Goal.ADMIN)
    return {start: way for start, way in zip(starts, ways, strict=True) if way is not None}


def _starts(snapshot: Snapshot, workload: Workload, spec: Spec) -> Iterator[Subject | NodeRoot]:
    if workload.static:
        return
    account = _account(snapshot, workload, spec)
    if account is not None:
        yield account
    if next(ways_out(spec.pod), None) is not None:
        yield NodeRoot(spec.pod.node_name or "")


def _account(snapshot: Snapshot, workload: Workload, spec: Spec) -> Subject | None:
    """The account whose token lies in the pod."""
    namespace = workload.namespace or ""
    if not has_token(spec.pod, namespace, accounts_by_name(snapshot)):
        return None
    return Subject(SERVICE_ACCOUNT, service_account(spec.pod), namespace)


def _hold(spec: Spec, start: Place) -> Evidence:
    if isinstance(start, Subject):
        return spec.evidence("serviceAccountName", start.name, "an account that leads nowhere, or no token")
    path, words = next(ways_out(spec.pod))
    return spec.evidence(path, words, "no way to the node")


def _told(start: Place, way: Chain) -> str:
    """A way in a sentence: who begins, by what, and how many steps it takes."""
    if not way.acts:
        return f"{in_words(start)} holds everything"
    first = way.steps[0]
    technique = CATALOGUE[first.move.technique]
    only = f", if {first.condition}" if first.condition else ""
    many = f" ({way.acts} steps)" if way.acts > 1 else ""
    return (
        f"{in_words(first.identity)} can {technique.title} and has then {in_words(first.gains)}{only}{many}"
    )


def _facts(way: Chain) -> tuple[Evidence, ...]:
    """The rules that the way rests on, each with its binding."""
    found: dict[tuple[str, str], Evidence] = {}
    for step in way.steps:
        for each in step.permissions:
            because, bound = each.because, each.bound
            if because is None or bound is None:
                continue
            rule = (bound.role.rules or ())[because.rule]
            observed = {"verbs": list(rule.verbs or ()), "resources": list(rule.resources or ())}
            binding = str(bound.binding.resource)
            meta = bound.binding.metadata
            fact = Evidence(
                f"rules[{because.rule}] of {bound.role.resource}",
                observed,
                "no more than is needed",
                binding,
                meta.uid,
                meta.resource_version,
            )
            found.setdefault((fact.path, binding), fact)
    return tuple(found.values())[:_MOST_FACTS]


def _unknown(snapshot: Snapshot, starts: list[Place]) -> str:
    """Why it is not known that there is no way: something to be taken was not read, and there is a right to
    take it; or in files, a role is not among them. Empty where it is known."""
    if unread := _unread(snapshot):
        everybody = holdings(snapshot)
        for start in starts:
            if not isinstance(start, Subject) or everybody.of(start).holds:
                return f"{unread} could not be read, and {in_words(start)} has rights that may lead on."
    if snapshot.cluster.source != "manifests":
        return ""
    waiting = _waiting(snapshot)
    number = min((waiting[start] for start in starts if start in waiting), default=None)
    if number is None:
        return ""
    role = index(snapshot).dangling[number].role
    return f"{role.kind} {role.name} is not in the files: what it grants is not known."


@derived
def _unread(snapshot: Snapshot) -> str:
    return ", ".join(kind for kind in (*_INFORMING, "Pod", "ServiceAccount") if not snapshot.saw(kind))


@derived
def _waiting(snapshot: Snapshot) -> dict[Place, int]:
    """The first binding to a role that is not there, by whom it names."""
    found: dict[Place, int] = {}
    for number, each in enumerate(index(snapshot).dangling):
        for subject in each.subjects:
            if subject is not None:
                found.setdefault(subject, number)
    return found

"""What workloads may be reached by and may reach: strangers, the Internet, the cloud's metadata address.

Judged per workload, by what policies of every kind come to for its pods. A pod on its node's network is
beyond all of them and is said to be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import MANAGED, Evidence, Severity, Status, Theme, Verdict
from checks.network.chain import Action, Decision
from checks.network.exposure import from_anywhere, to_internet, to_metadata
from checks.network.groups import Group, by_workload
from checks.network.isolation import PodState, isolation
from checks.network.peers import Peer
from checks.network.plugin import CONFIG, plugin
from checks.network.policies import Direction, namespace_of
from checks.network.world import OTHER_KINDS
from checks.registry import check
from checks.verdict import cluster_resource, failed, manual, not_applicable, not_evaluated, passed
from checks.wording import some
from checks.workloads import POD_KINDS

THEME = Theme.NETWORK

_NEEDS = ("NetworkPolicy", "Namespace", *OTHER_KINDS)
_SYSTEM = "kube-system"
_ON_NODE = "Its pods are on their node's network, where no policy is for them."
_PUBLISHED = ("NodePort", "LoadBalancer")
_DENY_OUT = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: egress, namespace: web}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}]
      ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
"""
_LET_IN = """\
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

Ask = Callable[[Snapshot, Peer], Decision]


@check(
    id="workload-reachable-from-everywhere",
    title="Workload accepts connections from every namespace",
    severity=Severity.LOW,
    needs=_NEEDS,
    population=POD_KINDS,
    also=(CONFIG,),
    rationale="Whoever gets a foothold anywhere in the cluster can try this workload's ports.",
    remediation="Let in only the workloads that need it, on the ports they need.",
    snippet=_LET_IN,
    because="It takes a foothold in the cluster and then a weakness of the workload itself.",
)
def reachable_from_everywhere(snapshot: Snapshot) -> Iterator[Verdict]:
    """Whether a pod that no rule names, in a namespace without labels, would be let in on any port. What runs
    in kube-system serves the whole cluster and is left out."""
    return _judge(
        snapshot, from_anywhere, "It accepts connections from pods of any namespace", Direction.INGRESS
    )


@check(
    id="workload-internet-egress",
    title="Workload may reach the Internet",
    severity=Severity.LOW,
    needs=_NEEDS,
    population=POD_KINDS,
    also=(CONFIG,),
    rationale="Code that was brought in can fetch more of it, and send out what it finds.",
    remediation="Isolate egress and allow the addresses that are needed.",
    snippet=_DENY_OUT,
    because="It takes somebody inside already; then it is the way out for data.",
)
def internet_egress(snapshot: Snapshot) -> Iterator[Verdict]:
    """Whether most of a set of addresses spread over the public space may be reached on some port, in IPv4 or
    IPv6. A few chosen hosts or blocks are not the Internet and pass."""
    return _judge(snapshot, to_internet, "It may reach any public address", Direction.EGRESS)


@check(
    id="workload-metadata-reachable",
    title="Workload may reach the cloud's metadata address",
    severity=Severity.MEDIUM,
    needs=_NEEDS,
    population=POD_KINDS,
    also=("Node", CONFIG),
    rationale=(
        "On a cloud's machines 169.254.169.254 (fd00:ec2::254) gives out the machine's own credentials, to "
        "any pod that can ask unless the cloud is told otherwise."
    ),
    remediation="Isolate egress, or except the address from the blocks that are allowed.",
    snippet="""\
egress:
  - to:
      - ipBlock:
          cidr: 0.0.0.0/0
          except: [169.254.169.254/32]
""",
    because="One request from a pod may yield the node's cloud identity, if the cloud does not stop it.",
)
def metadata_reachable(snapshot: Snapshot) -> Iterator[Verdict]:
    """Whether TCP 80 of the address is let through. Whether the cloud guards it otherwise (IMDSv2 with a hop
    limit of 1, GKE's metadata server), the API does not show. Where no node belongs to a cloud the question
    does not arise."""
    if not _in_a_cloud(snapshot):
        reason = "No node names a cloud it belongs to (spec.providerID): there is no metadata address."
        yield not_applicable(cluster_resource(snapshot), reason)
        return
    yield from _judge(snapshot, to_metadata, "It may reach the cloud's metadata address", Direction.EGRESS)


def _in_a_cloud(snapshot: Snapshot) -> bool:
    if snapshot.cluster.provider in MANAGED or not snapshot.all(o.Node):
        return True
    own = ("kind://", "k3s://", "vsphere://")
    places = [each.spec.provider_id for each in snapshot.all(o.Node)]
    return any(place and not place.startswith(own) for place in places)


def _judge(snapshot: Snapshot, ask: Ask, what: str, direction: Direction) -> Iterator[Verdict]:
    for alike in by_workload(snapshot).values():
        resource = alike[0].workload
        ours = [group for group in alike if not group.peer.on_node_network]
        if direction is Direction.INGRESS and resource.namespace == _SYSTEM:
            yield not_applicable(resource, "It serves the whole cluster.")
        elif not ours:
            yield not_applicable(resource, _ON_NODE)
        else:
            found = _verdict(ours, [ask(snapshot, group.peer) for group in ours], what, direction)
            yield _if_enforced(snapshot, found)


def _if_enforced(snapshot: Snapshot, verdict: Verdict) -> Verdict:
    """Where nothing that was found enforces policies, what they close is closed in name only."""
    found = plugin(snapshot)
    if verdict.status is not Status.PASS or not found.unenforced:
        return verdict
    facts = tuple(fact for each in found.seen for fact in each.evidence)
    return manual(verdict.resource, f"The policies close it. {found.unenforced}", facts)


def _verdict(groups: list[Group], decisions: list[Decision], what: str, direction: Direction) -> Verdict:
    resource = groups[0].workload
    opened = next((each for each in decisions if each.allowed), None)
    if opened is not None:
        return failed(resource, f"{what}: {opened.allowed}.", _facts(opened, direction))
    unknown = next((each for each in decisions if each.unknown), None)
    if unknown is not None:
        doubts = [step for step in unknown.steps if not step.sure]
        why = (
            f"{doubts[0].rule.policy.resource}: {doubts[0].rule.doubt or 'not known'}"
            if doubts
            else "not known"
        )
        return not_evaluated(resource, f"Present, not modelled: {why}.")
    return passed(resource)


def _facts(decision: Decision, direction: Direction) -> tuple[Evidence, ...]:
    allowing = [step for step in decision.steps if step.rule.action is Action.ALLOW]
    if not allowing:
        fact = Evidence("networkpolicies", "none that isolates it", f"one with policyTypes {direction.value}")
        return (fact,)
    return tuple(
        Evidence(
            step.rule.path,
            str(step.ports),
            "peers that need it",
            str(step.rule.policy.resource),
            step.rule.policy.metadata.uid,
            step.rule.policy.metadata.resource_version,
        )
        for step in allowing[:5]
    )


@check(
    id="service-exposed-without-policy",
    title="Service is published, and no policy guards its pods",
    severity=Severity.MEDIUM,
    needs=(*_NEEDS, *POD_KINDS),
    population=("Service",),
    also=(CONFIG,),
    rationale=(
        "Its pods take connections from everywhere on all ports they listen on, not only the published one."
    ),
    remediation="Isolate the pods and allow the published port.",
    snippet=_LET_IN,
    because="The way in from outside is open already; a policy would narrow it to one port.",
)
def exposed_without_policy(snapshot: Snapshot) -> Iterator[Verdict]:
    """Of type NodePort or LoadBalancer, or with external IPs: whether a policy isolates every pod it selects,
    without allowing everything again. Where Cilium's mode, which may deny by itself or turn policies off,
    could not be read, the question stays open. Other Services are not published and are left out."""
    for service in snapshot.all(o.Service):
        if service.spec.type not in _PUBLISHED and not service.spec.external_ips:
            continue
        if not service.spec.selector:
            yield not_applicable(service.resource, "It selects no pods of its own.")
            continue
        yield _guarded(snapshot, service)


def _guarded(snapshot: Snapshot, service: o.Service) -> Verdict:
    wanted = (service.spec.selector or {}).items()
    found = isolation(snapshot, namespace_of(service), Direction.INGRESS)
    chosen = [pod for pod in found.pods if wanted <= pod.peer.labels.items()]
    naked = [pod.peer.name for pod in chosen if pod.state is not PodState.ISOLATED]
    if naked and found.unclear:
        first = found.unclear[0]
        reason = f"Whether its pods are isolated depends on {first.policy.resource}: {first.doubt}."
        return not_evaluated(service.resource, reason)
    if naked:
        meta = service.metadata
        fact = Evidence(
            "spec.type",
            service.spec.type,
            "pods that a policy isolates",
            None,
            meta.uid,
            meta.resource_version,
        )
        return failed(service.resource, f"No policy guards {some(naked)}.", fact)
    if not chosen:
        return not_applicable(service.resource, "It selects no pod that a policy could be for.")
    if unread := plugin(snapshot).unread:
        return not_evaluated(service.resource, f"Policies isolate all of its {len(chosen)} pods. {unread}")
    return _if_enforced(snapshot, passed(service.resource, f"All of its {len(chosen)} pods are isolated."))

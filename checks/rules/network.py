"""Whether a namespace is closed unless somebody opens it: to traffic that comes in, and that goes out.

Judged is what policies of every kind come to: NetworkPolicies, cluster-wide ones, Cilium's and Calico's.
What of them is not modelled leaves the question open. Whether a plugin enforces them is not seen, and said.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Severity, Status, Theme, Verdict
from checks.network.compiled import Compiled, Layer
from checks.network.isolation import Isolation, NamespaceIsolation, PodState, isolation, namespaces
from checks.network.plugin import CONFIG, plugin
from checks.network.policies import Direction
from checks.network.selectors import selects_all
from checks.network.stages import ALWAYS
from checks.network.world import OTHER_KINDS, world
from checks.registry import check
from checks.verdict import failed, manual, not_evaluated, passed
from checks.wording import some
from checks.workloads import POD_KINDS

THEME = Theme.NETWORK

_NEEDS = ("NetworkPolicy", *OTHER_KINDS, *POD_KINDS)
_MOST_FACTS = 20
_SYSTEM = "kube-system"
_OWN_COMPONENTS = (
    "It holds the cluster's own components, and isolating them can break the cluster: decide with its "
    "installer what may reach them."
)
_SNIPPET = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: web}
spec:
  podSelector: {}
  policyTypes: [%s]
"""


@check(
    id="namespace-network-policy-missing",
    title="Namespace has no network policy",
    severity=Severity.MEDIUM,
    needs=("NetworkPolicy", *OTHER_KINDS),
    population=("Namespace",),
    because="With no policy at all, one pod that is taken over can try every other one.",
    rationale="Without any policy every pod may reach every other pod, whoever runs it.",
    remediation="Deny by default in both directions, then allow what each application needs.",
    snippet=_SNIPPET % "Ingress, Egress",
)
def policy_missing(snapshot: Snapshot) -> Iterator[Verdict]:
    """Whether there is one at all, of any kind, whatever it says: two other checks judge what it comes to.
    Whether kube-system needs one, a person decides."""
    around = world(snapshot)
    for namespace in namespaces(snapshot):
        name = namespace.metadata.name
        found = around.count(name)
        unclear = [each.policy for way in Direction for each in around.doubtful(name, way)]
        policies = [each for each in unclear if not isinstance(each, o.NetworkPluginConfigMap)]
        if found:
            yield passed(namespace.resource, f"It has {_count(found, 'network policy')}.")
        elif policies:
            named = f"{policies[0].kind} {policies[0].metadata.name}"
            yield not_evaluated(namespace.resource, f"Whether {named} is for it is not known.")
        else:
            fact = Evidence("networkpolicies", 0, "at least one", None, namespace.metadata.uid)
            yield _of_system(failed(namespace.resource, "It has no network policy.", fact))


@check(
    id="namespace-default-deny-ingress",
    title="Namespace does not deny incoming traffic by default",
    severity=Severity.MEDIUM,
    needs=_NEEDS,
    population=("Namespace",),
    also=(CONFIG,),
    because="It takes a foothold first; then nothing on the network stands between it and the rest.",
    rationale=(
        "Unless a policy isolates it, a pod accepts connections from every pod of the cluster: one that was "
        "broken into reaches all others."
    ),
    remediation="Isolate every pod of the namespace with an empty selector, then allow who may come in.",
    snippet=_SNIPPET % "Ingress",
)
def default_deny_ingress(snapshot: Snapshot) -> Iterator[Verdict]:
    """A policy for every pod passes, with rules or without, unless another one allows everything again.
    Policies that only happen to select every pod of now are no default. Cilium's mode `always` denies by
    itself. What would fail in kube-system is left to a person."""
    return _default_deny(snapshot, Direction.INGRESS)


@check(
    id="namespace-default-deny-egress",
    title="Namespace does not deny outgoing traffic by default",
    severity=Severity.MEDIUM,
    needs=_NEEDS,
    population=("Namespace",),
    also=(CONFIG,),
    because="It takes a foothold first; then nothing on the network stands between it and the rest.",
    rationale=(
        "Unless a policy isolates it, a pod may open connections to everything: other namespaces, the "
        "cloud's metadata address, the internet."
    ),
    remediation="Isolate every pod with an empty selector, then allow name resolution and what is needed.",
    snippet=_SNIPPET % "Egress",
)
def default_deny_egress(snapshot: Snapshot) -> Iterator[Verdict]:
    """As for incoming traffic. A policy says something about egress only if its policyTypes do, or if they
    are left out and it has egress rules."""
    return _default_deny(snapshot, Direction.EGRESS)


def _default_deny(snapshot: Snapshot, direction: Direction) -> Iterator[Verdict]:
    for namespace in namespaces(snapshot):
        found = isolation(snapshot, namespace.metadata.name, direction)
        yield _of_system(_verdict(snapshot, namespace, found))


def _of_system(verdict: Verdict) -> Verdict:
    """What would fail in kube-system is a question to a person: its components are the installer's."""
    if verdict.status is not Status.FAIL or verdict.resource.name != _SYSTEM:
        return verdict
    return manual(verdict.resource, f"{verdict.message} {_OWN_COMPONENTS}", verdict.evidence)


def _verdict(snapshot: Snapshot, namespace: o.Namespace, found: NamespaceIsolation) -> Verdict:
    resource, traffic = namespace.resource, _traffic(found.direction)
    beyond = _beyond(found)
    closed = found.isolation in (Isolation.CANONICAL, Isolation.ISOLATING)
    if any(each.layer is Layer.ADMIN for each in found.unclear) or (found.unclear and not closed):
        return not_evaluated(resource, _unclear(found))
    match found.isolation:
        case Isolation.CANONICAL | Isolation.ISOLATING:
            how = (
                f"{_names(found.deciding)} denies {traffic} by default"
                if found.isolation is Isolation.CANONICAL
                else f"{_names(found.deciding)} isolates every pod and allows some {traffic}"
            )
            opened = _opened(found)
            if unenforced := plugin(snapshot).unenforced:
                message = f"{how}.{opened}{beyond} {unenforced}"
                return manual(resource, message, _facts(found))
            return passed(resource, f"{how}.{opened}{beyond} {_unproven(snapshot)}")
        case Isolation.OBSERVED:
            message = f"Every pod is isolated now, but by selectors: a new pod may be open to all {traffic}."
        case Isolation.NULLIFIED:
            message = (
                f"{_names(found.deciding)} allows all {traffic} to every pod, whatever other policies say."
            )
        case Isolation.NONE:
            message = f"{_open(found)}{_others(snapshot)}"
    facts = _facts(found) or (_nothing(namespace, found.direction),)
    return failed(resource, f"{message}{beyond}", facts)


def _traffic(direction: Direction) -> str:
    match direction:
        case Direction.INGRESS:
            return "incoming traffic"
        case Direction.EGRESS:
            return "outgoing traffic"


def _facts(found: NamespaceIsolation) -> tuple[Evidence, ...]:
    return tuple(_fact(each) for each in found.deciding[:_MOST_FACTS])


def _fact(policy: Compiled) -> Evidence:
    meta, way = policy.policy.metadata, policy.direction.lower()
    path, observed = f"spec.{way}", f"{len(policy.rules)} rules"
    expected = "rules that allow what is needed"
    if isinstance(policy.policy, o.NetworkPluginConfigMap):
        path, observed, expected = ALWAYS, "always", "denied by default"
    elif policy.opens is not None:
        path, observed = policy.opens, "a rule without peers and ports: everything"
    elif policy.denies is not None:
        path, observed, expected = policy.denies, "a rule that denies everybody", "denied by default"
    elif isinstance(policy.policy, o.NetworkPolicy) and not selects_all(policy.policy.spec.pod_selector):
        path, observed = "spec.podSelector", _conditions(policy.policy.spec.pod_selector)
        expected = "an empty selector"
    source = str(policy.policy.resource)
    return Evidence(path, observed, expected, source, meta.uid, meta.resource_version)


def _unclear(found: NamespaceIsolation) -> str:
    names = some([f"{each.policy.kind} {each.name}" for each in found.unclear])
    return (
        f"Whether it is closed depends on {names}, which is not known to its end: {found.unclear[0].doubt}."
    )


def _conditions(selector: o.LabelSelector) -> str:
    exact = [f"{key}={value}" for key, value in sorted((selector.match_labels or {}).items())]
    more = [f"{each.key} {each.operator}" for each in selector.match_expressions or ()]
    return ", ".join((*exact, *more))


def _nothing(namespace: o.Namespace, direction: Direction) -> Evidence:
    meta = namespace.metadata
    expected = f"one with an empty podSelector and policyTypes {direction.value}"
    return Evidence("networkpolicies", "none for every pod", expected, None, meta.uid, meta.resource_version)


def _open(found: NamespaceIsolation) -> str:
    traffic, opened = _traffic(found.direction), found.in_state(PodState.OPEN)
    if not opened:
        return f"It has no pods now, and nothing denies {traffic} to those that come."
    names = [pod.peer.name for pod in opened]
    return f"Open to all {traffic}: {some(names)} ({len(opened)} of {len(found.pods)})."


def _opened(found: NamespaceIsolation) -> str:
    opened = found.in_state(PodState.ALLOW_ALL)
    if not opened:
        return ""
    by = sorted({pod.opened_by.name for pod in opened if pod.opened_by})
    return f" Opened again for {len(opened)} of {len(found.pods)} pods, by policy {some(by)}."


def _beyond(found: NamespaceIsolation) -> str:
    names = [peer.name for peer in found.on_node_network]
    return f" On their node's network, beyond any policy: {some(names)}." if names else ""


def _others(snapshot: Snapshot) -> str:
    names = plugin(snapshot).own_policies
    return f" Policies of {' and '.join(names)}'s own kinds are not looked at." if names else ""


def _unproven(snapshot: Snapshot) -> str:
    doubts = [f" The plugin is {each.name}, {each.why}." for each in plugin(snapshot).seen if not each.able]
    return f"Whether it is enforced, the API does not show.{''.join(doubts)}"


def _names(found: tuple[Compiled, ...]) -> str:
    if any(not isinstance(each.policy, o.NetworkPolicy) for each in found):
        return some([f"{each.policy.kind} {each.name}" for each in found])
    word = "Policy" if len(found) == 1 else "Policies"
    return f"{word} {some([each.name for each in found])}"


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what.removesuffix('y')}ies"

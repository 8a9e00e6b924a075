"""What somebody inside a pod could do: its account, its node, what it was given, and whom it reaches.

Where somebody is inside, every container of the pod is taken to be theirs, and everything mounted read. A
workload is judged by all of its pods and its template together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from checks.access.escalation.cut import Cheapest, cheapest
from checks.access.escalation.estate import Seat, accounts_by_name, seat_of
from checks.access.escalation.graph import graph
from checks.access.escalation.host import ways_out
from checks.access.escalation.places import Goal, NodeRoot, Place
from checks.access.escalation.steps import Chain
from checks.access.escalation.ways import others
from checks.blast.given import Given, given
from checks.blast.neighbours import Neighbour, neighbours
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Resource, Subject
from checks.network.policies import namespace_of
from checks.owners import owners_of, templates
from checks.pods import FINISHED
from checks.secret_use import stores_of
from checks.workloads import Spec, Workload, alone

_CLOUD_IDENTITIES = {
    "eks.amazonaws.com/role-arn": "AWS IAM role",
    "iam.gke.io/gcp-service-account": "Google service account",
    "azure.workload.identity/client-id": "Azure managed identity",
}


class Inside(Struct, frozen=True):
    """A pod, or a workload's template, to be inside of."""

    seat: Seat
    pod: o.PodSpec
    spec: Spec


class Blast(Struct, frozen=True):
    """Everything that is within reach. `way`: the shortest to cluster-admin, `cut` what ends all of them;
    `becomes`: whom else the pod's account or its node can become. `host`: each hold on the node, with what it
    is enough for by itself in `breaks_out`. `asked`: how many neighbours there are."""

    target: Resource
    inside: tuple[Inside, ...]
    account: Subject | None
    token: str
    cloud: tuple[str, ...]
    nodes: tuple[str, ...]
    way: Chain | None
    cut: Cheapest
    becomes: tuple[tuple[Place, int], ...]
    host: tuple[Evidence, ...]
    breaks_out: tuple[str, ...]
    given: tuple[Given, ...]
    stores: tuple[str, ...]
    neighbours: tuple[Neighbour, ...]
    asked: int
    on_node_network: bool


def blast(snapshot: Snapshot, target: Resource, inside: tuple[Inside, ...]) -> Blast:
    """What is within reach of somebody inside these."""
    first = inside[0].seat
    whole = graph(snapshot)
    starts = _starts(inside)
    whole.add(*starts)
    ways = [way for start in starts if (way := whole.shortest(start, Goal.ADMIN)) is not None]
    reached = neighbours(snapshot, target)
    workload = Workload(target, tuple(each.spec for each in inside))
    return Blast(
        target=target,
        inside=inside,
        account=first.account,
        token=_token(snapshot, inside),
        cloud=tuple(_cloud(snapshot, first)),
        nodes=tuple(sorted({each.seat.node for each in inside if each.seat.node})),
        way=min(ways, key=lambda way: way.acts, default=None),
        cut=cheapest(whole, starts) if ways else Cheapest((), ()),
        becomes=others(whole, starts),
        host=_once(fact for each in inside for fact in _host(each)),
        breaks_out=tuple(dict.fromkeys(words for each in inside for _, words in ways_out(each.pod))),
        given=tuple(dict.fromkeys(given(workload))),
        stores=stores_of(workload),
        neighbours=tuple(each for each in reached if each.ports),
        asked=len(reached),
        on_node_network=any(each.pod.host_network for each in inside),
    )


def pods_called(snapshot: Snapshot, namespace: str, name: str) -> tuple[Inside, ...]:
    """The pod of this name, if it has not finished."""
    return tuple(
        _inside(snapshot, pod)
        for pod in snapshot.all(o.Pod)
        if pod.metadata.name == name and namespace_of(pod) == namespace and pod.status.phase not in FINISHED
    )


def workloads_called(snapshot: Snapshot, namespace: str, name: str) -> dict[Resource, tuple[Inside, ...]]:
    """Every workload of this name, with its template and its pods that have not finished."""
    owners = owners_of(snapshot)
    found: dict[Resource, list[Inside]] = {}
    for pod in snapshot.all(o.Pod):
        top = owners.top(pod)
        if top.name == name and namespace_of(pod) == namespace and pod.status.phase not in FINISHED:
            found.setdefault(_plain(top), []).append(_inside(snapshot, pod))
    for holder, template, path in templates(snapshot):
        if (
            holder.metadata.name == name
            and namespace_of(holder) == namespace
            and owners.top(holder) == holder.resource
        ):
            spec = alone(holder, template.spec, template.metadata.annotations, path)
            seat = seat_of(snapshot, holder, template.spec)
            found.setdefault(_plain(holder.resource), []).append(Inside(seat, template.spec, spec))
    return {target: tuple(each) for target, each in found.items()}


def _plain(resource: Resource) -> Resource:
    return Resource(resource.api_version, resource.kind, resource.namespace, resource.name)


def _inside(snapshot: Snapshot, pod: o.Pod) -> Inside:
    seat = seat_of(snapshot, pod, pod.spec, pod.spec.node_name or "")
    return Inside(seat, pod.spec, alone(pod, pod.spec, pod.metadata.annotations))


def _starts(inside: tuple[Inside, ...]) -> list[Place]:
    """What is held at once: the account whose token lies there, and the node where nothing keeps it in."""
    accounts = [each.seat.account for each in inside if each.seat.account is not None and each.seat.token]
    nodes = [NodeRoot(each.seat.node) for each in inside if each.seat.host]
    return list(dict.fromkeys((*accounts, *nodes)))


def _token(snapshot: Snapshot, inside: tuple[Inside, ...]) -> str:
    """Whether and why a token for the API server lies in the pod."""
    first = inside[0]
    if first.seat.account is None:
        return "none: a static pod has no service account"
    if not any(each.seat.token for each in inside):
        return "none"
    said = first.pod.automount_service_account_token
    if said:
        return "there: the pod asks for it"
    account = accounts_by_name(snapshot).get((first.seat.namespace, first.seat.account.name))
    if said is False or (account is not None and account.automount_service_account_token is False):
        return "there: the pod projects it itself"
    return "there: by default"


def _cloud(snapshot: Snapshot, seat: Seat) -> Iterator[str]:
    account = accounts_by_name(snapshot).get((seat.namespace, seat.account.name)) if seat.account else None
    for key, words in _CLOUD_IDENTITIES.items():
        value = account.metadata.annotations.get(key) if account else None
        if value:
            yield f"{words} {value}"


def _once(facts: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The facts that thousands of alike pods share, once."""
    found: dict[tuple[str, str], Evidence] = {}
    for fact in facts:
        found.setdefault((fact.path.rpartition("spec.")[2], str(fact.observed)), fact)
    return tuple(found.values())


def _host(each: Inside) -> Iterator[Evidence]:
    """Every hold that the pod has on its node, enough for the whole of it or not."""
    pod, spec = each.pod, each.spec
    for field, on in (
        ("hostNetwork", pod.host_network),
        ("hostPID", pod.host_pid),
        ("hostIPC", pod.host_ipc),
    ):
        if on:
            yield spec.evidence(field, observed=True, expected="false")
    for placed in spec.containers:
        context = placed.container.security_context
        if context is not None and context.privileged:
            yield spec.observed(placed, "securityContext.privileged", observed=True, expected="false")
        added = (context.capabilities.add if context and context.capabilities else None) or ()
        if added:
            yield spec.observed(placed, "securityContext.capabilities.add", list(added), "none")
    for volume in spec.volumes:
        if volume.volume.host_path is not None:
            yield spec.evidence(f"{volume.path}.hostPath.path", volume.volume.host_path.path, "no hostPath")

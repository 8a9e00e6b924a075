"""What a place that stands for many opens: each of its members, and what is worth something on a node."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checks.access.escalation.estate import Estate, Seat
from checks.access.escalation.places import (
    Accounts,
    Anybody,
    Goal,
    Later,
    Missing,
    NodeIdentity,
    NodeRoot,
    OnePod,
    Place,
    Pods,
    PodsOn,
    Tokens,
)
from checks.access.escalation.steps import Move
from checks.access.subjects import MASTERS, USER
from checks.model import Subject


def choices(there: Estate, place: Place, known: Iterable[Subject]) -> Iterator[Move]:
    """Every move from a place that is nobody by itself. `known`: everybody who may be named."""
    match place:
        case Accounts(namespace):
            yield from _members(Accounts, there.accounts, namespace)
        case Missing(namespace):
            yield from _members(Missing, there.missing, namespace)
        case Tokens(namespace):
            yield from _tokens(there, namespace)
        case Pods() | PodsOn() | OnePod():
            yield from _pods(there, place)
        case Anybody():
            yield from _anybody(place, known)
        case NodeRoot() | NodeIdentity():
            yield from _node(there, place)
        case Later.PODS:
            yield from _started(there)


def _started(there: Estate) -> Iterator[Move]:
    """What waiting for pods of others brings: their accounts, and the node where no pod is refused, since
    what is written into a pod may make it privileged."""
    yield Move(Pods(None), "WAIT", condition="somebody starts such a pod anew")
    where = min(there.open & there.seats.keys(), default=None)
    if where is not None:
        uses = f"namespace {where}, where Pod Security refuses no pod"
        yield Move(NodeRoot(None), "WAIT", (), uses, condition="somebody starts a pod there")


def _members(
    crowd: type[Accounts | Missing], by_namespace: dict[str, tuple[Subject, ...]], namespace: str | None
) -> Iterator[Move]:
    if namespace is None:
        yield from (Move(crowd(each)) for each in by_namespace)
    else:
        yield from (Move(account) for account in by_namespace.get(namespace, ()))


def _tokens(there: Estate, namespace: str | None) -> Iterator[Move]:
    if namespace is None:
        yield from (Move(Tokens(each)) for each in there.tokens)
        return
    for secret, account in there.tokens.get(namespace, ()):
        if there.exists(account):
            yield Move(account, uses=f"Secret {namespace}/{secret}", at=(namespace, secret))


def _pods(there: Estate, place: Pods | PodsOn | OnePod) -> Iterator[Move]:
    match place:
        case Pods(None):
            yield from (Move(Pods(namespace)) for namespace in there.seats)
        case Pods(namespace):
            yield from _inside(there.seats.get(namespace or "", ()))
        case PodsOn(node):
            yield from _inside(there.on_node.get(node, ()))
        case OnePod(namespace, name):
            yield from _inside(seat for seat in there.seats.get(namespace, ()) if seat.name == name)


def _anybody(place: Anybody, known: Iterable[Subject]) -> Iterator[Move]:
    by_certificate = place is Anybody.BY_CERTIFICATE
    for subject in known:
        if subject != MASTERS and (by_certificate or subject.kind == USER):
            yield Move(subject)
    if by_certificate:
        yield Move(NodeIdentity(None))


def _inside(seats: Iterable[Seat]) -> Iterator[Move]:
    """What a process in a pod finds: the token, and the node where nothing keeps it in."""
    found: set[Place] = set()
    for seat in seats:
        gains: list[Place] = [seat.account] if seat.account is not None and seat.token else []
        if seat.host:
            gains.append(NodeRoot(seat.node))
        for place in gains:
            if place not in found:
                found.add(place)
                yield Move(place, uses=str(seat), at=(seat.namespace, seat.name))


def _node(there: Estate, place: NodeRoot | NodeIdentity) -> Iterator[Move]:
    root, node = isinstance(place, NodeRoot), place.node
    if root:
        yield Move(NodeIdentity(node))
        for each in sorted(there.control_plane):
            if node in (None, each):
                yield Move(Goal.ADMIN, "NODE", uses=f"the cluster's keys on control plane node {each}")
    if node is None:
        yield from (Move(type(place)(each)) for each in there.on_node if each)
        yield from _of_its_pods(there.on_node.get("", ()))
    elif not root:
        yield from _of_its_pods(there.on_node.get(node, ()) if node else ())


def _of_its_pods(seats: Iterable[Seat]) -> Iterator[Move]:
    found: dict[Subject, Seat] = {}
    for seat in seats:
        if seat.account is not None:
            found.setdefault(seat.account, seat)
    for account, seat in found.items():
        yield Move(account, "NODE", uses=str(seat), at=(seat.namespace, seat.name))

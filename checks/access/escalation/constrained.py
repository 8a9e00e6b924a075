"""Constrained impersonation: acting as somebody, but only for the verbs that one may use so (E4, since 1.36).

Two rights are asked for with every request: `impersonate:<mode>` on whom, and `impersonate-on:<mode>:<verb>`
on what is done. Neither is a way anywhere without the other. What is gained is the identity seen through a
lens: of its acts those whose every request the impersonator may make so. What the API server asks on the side
(`bind`, `escalate`, `approve`) it asks about the identity itself, and nobody impersonates twice. No mode
takes system:masters, and only `user-info` takes groups. `associated-node` is for service accounts, acts as
the node that the token is bound to, and is asked about by the name `*`; a token that somebody has made for a
node of their choice is not followed.
Source: k8s.io/apiserver pkg/endpoints/filters/impersonation/mode.go (Kubernetes v1.37).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

from msgspec.structs import replace

from checks.access.escalation.estate import estate
from checks.access.escalation.held import Held, Hold, cut_of, holdings
from checks.access.escalation.moves import acts_of
from checks.access.escalation.needs import (
    AS_ACCOUNT,
    AS_GROUP,
    AS_NODE,
    AS_OWN_NODE,
    AS_USER,
    EVERYTHING,
    IMPERSONATE_ACCOUNTS,
    IMPERSONATE_GROUPS,
    IMPERSONATE_USERS,
    Need,
)
from checks.access.escalation.places import Accounts, Lens, Missing, NodeIdentity, Pods, Tokens
from checks.access.escalation.steps import Move, Permission
from checks.access.matching import ALL, Request, allows
from checks.access.subjects import GROUP, MASTERS, SERVICE_ACCOUNT, USER
from checks.cluster.snapshot import Snapshot
from checks.model import Subject

_IMPERSONATE = "impersonate"
_ON = "impersonate-on:"
_NODE = "system:node:"
_ON_THE_SIDE = ("bind", "escalate", "approve")


def lens_moves(snapshot: Snapshot, by: Subject, held: Held, known: Iterable[Subject]) -> Iterator[Move]:
    """To everybody whom this identity may act as in a constrained mode, and who can do something there."""
    users, groups = _beyond(held, AS_USER, IMPERSONATE_USERS), _beyond(held, AS_GROUP, IMPERSONATE_GROUPS)
    accounts, nodes = _beyond(held, AS_ACCOUNT, IMPERSONATE_ACCOUNTS), _beyond(held, AS_NODE, EVERYTHING)
    own = tuple(hold for hold in _beyond(held, AS_OWN_NODE, EVERYTHING) if hold.allows(ALL))
    if not (users or accounts or nodes or own) or not _uses_any(held):
        return
    everybody = holdings(snapshot)
    for target in known:
        if target == MASTERS or not everybody.of(target).holds:
            continue
        for asked, mode in _asked(target, users, groups, accounts):
            yield Move(Lens(target, by, mode), "E4", asked)
    for hold in nodes:
        for name in estate(snapshot).on_node if hold.names is None else hold.names:
            if name:
                place = Lens(NodeIdentity(name), by, "arbitrary-node")
                yield Move(place, "E4", (hold.permission(name),))
    for hold, seat in product(own, estate(snapshot).seats.get(by.namespace or "", ())):
        if by.kind == SERVICE_ACCOUNT and seat.account == by and seat.token and seat.node:
            place = Lens(NodeIdentity(seat.node), by, "associated-node")
            condition = f"the token is that of {seat}, bound to it and so to its node"
            yield Move(place, "E4", (hold.permission(ALL),), str(seat), condition=condition)


def _beyond(held: Held, constrained: Need, whole: Need) -> tuple[Hold, ...]:
    """What no unconstrained right of the same binding makes needless, as `*` for a verb does."""
    free = {id(hold.bound) for hold in held.of(whole) if hold.names is None}
    return tuple(hold for hold in held.of(constrained) if id(hold.bound) not in free)


def seen_through(snapshot: Snapshot, lens: Lens) -> Iterator[Move]:
    """The acts of somebody that are left when they are done by a constrained impersonator."""
    held = holdings(snapshot).of(lens.by)
    for move in _acts(snapshot, lens.target):
        yield from _allowed(held, lens.mode, move)


def _asked(
    target: Subject, users: tuple[Hold, ...], groups: tuple[Hold, ...], accounts: tuple[Hold, ...]
) -> Iterator[tuple[tuple[Permission, ...], str]]:
    """What must be allowed to act as somebody, and in which mode. A group comes with any user."""
    if target.kind == SERVICE_ACCOUNT:
        for hold in accounts:
            if hold.reaches(target.namespace) and hold.allows(target.name):
                yield (hold.permission(target.name, target.namespace),), "serviceaccount"
    elif target.kind == USER and not target.name.startswith(_NODE):
        for hold in users:
            if hold.allows(target.name):
                yield (hold.permission(target.name),), "user-info"
    elif target.kind == GROUP:
        for hold, user in product((each for each in groups if each.allows(target.name)), users):
            who = user.permission("anybody" if user.names is None else None)
            yield (who, hold.permission(target.name)), "user-info"


def _acts(snapshot: Snapshot, target: Subject | NodeIdentity) -> Iterator[Move]:
    if isinstance(target, Subject):
        yield from acts_of(snapshot, holdings(snapshot).of(target), every=True)
        return
    for seat in estate(snapshot).on_node.get(target.node or "", ()):
        if seat.account is not None:
            account = seat.account
            request = Request("create", "serviceaccounts", "", "token", account.name, account.namespace)
            by_the_node = Permission(request, None, 0, None, None)
            yield Move(account, "E9", (by_the_node,), str(seat), (seat.namespace, seat.name))


def _allowed(held: Held, mode: str, move: Move) -> Iterator[Move]:
    """The move with the rights to make each of its requests in this mode, in the one namespace where those
    are held if they are not held everywhere."""
    made = [each.request for each in move.permissions if each.request.verb not in _ON_THE_SIDE]
    if any(request.verb.startswith(_IMPERSONATE) for request in made):
        return
    rights = [_right(held, mode, request) for request in made]
    found = [right for right in rights if right is not None]
    if len(found) < len(rights):
        return
    asked = (*move.permissions, *found)
    spaces = {right.request.namespace for right in found} - {None, ""}
    target = move.target
    if isinstance(target, Accounts | Missing | Pods | Tokens) and target.namespace is None and spaces:
        if len(spaces) > 1:
            return
        target = type(target)(spaces.pop())
    yield replace(move, target=target, permissions=asked)


def _right(held: Held, mode: str, request: Request) -> Permission | None:
    wanted = replace(request, verb=f"{_ON}{mode}:{request.verb}")
    narrow: Permission | None = None
    for bound, through in held.bounds:
        where = bound.namespace
        if where is not None and request.namespace not in (None, where):
            continue
        for number, rule in enumerate(bound.role.rules or ()):
            if allows(rule, wanted):
                namespace = request.namespace if where is None else where
                asked = replace(wanted, namespace=namespace)
                found = Permission(asked, bound, number, through, cut_of(bound, through))
                if where is None:
                    return found
                narrow = narrow or found
    return narrow


def _uses_any(held: Held) -> bool:
    return any(
        verb == ALL or verb.startswith(_ON)
        for bound, _ in held.bounds
        for rule in bound.role.rules or ()
        for verb in rule.verbs or ()
    )

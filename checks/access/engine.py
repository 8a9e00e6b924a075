"""Who can do what, what somebody can do, and why, by the rules of RBAC alone.

`system:masters` is allowed everything before RBAC is asked (pkg/kubeapiserver/authorizer/reload.go), so it
heads every answer, bound or not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from checks.access.index import Bound, Dangling, Index, index
from checks.access.matching import ALL, Request, allows
from checks.access.scopes import reaches_namespaces
from checks.access.stock import RoleKey
from checks.access.subjects import GROUP, MASTERS, groups_of, identities
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Because, KindCoverage, Subject

Scope = Literal["cluster"] | tuple[str, ...]
"""Everywhere, or in these namespaces."""

_MASTERS = 0
"""The place of `system:masters` in `Index.subjects`."""


Way = tuple[Bound, tuple[int, ...]]
"""A binding, and the rules of its role that allow what was asked."""


class Holder(Struct, frozen=True, gc=False):
    """Somebody who is allowed it, where, and by which ways. `implicit`: without any binding."""

    subject: Subject
    scope: Scope
    ways: tuple[Way, ...]
    implicit: bool = False

    @property
    def because(self) -> tuple[Because, ...]:
        """The chains, one for each rule, in the order of bindings."""
        return tuple(bound.because(rule) for bound, rules in self.ways for rule in rules)


class Grants(Struct, frozen=True):
    """The answer to who can. `unread` not empty means that there may be more holders than these."""

    requests: tuple[Request, ...]
    holders: tuple[Holder, ...]
    dangling: tuple[Dangling, ...]
    unread: tuple[KindCoverage, ...]

    @property
    def complete(self) -> bool:
        return not self.unread

    def allowed(self, user_name: str, groups: Iterable[str]) -> bool:
        """Whether this user with exactly these groups is among the holders, in any scope."""
        who = identities(user_name, groups)
        return any(holder.subject in who for holder in self.holders)


class HeldRule(Struct, frozen=True, gc=False):
    """A rule that a subject holds, and how: `through` itself or a group. `namespace` None: everywhere."""

    rule: o.PolicyRule
    namespace: str | None
    because: Because
    through: Subject


class Decision(Struct, frozen=True):
    """Whether somebody may do something. `rules` are all that allow it; none are needed by `implicit`.

    Not allowed with `unread` not empty means that it is not known.
    """

    subject: Subject
    request: Request
    rules: tuple[HeldRule, ...]
    unread: tuple[KindCoverage, ...]
    implicit: bool = False

    @property
    def allowed(self) -> bool:
        return self.implicit or bool(self.rules)

    @property
    def scope(self) -> Scope:
        """Where it is allowed."""
        if self.implicit or any(each.namespace is None for each in self.rules):
            return "cluster"
        return tuple(sorted({str(each.namespace) for each in self.rules}))


def who_can(snapshot: Snapshot, *requests: Request) -> Grants:
    """Everybody who is allowed one of these requests, with scope and chains, `system:masters` first.

    Subjects are as the bindings name them, each once; a group's members are not known to Kubernetes.
    """
    rbac = index(snapshot)
    found: dict[int, Way] = {}
    for request in requests:
        for bound, rules in granting(rbac, request):
            known = found.get(bound.order)
            found[bound.order] = (bound, tuple(sorted({*rules, *known[1]})) if known else rules)
    ways: defaultdict[int, list[Way]] = defaultdict(list, {_MASTERS: []})
    for order in sorted(found):
        way = found[order]
        for subject in way[0].numbers:
            ways[subject].append(way)
    holders = tuple([_holder(rbac.subjects[subject], ways[subject]) for subject in sorted(ways)])
    return Grants(requests, holders, rbac.dangling, rbac.unread)


def who_can_all(snapshot: Snapshot, needs: Sequence[Sequence[Request]]) -> Grants:
    """Everybody who is allowed one request of each of these, by itself or through the groups it is always in.

    Subjects are as the bindings name them; who is in several of these groups is not known to Kubernetes.
    """
    if len(needs) == 1:
        return who_can(snapshot, *needs[0])
    rbac = index(snapshot)
    each = [{holder.subject: holder for holder in who_can(snapshot, *need).holders} for need in needs]
    holders = (_of_all(subject, each) for subject in rbac.subjects if any(subject in one for one in each))
    requests = tuple(request for need in needs for request in need)
    return Grants(requests, tuple(each for each in holders if each), rbac.dangling, rbac.unread)


def granting(rbac: Index, request: Request) -> Iterator[Way]:
    """Every binding that allows a request to its subjects, with the indices of the rules that do."""
    in_namespaces = reaches_namespaces(request, rbac.cluster_scoped) and request.namespace != ""
    for key, found in _matching(rbac, request).items():
        rules = tuple(sorted(found))
        for bound in rbac.bound[key]:
            if bound.namespace is None or (in_namespaces and _in(bound.namespace, request)):
                yield bound, rules


def subject_rules(snapshot: Snapshot, subject: Subject, groups: Iterable[str] = ()) -> tuple[HeldRule, ...]:
    """Every rule that a subject holds, through the groups it is always in and these, too.

    `system:masters` holds everything without a rule; its answer here is what is bound to it.
    """
    return tuple(
        HeldRule(rule, bound.namespace, bound.because(number), through)
        for bound, through in _bounds_of(index(snapshot), subject, groups)
        for number, rule in enumerate(bound.role.rules or ())
    )


def decide(snapshot: Snapshot, subject: Subject, request: Request, groups: Iterable[str] = ()) -> Decision:
    """Whether a subject, in the groups it is always in and in these, may do something, and by which rules."""
    rbac = index(snapshot)
    groups = tuple(groups)
    rules = tuple(
        HeldRule(rule, bound.namespace, bound.because(number), through)
        for bound, through in _bounds_of(rbac, subject, groups)
        if consulted(rbac, bound, request)
        for number, rule in enumerate(bound.role.rules or ())
        if allows(rule, request)
    )
    master = subject == MASTERS or MASTERS.name in groups
    return Decision(subject, request, rules, rbac.unread, implicit=master)


def consulted(rbac: Index, bound: Bound, request: Request) -> bool:
    """Whether a binding is looked at for a request at all, by where it holds."""
    if bound.namespace is None:
        return True
    inside = request.namespace != "" and reaches_namespaces(request, rbac.cluster_scoped)
    return inside and _in(bound.namespace, request)


def chain_order(because: Because) -> tuple[str, str, str, str, int]:
    """The one order of chains, so that an answer does not depend on the order that objects came in."""
    binding, role = because.binding, because.role
    return (binding.kind, binding.namespace or "", binding.name, role.name, because.rule)


def _matching(rbac: Index, request: Request) -> dict[RoleKey, list[int]]:
    """The rules that allow a request, wherever they are bound, by role."""
    if request.path:
        places = dict.fromkeys(rbac.by_url)
    else:
        words = [ALL, request.resource]
        if request.subresource:
            words = [ALL, f"{request.resource}/{request.subresource}", f"*/{request.subresource}"]
        places = {place: None for word in words for place in rbac.by_resource.get(word, ())}
    found: dict[RoleKey, list[int]] = {}
    for key, number in places:
        if allows((rbac.roles[key].rules or ())[number], request):
            found.setdefault(key, []).append(number)
    return found


def _bounds_of(rbac: Index, subject: Subject, groups: Iterable[str]) -> Iterator[tuple[Bound, Subject]]:
    """The bindings that mean a subject, each with the name it is meant by."""
    names = (subject, *groups_of(subject), *(Subject(GROUP, group) for group in groups))
    for name in dict.fromkeys(names):
        for bound in rbac.by_subject.get(name, ()):
            yield bound, name


def _in(namespace: str, request: Request) -> bool:
    """Whether a request may be made in a RoleBinding's namespace. One for a Namespace by name is in it."""
    if request.group == "" and request.resource == "namespaces" and request.name:
        return request.name == namespace and request.namespace in (None, namespace)
    return request.namespace in (None, namespace)


def _of_all(subject: Subject, answers: Sequence[Mapping[Subject, Holder]]) -> Holder | None:
    """A subject that every answer names, or names by a group of it, where all of them hold."""
    names = (subject, *groups_of(subject))
    found = [[one[name] for name in names if name in one] for one in answers]
    scope: Scope = "cluster"
    for held in found:
        scope = _both(scope, _either(each.scope for each in held))
    if not scope:
        return None
    ways: dict[int, Way] = {}
    for bound, rules in (way for held in found for each in held for way in each.ways):
        known = ways.get(bound.order)
        ways[bound.order] = (bound, tuple(sorted({*rules, *known[1]})) if known else rules)
    return Holder(subject, scope, tuple(ways[order] for order in sorted(ways)), subject == MASTERS)


def _either(scopes: Iterable[Scope]) -> Scope:
    every = tuple(scopes)
    if "cluster" in every:
        return "cluster"
    return tuple(sorted({where for scope in every for where in scope}))


def _both(one: Scope, other: Scope) -> Scope:
    if one == "cluster" or other == "cluster":
        return other if one == "cluster" else one
    return tuple(where for where in one if where in other)


def _holder(subject: Subject, ways: list[Way]) -> Holder:
    """A subject with its ways in the order of bindings: those of the whole cluster come first."""
    if subject == MASTERS:
        return Holder(subject, "cluster", tuple(ways), implicit=True)
    if ways[0][0].namespace is None:
        return Holder(subject, "cluster", tuple(ways))
    spaces = dict.fromkeys([str(bound.namespace) for bound, _ in ways])
    return Holder(subject, tuple(spaces), tuple(ways))

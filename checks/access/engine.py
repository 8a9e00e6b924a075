"""Who can do what, what somebody can do, and why, by the rules of RBAC alone.

`system:masters` is allowed everything before RBAC is asked (pkg/kubeapiserver/authorizer/reload.go), so it
heads every answer, bound or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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


class Holder(Struct, frozen=True, gc=False):
    """Somebody who is allowed it, where, and through which chains. `implicit`: without any binding."""

    subject: Subject
    scope: Scope
    because: tuple[Because, ...]
    implicit: bool = False


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
        return _scope({each.namespace for each in self.rules}, implicit=self.implicit)


def who_can(snapshot: Snapshot, *requests: Request) -> Grants:
    """Everybody who is allowed one of these requests, with scope and chains, `system:masters` first.

    Subjects are as the bindings name them, each once; a group's members are not known to Kubernetes.
    """
    rbac = index(snapshot)
    because: dict[Subject, dict[Because, str | None]] = {MASTERS: {}}
    for request in requests:
        for bound, rules in granting(rbac, request):
            chains = {bound.because(rule): bound.namespace for rule in rules}
            for subject in bound.subjects:
                if subject is not None:
                    because.setdefault(subject, {}).update(chains)
    holders = (_holder(subject, chains) for subject, chains in because.items())
    ordered = sorted(holders, key=lambda h: (not h.implicit, h.subject.kind, str(h.subject)))
    return Grants(requests, tuple(ordered), rbac.dangling, rbac.unread)


def granting(rbac: Index, request: Request) -> Iterator[tuple[Bound, tuple[int, ...]]]:
    """Every binding that allows a request to its subjects, with the indices of the rules that do."""
    in_namespaces = reaches_namespaces(request, rbac.cluster_scoped) and request.namespace != ""
    for key, rules in _matching(rbac, request).items():
        for bound in rbac.bound[key]:
            if _holds(bound.namespace, request, in_namespaces=in_namespaces):
                yield bound, tuple(sorted(rules))


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
    in_namespaces = reaches_namespaces(request, rbac.cluster_scoped) and request.namespace != ""
    rules = tuple(
        HeldRule(rule, bound.namespace, bound.because(number), through)
        for bound, through in _bounds_of(rbac, subject, groups)
        if _holds(bound.namespace, request, in_namespaces=in_namespaces)
        for number, rule in enumerate(bound.role.rules or ())
        if allows(rule, request)
    )
    master = subject == MASTERS or MASTERS.name in groups
    return Decision(subject, request, rules, rbac.unread, implicit=master)


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


def _holds(where: str | None, request: Request, *, in_namespaces: bool) -> bool:
    """Whether a binding of this namespace is consulted for a request, everywhere's always."""
    return where is None or (in_namespaces and _in(where, request))


def _in(namespace: str, request: Request) -> bool:
    """Whether a request may be made in a RoleBinding's namespace. One for a Namespace by name is in it."""
    if request.group == "" and request.resource == "namespaces" and request.name:
        return request.name == namespace and request.namespace in (None, namespace)
    return request.namespace in (None, namespace)


def _holder(subject: Subject, chains: dict[Because, str | None]) -> Holder:
    implicit = subject == MASTERS
    because = tuple(sorted(chains, key=chain_order))
    return Holder(subject, _scope(set(chains.values()), implicit=implicit), because, implicit)


def _scope(namespaces: set[str | None], *, implicit: bool) -> Scope:
    if implicit or None in namespaces:
        return "cluster"
    return tuple(sorted(where for where in namespaces if where is not None))

"""Who can do what, and why: every binding resolved to its role once, then any number of questions.

The index keeps bindings by role, so that a question looks at each role's rules once and then only at the
bindings of the roles that match. Resolution follows pkg/registry/rbac/validation/rule.go (Kubernetes v1.37).

What this sees is RBAC. `system:masters` is allowed everything before RBAC is asked
(pkg/kubeapiserver/authorizer/reload.go), so it heads every answer, bound or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct

from checks.access.matching import ALL, Request, allows
from checks.access.scopes import reaches_namespaces
from checks.access.stock import AnyBinding, AnyRole, RoleKey, key_of, stock
from checks.access.subjects import MASTERS, groups_of, identities, named
from checks.cluster import objects as o
from checks.cluster.defaults import DEFAULT_NAMESPACE, aggregated
from checks.cluster.snapshot import Snapshot, derived
from checks.model import Because, KindCoverage, ObjectRef, Subject

RBAC_KINDS = ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")


class Bound(Struct, frozen=True, gc=False):
    """A binding with the role it refers to. `subjects` runs parallel to the binding's own list; None in it is
    a subject that means nobody. `namespace` is None for a ClusterRoleBinding."""

    binding: AnyBinding
    role: AnyRole
    subjects: tuple[Subject | None, ...]

    @property
    def namespace(self) -> str | None:
        return _namespace(self.binding)

    def because(self, rule: int) -> Because:
        """The chain from this binding to one rule of its role."""
        return Because(ref(self.binding), ref(self.role), rule)


class Dangling(Struct, frozen=True, gc=False):
    """A binding whose role is not there: it grants nothing until somebody makes the role."""

    binding: AnyBinding
    role: ObjectRef
    subjects: tuple[Subject | None, ...]


class Index(Struct, frozen=True):
    """A snapshot's RBAC, resolved. `unread`: RBAC kinds that could not be read in full.

    `verbs`: what each bound role's rules name, so that most roles need no look at their rules.
    """

    roles: dict[RoleKey, AnyRole]
    verbs: dict[RoleKey, frozenset[str]]
    bound: dict[RoleKey, tuple[Bound, ...]]
    dangling: tuple[Dangling, ...]
    unread: tuple[KindCoverage, ...]


class Holder(Struct, frozen=True, gc=False):
    """Somebody who is allowed it: everywhere (`cluster`) or in these namespaces, through these chains.

    `implicit`: allowed without any binding.
    """

    subject: Subject
    scope: Literal["cluster"] | tuple[str, ...]
    because: tuple[Because, ...]
    implicit: bool = False


class Grants(Struct, frozen=True):
    """The answer to who can. `unread` not empty means that there may be more holders than these."""

    request: Request
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
    """A rule that a subject holds, and how. `namespace` None: everywhere."""

    rule: o.PolicyRule
    namespace: str | None
    because: Because
    through: Subject


@derived
def index(snapshot: Snapshot) -> Index:
    """The snapshot's roles and bindings, resolved once.

    In manifests, and where the roles could not be read, one that Kubernetes makes itself (view, cluster-admin
    …) is taken to be there. A role of a kind that could not be read is not missing, only unknown.
    """
    roles = {key_of(role): role for role in _roles(snapshot)}
    bound: dict[RoleKey, list[Bound]] = {}
    dangling: list[Dangling] = []
    bindings: tuple[AnyBinding, ...] = (*snapshot.all(o.ClusterRoleBinding), *snapshot.all(o.RoleBinding))
    for binding in bindings:
        namespace = _namespace(binding)
        subjects = tuple(named(each, namespace) for each in binding.subjects or ())
        key = _role_key(binding.role_ref, namespace)
        if key in roles:
            bound.setdefault(key, []).append(Bound(binding, roles[key], subjects))
        elif snapshot.saw(key[0]) or key[0] not in RBAC_KINDS:
            kind, where, name = key
            dangling.append(Dangling(binding, ObjectRef(kind, name, where or None), subjects))
    return Index(
        roles,
        {key: _verbs(roles[key]) for key in bound},
        {key: tuple(found) for key, found in bound.items()},
        tuple(dangling),
        tuple(snapshot.of(kind) for kind in RBAC_KINDS if not snapshot.saw(kind)),
    )


def who_can(snapshot: Snapshot, request: Request) -> Grants:
    """Everybody who is allowed a request, with scope and chains, `system:masters` first.

    Subjects are as the bindings name them, each once; a group's members are not known to Kubernetes.
    """
    rbac = index(snapshot)
    because: dict[Subject, dict[Because, str | None]] = {MASTERS: {}}
    for bound, rules in granting(rbac, request):
        chains = {bound.because(rule): bound.namespace for rule in rules}
        for subject in bound.subjects:
            if subject is not None:
                because.setdefault(subject, {}).update(chains)
    holders = (_holder(subject, chains) for subject, chains in because.items())
    ordered = sorted(holders, key=lambda h: (not h.implicit, h.subject.kind, str(h.subject)))
    return Grants(request, tuple(ordered), rbac.dangling, rbac.unread)


def granting(rbac: Index, request: Request) -> Iterator[tuple[Bound, tuple[int, ...]]]:
    """Every binding that allows a request to its subjects, with the indices of the rules that do."""
    in_namespaces = reaches_namespaces(request) and request.namespace != ""
    for key, bounds in rbac.bound.items():
        if rbac.verbs[key].isdisjoint((request.verb, ALL)):
            continue
        rules = tuple(
            number for number, rule in enumerate(rbac.roles[key].rules or ()) if allows(rule, request)
        )
        if not rules:
            continue
        for bound in bounds:
            where = bound.namespace
            if where is None or (in_namespaces and _in(where, request)):
                yield bound, rules


def subject_rules(snapshot: Snapshot, subject: Subject) -> tuple[HeldRule, ...]:
    """Every rule that a subject holds, through groups it is always in too.

    `system:masters` holds everything without a rule; its answer here is what is bound to it.
    """
    mine = {subject, *groups_of(subject)}
    return tuple(
        HeldRule(rule, bound.namespace, bound.because(number), through)
        for bounds in index(snapshot).bound.values()
        for bound in bounds
        for through in dict.fromkeys(each for each in bound.subjects if each in mine)
        for number, rule in enumerate(bound.role.rules or ())
    )


def ref(item: o.Object) -> ObjectRef:
    """A role or binding as evidence names it."""
    meta = item.metadata
    return ObjectRef(item.kind, meta.name, meta.namespace, meta.uid, meta.resource_version)


def _verbs(role: AnyRole) -> frozenset[str]:
    return frozenset(verb for rule in role.rules or () for verb in rule.verbs or ())


def _namespace(binding: AnyBinding) -> str | None:
    """Where a binding holds; None for everywhere. In a file that names no namespace, where it would go to."""
    if isinstance(binding, o.ClusterRoleBinding):
        return None
    return binding.metadata.namespace or DEFAULT_NAMESPACE


def _roles(snapshot: Snapshot) -> Iterator[AnyRole]:
    yield from snapshot.all(o.Role)
    if snapshot.cluster.source != "manifests" and snapshot.saw("ClusterRole"):
        yield from snapshot.all(o.ClusterRole)
        return
    given = {role.metadata.name for role in snapshot.all(o.ClusterRole)}
    built_in = [
        role
        for role in stock().roles.values()
        if isinstance(role, o.ClusterRole) and role.metadata.name not in given
    ]
    yield from aggregated((*snapshot.all(o.ClusterRole), *built_in))
    own = {key_of(role) for role in snapshot.all(o.Role)}
    yield from (role for key, role in stock().roles.items() if isinstance(role, o.Role) and key not in own)


def _role_key(reference: o.RoleRef, namespace: str | None) -> RoleKey:
    """A Role is looked for in the binding's namespace, and so never from a ClusterRoleBinding."""
    return (reference.kind, "" if reference.kind == "ClusterRole" else namespace or "", reference.name)


def _in(namespace: str, request: Request) -> bool:
    """Whether a request may be made in a RoleBinding's namespace. One for a Namespace by name is in it."""
    if request.group == "" and request.resource == "namespaces" and request.name:
        return request.name == namespace and request.namespace in (None, namespace)
    return request.namespace in (None, namespace)


def _holder(subject: Subject, chains: dict[Because, str | None]) -> Holder:
    everywhere = subject == MASTERS or None in chains.values()
    namespaces = tuple(sorted({where for where in chains.values() if where is not None}))
    because = tuple(sorted(chains, key=chain_order))
    return Holder(subject, "cluster" if everywhere else namespaces, because, implicit=subject == MASTERS)


def chain_order(because: Because) -> tuple[str, str, str, str, int]:
    """The one order of chains, so that an answer does not depend on the order that objects came in."""
    binding, role = because.binding, because.role
    return (binding.kind, binding.namespace or "", binding.name, role.name, because.rule)

"""Every binding resolved to its role, once a snapshot, so that any number of questions is answered at once.

A question finds the rules that may matter by what they say of resources or URLs, then the bindings of their
roles; one about a subject finds its bindings. Resolution follows pkg/registry/rbac/validation/rule.go
(Kubernetes v1.37).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from checks.access.catalog import cluster_scoped
from checks.access.stock import AnyBinding, AnyRole, RoleKey, key_of, stock
from checks.access.subjects import MASTERS, named
from checks.cluster import objects as o
from checks.cluster.defaults import DEFAULT_NAMESPACE, aggregated
from checks.cluster.snapshot import Snapshot, derived
from checks.model import Because, KindCoverage, ObjectRef, Subject

RBAC_KINDS = ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")


class Bound(Struct, frozen=True, gc=False):
    """A binding with the role it refers to. `subjects` runs parallel to the binding's own list; None in it is
    a subject that means nobody. `namespace` is None for a ClusterRoleBinding.

    order: its place among all bindings. numbers: the places of its subjects in `Index.subjects`, each once.
    """

    binding: AnyBinding
    role: AnyRole
    subjects: tuple[Subject | None, ...]
    namespace: str | None
    ref: ObjectRef
    role_ref: ObjectRef
    order: int
    numbers: tuple[int, ...]

    def because(self, rule: int) -> Because:
        """The chain from this binding to one rule of its role."""
        return Because(self.ref, self.role_ref, rule)


class Dangling(Struct, frozen=True, gc=False):
    """A binding whose role is not there: it grants nothing until somebody makes the role."""

    binding: AnyBinding
    role: ObjectRef
    subjects: tuple[Subject | None, ...]


class Index(Struct, frozen=True):
    """A snapshot's RBAC, resolved. `unread`: RBAC kinds that could not be read in full.

    by_resource: what rules of bound roles say among resources (`pods/log`, `*/scale`, `*`) -> those rules, as
    role and number. by_url: the rules that speak of URLs. by_subject: the bindings that name somebody.
    subjects: everybody whom bindings name, as answers list them: `system:masters`, then by kind and name.
    cluster_scoped: group and name of the resources outside of namespaces.
    """

    roles: dict[RoleKey, AnyRole]
    bound: dict[RoleKey, tuple[Bound, ...]]
    by_resource: dict[str, tuple[tuple[RoleKey, int], ...]]
    by_url: tuple[tuple[RoleKey, int], ...]
    by_subject: dict[Subject, tuple[Bound, ...]]
    subjects: tuple[Subject, ...]
    dangling: tuple[Dangling, ...]
    unread: tuple[KindCoverage, ...]
    cluster_scoped: frozenset[tuple[str, str]]

    def bounds(self) -> Iterator[Bound]:
        """Every binding whose role is there."""
        return (bound for bounds in self.bound.values() for bound in bounds)


@derived
def index(snapshot: Snapshot) -> Index:
    """The snapshot's roles and bindings, resolved once.

    In manifests, and where the roles could not be read, one that Kubernetes makes itself (view, cluster-admin
    …) is taken to be there. A role of a kind that could not be read is not missing, only unknown.
    """
    roles = {key_of(role): role for role in _roles(snapshot)}
    refs: dict[RoleKey, ObjectRef] = {}
    bound: dict[RoleKey, list[Bound]] = {}
    by_subject: dict[Subject, list[Bound]] = {}
    dangling: list[Dangling] = []
    bindings = _bindings(snapshot)
    everybody = _everybody(subjects for _, _, subjects in bindings)
    numbers = {subject: number for number, subject in enumerate(everybody)}
    for order, (binding, namespace, subjects) in enumerate(bindings):
        key = _role_key(binding.role_ref, namespace)
        if key in roles:
            if key not in refs:
                refs[key] = ref(roles[key])
            names = [subject for subject in dict.fromkeys(subjects) if subject is not None]
            made = Bound(
                binding,
                roles[key],
                subjects,
                namespace,
                ref(binding),
                refs[key],
                order,
                tuple(numbers[subject] for subject in names),
            )
            bound.setdefault(key, []).append(made)
            for subject in names:
                by_subject.setdefault(subject, []).append(made)
        elif snapshot.saw(key[0]) or key[0] not in RBAC_KINDS:
            kind, where, name = key
            dangling.append(Dangling(binding, ObjectRef(kind, name, where or None), subjects))
    by_resource, by_url = _by_content({key: roles[key] for key in bound})
    return Index(
        roles=roles,
        bound={key: tuple(found) for key, found in bound.items()},
        by_resource=by_resource,
        by_url=by_url,
        by_subject={subject: tuple(found) for subject, found in by_subject.items()},
        subjects=everybody,
        dangling=tuple(dangling),
        unread=tuple(snapshot.of(kind) for kind in RBAC_KINDS if not snapshot.saw(kind)),
        cluster_scoped=cluster_scoped(snapshot),
    )


def ref(item: o.Object) -> ObjectRef:
    """A role or binding as evidence names it."""
    meta = item.metadata
    return ObjectRef(item.kind, meta.name, meta.namespace, meta.uid, meta.resource_version)


_Placed = tuple[AnyBinding, str | None, tuple[Subject | None, ...]]
"""A binding, its namespace, and whom each of its subjects means."""


def _bindings(snapshot: Snapshot) -> list[_Placed]:
    """Every binding, in the one order of answers; equal subjects of all of them are one object."""
    known: dict[Subject | None, Subject | None] = {}
    found: list[_Placed] = []
    bindings: tuple[AnyBinding, ...] = (*snapshot.all(o.ClusterRoleBinding), *snapshot.all(o.RoleBinding))
    for binding in bindings:
        namespace = _namespace(binding)
        meant = (named(each, namespace) for each in binding.subjects or ())
        found.append((binding, namespace, tuple(known.setdefault(who, who) for who in meant)))
    return sorted(found, key=_place)


def _place(placed: _Placed) -> tuple[str, str, str, str]:
    binding, namespace, _ = placed
    return (binding.kind, namespace or "", binding.metadata.name, binding.role_ref.name)


def _everybody(subjects: Iterable[tuple[Subject | None, ...]]) -> tuple[Subject, ...]:
    found = {each for together in subjects for each in together if each is not None} - {MASTERS}
    return (MASTERS, *sorted(found, key=lambda each: (each.kind, str(each))))


def _by_content(
    roles: dict[RoleKey, AnyRole],
) -> tuple[dict[str, tuple[tuple[RoleKey, int], ...]], tuple[tuple[RoleKey, int], ...]]:
    by_resource: dict[str, list[tuple[RoleKey, int]]] = {}
    by_url: list[tuple[RoleKey, int]] = []
    for key, role in roles.items():
        for number, rule in enumerate(role.rules or ()):
            place = (key, number)
            if rule.non_resource_urls:
                by_url.append(place)
            for said in dict.fromkeys(rule.resources or ()):
                by_resource.setdefault(said, []).append(place)
    return {said: tuple(found) for said, found in by_resource.items()}, tuple(by_url)


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

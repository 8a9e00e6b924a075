"""What one identity holds: its needs with the bindings that give them, groups included.

Computed once for each set of bindings that matter, since most of a cluster's accounts hold nothing that leads
anywhere, and many hold the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from checks.access.admins import EVERY_RESOURCE
from checks.access.escalation.needs import CHANGE_NAMESPACES, Given, Need, completing, given, given_by
from checks.access.escalation.places import Granted
from checks.access.escalation.steps import Cut, Permission
from checks.access.index import Bound, Dangling, index
from checks.access.matching import Request
from checks.access.stock import RoleKey, is_stock_subject, key_of
from checks.access.subjects import MASTERS, groups_of
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.model import Subject

ANY_NAMESPACE = "*"
CLUSTER_ADMIN: RoleKey = ("ClusterRole", "", "cluster-admin")


class Hold(Struct, frozen=True, gc=False):
    """A need that somebody holds: in one namespace, in any (`*`: of rights that were just given so) or
    everywhere (None), for these names or all (None). `beside`: what else is held that it takes, where it is a
    creation limited to names."""

    need: Need
    verb: str
    namespace: str | None
    names: tuple[str, ...] | None
    bound: Bound | None
    rule: int
    through: Subject | None
    beside: Hold | None = None

    @property
    def everywhere(self) -> bool:
        """Whether it holds in every namespace."""
        return self.namespace in (None, ANY_NAMESPACE)

    @property
    def where(self) -> str | None:
        """The one namespace in which it holds; None for all."""
        return None if self.everywhere else self.namespace

    @property
    def clusterwide(self) -> bool:
        """Whether it holds for what is outside of namespaces."""
        return self.namespace is None

    def reaches(self, namespace: str | None) -> bool:
        """Whether it holds in this namespace."""
        return self.everywhere or self.namespace == namespace

    def allows(self, name: str) -> bool:
        """Whether it holds for this name."""
        return self.names is None or name in self.names

    def permission(self, name: str | None = None, namespace: str | None = None) -> Permission:
        """It as one request: about this name, in this namespace (else wherever it holds)."""
        need = self.need
        where = namespace if namespace is not None else self.namespace
        if where == ANY_NAMESPACE:
            where = None
        if need.cluster:
            where = ""
        if need.resource == "namespaces" and name:
            where = name
        called = name if name is not None else (self.names[0] if self.names else None)
        if need.nameless and not self.names:
            called = ""
        request = Request(self.verb, need.resource, need.group, need.subresource, called, where)
        beside = self.beside.permission(called, where) if self.beside else None
        return Permission(
            request, self.bound, self.rule, self.through, cut_of(self.bound, self.through), beside
        )


class Held(Struct, frozen=True):
    """All that one identity holds. `bounds`: every binding of it, with the subject it is bound by. `waiting`:
    its bindings to roles that do not exist."""

    holds: dict[Need, tuple[Hold, ...]]
    bounds: tuple[tuple[Bound, Subject], ...] = ()
    waiting: tuple[tuple[Dangling, Subject], ...] = ()

    def of(self, *needs: Need) -> Iterator[Hold]:
        """Every way in which it holds one of these, each binding's first."""
        for need in needs:
            yield from self.holds.get(need, ())

    def clusterwide(self, *needs: Need) -> Iterator[Hold]:
        """Those that hold for what is outside of namespaces."""
        return (hold for hold in self.of(*needs) if hold.clusterwide)


NOTHING = Held({})


def common(*holds: Hold) -> tuple[bool, str | None]:
    """Whether these go together somewhere, and where (None: everywhere)."""
    places = {hold.namespace for hold in holds if not hold.everywhere}
    return len(places) < 2, next(iter(places), None)


def selves(subject: Subject) -> tuple[Subject, ...]:
    """Everybody that a binding may name to mean this subject; of a group, what every member is in too."""
    return (subject,) if subject == MASTERS else (subject, *groups_of(subject))


class Holdings:
    """Answers what an identity holds, from one walk over the bindings, in one order whatever theirs is."""

    def __init__(self, snapshot: Snapshot) -> None:
        rbac = index(snapshot)
        self._roles = rbac.roles
        self._given: dict[RoleKey, dict[Need, tuple[Given, ...]]] = {}
        self._all = {
            subject: sorted(bounds, key=lambda bound: key_of(bound.binding))
            for subject, bounds in rbac.by_subject.items()
        }
        self._known: dict[tuple[tuple[int, Subject], ...], Held] = {}
        self._waiting: dict[Subject, list[Dangling]] = {}
        for dangling in sorted(rbac.dangling, key=lambda waiting: key_of(waiting.binding)):
            for each in dict.fromkeys(each for each in dangling.subjects if each is not None):
                self._waiting.setdefault(each, []).append(dangling)
        self._bounds: dict[Subject, list[Bound]] = {}
        for subject, bounds in self._all.items():
            if found := [bound for bound in bounds if self.of_role(key_of(bound.role))]:
                self._bounds[subject] = found

    def of_role(self, key: RoleKey) -> dict[Need, tuple[Given, ...]]:
        """What a role's rules give."""
        if key not in self._given:
            role = self._roles.get(key)
            rules = (role.rules or ()) if role else ((EVERY_RESOURCE,) if key == CLUSTER_ADMIN else ())
            self._given[key] = given(rules)
        return self._given[key]

    def of(self, subject: Subject) -> Held:
        """What this identity holds, by itself and through its groups."""
        return self.together(selves(subject))

    def together(self, names: tuple[Subject, ...]) -> Held:
        """What somebody holds whom bindings may call any of these."""
        named = [(bound, each) for each in names for bound in self._bounds.get(each, ())]
        if not named:
            return NOTHING
        alike = tuple((id(bound), each) for bound, each in named)
        if alike not in self._known:
            self._known[alike] = self._combined(named, names)
        return self._known[alike]

    def granted(self, place: Granted) -> Held:
        """What somebody holds by the rights of a role that they gave themselves."""
        role = self._roles.get(place.role)
        own = _Source((role.rules or ()) if role else (), place.namespace, None, None)
        return Held(_gathered([(own, self.of_role(place.role))], [own]))

    def _combined(self, named: list[tuple[Bound, Subject]], names: tuple[Subject, ...]) -> Held:
        bounds = tuple((bound, each) for each in names for bound in self._all.get(each, ()))
        leading = ((_source(bound, each), self.of_role(key_of(bound.role))) for bound, each in named)
        return Held(
            _gathered(leading, [_source(bound, each) for bound, each in bounds]),
            bounds,
            tuple((dangling, each) for each in names for dangling in self._waiting.get(each, ())),
        )


def held_through(
    bounds: Iterable[tuple[Bound, Subject]],
    gives: Callable[[tuple[o.PolicyRule, ...]], Mapping[Need, tuple[Given, ...]]],
) -> dict[Need, tuple[Hold, ...]]:
    """What somebody holds by these bindings, of what `gives` finds in their roles' rules."""
    every = [_source(bound, through) for bound, through in bounds]
    return _gathered(((source, gives(source.rules)) for source in every), every)


@derived
def holdings(snapshot: Snapshot) -> Holdings:
    """What everybody in this snapshot holds."""
    return Holdings(snapshot)


class _Source(Struct, frozen=True, gc=False):
    """Rules that somebody holds: where, and by which binding (None: they were just given)."""

    rules: tuple[o.PolicyRule, ...]
    namespace: str | None
    bound: Bound | None
    through: Subject | None


def _source(bound: Bound, through: Subject) -> _Source:
    return _Source(bound.role.rules or (), bound.namespace, bound, through)


def _gathered(
    leading: Iterable[tuple[_Source, Mapping[Need, tuple[Given, ...]]]], every: Sequence[_Source]
) -> dict[Need, tuple[Hold, ...]]:
    """What sources give together. `every`: all that is held, which may complete what one gives in part."""
    found: dict[Need, list[Hold]] = {}
    for source, gives in leading:
        where = source.namespace
        for need, ways in gives.items():
            if need.cluster and where is not None:
                continue
            for way in ways:
                hold = Hold(need, way.verb, where, way.names, source.bound, way.rule, source.through)
                if need is CHANGE_NAMESPACES and not hold.everywhere and not hold.allows(str(where)):
                    continue
                if need.nameless and hold.names is not None:
                    found.setdefault(need, []).extend(_completed(hold, every))
                else:
                    found.setdefault(need, []).append(hold)
    return {need: tuple(holds) for need, holds in found.items() if holds}


def _completed(hold: Hold, every: Sequence[_Source]) -> Iterator[Hold]:
    """A creation limited to names with each right to change what has such a name, for the names of both."""
    need = completing(hold.need)
    for source in every:
        spaces = {hold.namespace, source.namespace} - {None}
        if len(spaces) > 1 or (need.cluster and spaces):
            continue
        where = next(iter(spaces), None)
        for number, rule in enumerate(source.rules):
            way = given_by(number, rule, need)
            names = tuple(
                name for name in hold.names or () if way and (way.names is None or name in way.names)
            )
            if way and names:
                beside = Hold(need, way.verb, where, names, source.bound, number, source.through)
                yield replace(hold, namespace=where, names=names, beside=beside)


def cut_of(bound: Bound | Dangling | None, through: Subject | None) -> Cut | None:
    """What to take away so that this binding no longer gives it; None for what cannot be taken away."""
    if bound is None or through is None:
        return None
    if is_stock_subject(bound.binding, through):
        return None
    return Cut(key_of(bound.binding), through if _is_stock(bound.binding) else None)


def _is_stock(binding: o.RoleBinding | o.ClusterRoleBinding) -> bool:
    """Whether the API server made this binding, and would make it again."""
    return any(
        is_stock_subject(binding, Subject(each.kind, each.name, each.namespace))
        for each in binding.subjects or ()
    )

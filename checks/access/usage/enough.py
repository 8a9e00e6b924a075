"""The rules that would have been enough for what somebody did, none of them wider than what they hold.

Each thing done is first taken as broadly as makes sense: without a name where names come and go or the whole
list is read anyway, in the whole cluster where it is read there or in many namespaces. What the held rules do
not cover is narrowed, down to exactly what was done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from msgspec import Struct

from checks.access.matching import Request, covers
from checks.access.scopes import reaches_namespaces
from checks.cluster import objects as o

Place = str | None
"""A namespace, or None for the whole cluster."""

MOST_NAMES = 5
MOST_NAMESPACES = 5
_READ = frozenset({"get", "list", "watch"})
_LIST = frozenset({"list", "watch"})
_MADE_ANEW = frozenset(
    {
        ("", "pods"),
        ("", "events"),
        ("", "replicationcontrollers"),
        ("apps", "replicasets"),
        ("apps", "controllerrevisions"),
        ("batch", "jobs"),
        ("events.k8s.io", "events"),
        ("discovery.k8s.io", "endpointslices"),
        ("certificates.k8s.io", "certificatesigningrequests"),
    }
)
"""Resources whose names are made up: those of a period say nothing of the next."""

_What = tuple[str, str, str]


class Rule(Struct, frozen=True, gc=False):
    """One right in one place."""

    place: Place
    part: o.PolicyRule


def enough(
    done: Iterable[Request],
    held: Mapping[Place, Sequence[o.PolicyRule]],
    cluster_scoped: AbstractSet[tuple[str, str]],
) -> tuple[Rule, ...]:
    """The rights that allow all of these requests. Each request must be allowed by what is held.

    held: what may be kept, by place; what is held in the whole cluster may be kept in any namespace, too.
    cluster_scoped: group and name of the resources outside of namespaces.
    """
    requests = tuple(done)
    habits = _Habits(requests)
    found: dict[Rule, None] = {}
    for request in requests:
        inside = bool(request.namespace) and reaches_namespaces(request, cluster_scoped)
        for rules in _broadest_first(request, habits, held, request.namespace if inside else None):
            if rules and all(_holds(held, rule) for rule in rules):
                found |= dict.fromkeys(rules)
                break
    everywhere = [rule.part for rule in found if rule.place is None]
    return tuple(rule for rule in found if rule.place is None or not covers(everywhere, (rule.part,)))


def _holds(held: Mapping[Place, Sequence[o.PolicyRule]], rule: Rule) -> bool:
    places = (None,) if rule.place is None else (None, rule.place)
    return any(covers(held.get(place, ()), (rule.part,)) for place in places)


class _Habits:
    """How somebody goes about each resource, over all that they did."""

    def __init__(self, requests: Iterable[Request]) -> None:
        self._listed: set[tuple[_What, str]] = set()
        self._made: set[_What] = set()
        self._names: defaultdict[tuple[str, _What, str], set[str | None]] = defaultdict(set)
        self._spaces: defaultdict[tuple[str, _What], set[str]] = defaultdict(set)
        for each in requests:
            what, where = _what(each), each.namespace or ""
            if each.verb in _LIST and each.name == "":
                self._listed.add((what, where))
            if each.verb == "create" and not each.subresource:
                self._made.add(what)
            self._names[each.verb, what, where].add(each.name)
            self._spaces[each.verb, what].add(where)

    def everywhere(self, request: Request) -> bool:
        """Whether it is done, or might as well be allowed, in the whole cluster."""
        what = _what(request)
        if request.verb in _READ and (what, "") in self._listed:
            return True
        return len(self._spaces[request.verb, what]) > MOST_NAMESPACES

    def unnamed(self, request: Request) -> bool:
        """Whether a name would say too little, or nothing that is worth keeping apart."""
        what, where = _what(request), request.namespace or ""
        if request.verb in _READ and ((what, where) in self._listed or (what, "") in self._listed):
            return True
        group, resource, _ = what
        if (group, resource) in _MADE_ANEW or (group, resource, "") in self._made:
            return True
        return len(self._names[request.verb, what, where]) > MOST_NAMES


def _what(request: Request) -> _What:
    return (request.group, request.resource, request.subresource)


def _broadest_first(
    request: Request, habits: _Habits, held: Mapping[Place, Sequence[o.PolicyRule]], here: Place
) -> Iterator[tuple[Rule, ...]]:
    if request.path:
        yield (Rule(None, o.PolicyRule((request.verb,), non_resource_urls=(request.path,))),)
        return
    names = _names(request, held)
    named = tuple(_part(request, name) for name in names)
    broad = (_part(request, ""),) if not request.name or habits.unnamed(request) else named
    if here is not None and habits.everywhere(request):
        yield tuple(Rule(None, part) for part in broad)
    yield tuple(Rule(here, part) for part in broad)
    yield tuple(Rule(here, part) for part in named)
    if here is not None:
        yield tuple(Rule(None, part) for part in broad)
        yield tuple(Rule(None, part) for part in named)


def _names(request: Request, held: Mapping[Place, Sequence[o.PolicyRule]]) -> tuple[str, ...]:
    """The name that was used; where it may be any of several, every name that is held."""
    if request.name is not None:
        return (request.name,)
    places = (None, request.namespace or None)
    rules = [rule for place in dict.fromkeys(places) for rule in held.get(place, ())]
    listed = (name for rule in rules for name in rule.resource_names or ())
    return tuple(name for name in dict.fromkeys(listed) if covers(rules, (_part(request, name),)))


def _part(request: Request, name: str) -> o.PolicyRule:
    said = f"{request.resource}/{request.subresource}" if request.subresource else request.resource
    return o.PolicyRule((request.verb,), (request.group,), (said,), (name,) if name else None)

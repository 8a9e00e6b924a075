"""Which rights an audit policy keeps out of the log: that such a one was not seen says nothing.

The policy is asked about requests that the right allows, as the API server asks it (`checks.audit.policy`):
about each namespace and name that it mentions, and about one that it does not. Only an event of a request's
end tells that it was allowed, so a policy that omits those stages records nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from msgspec import Struct
from msgspec.structs import replace

from checks.access.asking import STANDARD
from checks.access.catalog import catalog
from checks.access.matching import ALL, resource_matches, url_matches
from checks.access.subjects import GROUP, SERVICE_ACCOUNT, groups_of
from checks.access.usage.beside import What
from checks.access.usage.record import Record
from checks.audit.policy import Request, decide, stages
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.model import Subject

_OTHER = "\0other"
"""Stands for every name and namespace that the policy does not mention."""
_NAMELESS = frozenset({"create", "list", "watch", "deletecollection"})
_LONG = frozenset({"exec", "attach", "portforward", "proxy", "log"})
_PATH_VERBS = ("get", "post", "put", "patch", "delete", "head")
_DECIDED = frozenset({"ResponseStarted", "ResponseComplete"})
_MOST_ASKERS = 20
_WITH_WRITES = "update"
"""What is logged where a verb is asked for that no request has: `bind`, `approve`."""
_ANYTHING = ("other.example", "others", "")


class Unlogged(Struct, frozen=True):
    """A right that leaves no event, and where; `namespace` None: everywhere."""

    part: o.PolicyRule
    namespace: str | None


class Asker(Struct, frozen=True, gc=False):
    """Somebody as the policy sees them."""

    user: str
    groups: tuple[str, ...]


_Words = tuple[str, str, str, str]
"""A verb, a group, a resource and a subresource."""


class Policies:
    """The audit policies that were given, all of which must record something for it to be seen."""

    def __init__(self, given: tuple[o.AuditPolicy, ...], everything: tuple[What, ...]) -> None:
        self._policies = given
        self._everything = everything
        rules = [rule for policy in given for rule in policy.rules or ()]
        self._namespaces = tuple(dict.fromkeys(each for rule in rules for each in rule.namespaces or ()))
        resources = [each for rule in rules for each in rule.resources or ()]
        self._names = tuple(dict.fromkeys(name for each in resources for name in each.resource_names or ()))
        urls = [url.rstrip(ALL) for rule in rules for url in rule.non_resource_urls or ()]
        self._urls = tuple(dict.fromkeys(path for url in urls for path in (url, f"{url}other")))
        self._rules = [rule for rule in rules if rule.users or rule.user_groups]
        self._known: dict[tuple[o.PolicyRule, str | None, tuple[bool, ...]], tuple[Unlogged, ...]] = {}

    def profile(self, asker: Asker) -> tuple[bool, ...]:
        """What the policies' rules tell an asker from others by."""
        return tuple(
            (not rule.users or asker.user in rule.users)
            and (not rule.user_groups or not set(rule.user_groups).isdisjoint(asker.groups))
            for rule in self._rules
        )

    def unlogged(self, asker: Asker, part: o.PolicyRule, namespace: str | None) -> tuple[Unlogged, ...]:
        """What of a right in a place leaves no event; the right itself where it is all of it."""
        place = namespace if namespace is None or namespace in self._namespaces else _OTHER
        key = (part, place, self.profile(asker))
        if key not in self._known:
            self._known[key] = tuple(self._find(asker, part, place))
        return tuple(
            Unlogged(each.part, namespace if each.namespace == _OTHER else each.namespace)
            for each in self._known[key]
        )

    def _find(self, asker: Asker, part: o.PolicyRule, place: str | None) -> Iterator[Unlogged]:
        if part.non_resource_urls:
            if not all(self._records(request) for request in self._paths(asker, part)):
                yield Unlogged(part, place)
            return
        words = self._words(part)
        blind = [each for each in words if not self._sees(asker, each, part, place, _OTHER)]
        if len(blind) == len(words):
            yield Unlogged(part, place)
            return
        yield from (Unlogged(each, place) for each in _smaller(part, blind))
        seen = [each for each in words if each not in set(blind)]
        yield from self._mentioned(asker, part, place, seen)

    def _mentioned(
        self, asker: Asker, part: o.PolicyRule, place: str | None, words: list[_Words]
    ) -> Iterator[Unlogged]:
        """What is recorded as a rule, but not in the namespaces or of the names that the policy mentions."""
        spaces = (place, *(each for each in self._namespaces if each)) if place is None else (place,)
        for each in words:
            nameless = each[0] in _NAMELESS or part.resource_names
            made = _rule(part, each)
            for space, name in product(spaces, (_OTHER,) if nameless else (_OTHER, *self._names)):
                if not self._sees(asker, each, part, space, name):
                    named = replace(made, resource_names=(name,)) if name != _OTHER else made
                    yield Unlogged(named, space)

    def _words(self, part: o.PolicyRule) -> list[_Words]:
        """The part's verb on its resource; for stars, all that there are and one that nobody knows."""
        (verb,), (group,), (said,) = part.verbs or ("",), part.api_groups or ("",), part.resources or ("",)
        resource, _, subresource = said.partition("/")
        found = [(group, resource, subresource)]
        if ALL in (group, resource):
            found = [
                each
                for each in (*self._everything, _ANYTHING)
                if group in (ALL, each[0]) and resource_matches(said, each[1], each[2])
            ]
        verbs = STANDARD if verb == ALL else (verb,)
        return [(each, *of) for each, of in product(verbs, found or [(_ANYTHING[0], resource, subresource)])]

    def _paths(self, asker: Asker, part: o.PolicyRule) -> Iterator[Request]:
        """Requests for the part's path; for a star, of each that the policies tell apart, and another."""
        (verb,), (url,) = part.verbs or ("",), part.non_resource_urls or ("",)
        paths = {url} if not url.endswith(ALL) else {f"{url.rstrip(ALL)}other", *self._urls}
        for each in _PATH_VERBS if verb == ALL else (verb,):
            for path in sorted(paths):
                if url_matches(url, path):
                    yield Request(each, asker.user, asker.groups, path=path)

    def _sees(self, asker: Asker, words: _Words, part: o.PolicyRule, place: str | None, name: str) -> bool:
        """Whether such a request is recorded: in every kind of place where no one place is asked about."""
        verb, group, resource, subresource = words
        verb = verb if verb in STANDARD else _WITH_WRITES
        nameless = verb in _NAMELESS and not subresource
        names = ("",) if nameless else part.resource_names or (name,)
        places = (_OTHER, "") if place is None else (place,)
        return all(
            self._records(Request(verb, asker.user, asker.groups, group, resource, subresource, where, each))
            for where, each in product(places, names)
        )

    def _records(self, request: Request) -> bool:
        long = request.verb == "watch" or request.subresource in _LONG
        return all(
            not _DECIDED.isdisjoint(stages(decide(policy, request), long_running=long))
            for policy in self._policies
        )


@derived
def policies(snapshot: Snapshot) -> Policies | None:
    """The audit policies among the evidence; None where there is none."""
    given = snapshot.all(o.AuditPolicy)
    if not given:
        return None
    served = catalog(snapshot).resources.values()
    everything = ((each.group, each.name, sub) for each in served for sub in ("", *each.subresources))
    return Policies(given, tuple(each for each in everything if each[2] != ALL))


def askers(known: Record, subject: Subject) -> tuple[Asker, ...]:
    """How the policy may see somebody: as RBAC knows them, and as they were seen in the log."""
    actors = (known.actors[place] for place in known.doers.get(subject, ())[:_MOST_ASKERS])
    seen = (Asker(each.user, tuple(sorted(each.groups))) for each in actors)
    return tuple(dict.fromkeys((_plain(subject), *seen)))


def _plain(subject: Subject) -> Asker:
    groups = tuple(sorted(each.name for each in groups_of(subject)))
    if subject.kind == GROUP:
        return Asker("", (*groups, subject.name))
    if subject.kind == SERVICE_ACCOUNT:
        return Asker(f"system:serviceaccount:{subject.namespace}:{subject.name}", groups)
    return Asker(subject.name, groups)


def _rule(part: o.PolicyRule, words: _Words) -> o.PolicyRule:
    """A rule for one of the things that a part stands for."""
    verb, group, resource, subresource = words
    if group == _ANYTHING[0]:  # what nobody knows cannot be named
        return replace(part, verbs=(verb,))
    said = f"{resource}/{subresource}" if subresource else resource
    return replace(part, verbs=(verb,), api_groups=(group,), resources=(said,))


def _smaller(part: o.PolicyRule, blind: list[_Words]) -> Iterator[o.PolicyRule]:
    """Rules for some of what a part with stars stands for; where a resource that nobody knows is among them,
    for all of it."""
    whole = {each[0] for each in blind if each[1] == _ANYTHING[0]}
    yield from (replace(part, verbs=(verb,)) for verb in sorted(whole))
    yield from (_rule(part, each) for each in blind if each[0] not in whole)

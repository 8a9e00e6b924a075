"""What an audit policy says about a request: the API server's own rules.

The first rule that matches decides; where none does, nothing is recorded. Users, groups, verbs and namespaces
are compared as they stand, without wildcards. From k8s.io/apiserver, audit/policy/checker.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum

from msgspec import Struct

from checks.cluster import objects as o

STAGES = ("RequestReceived", "ResponseStarted", "ResponseComplete", "Panic")


class Level(IntEnum):
    """How much is recorded, growing."""

    NONE = 0
    METADATA = 1
    REQUEST = 2
    REQUEST_RESPONSE = 3

    def __str__(self) -> str:
        return _WORDS[self]


_WORDS = {
    Level.NONE: "None",
    Level.METADATA: "Metadata",
    Level.REQUEST: "Request",
    Level.REQUEST_RESPONSE: "RequestResponse",
}
_LEVELS = {word: level for level, word in _WORDS.items()}


class Request(Struct, frozen=True, gc=False):
    """A request as the policy sees it. `resource` is empty for one that is for a `path` only.

    `user` is None where nobody is known to ask, which no rule with users or groups matches.
    """

    verb: str
    user: str | None = None
    groups: tuple[str, ...] = ()
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    @property
    def target(self) -> str:
        """What is asked for, as a rule would name it (`deployments.apps`, `pods/exec`, `/healthz`)."""
        if not self.resource:
            return self.path
        dotted = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{dotted}/{self.subresource}" if self.subresource else dotted


class Decision(Struct, frozen=True, gc=False):
    """What is recorded: the level, the stages left out, and the index of the rule that said so."""

    level: Level
    omitted: frozenset[str]
    rule: int | None
    managed_fields: bool = True

    @property
    def recorded(self) -> bool:
        """Whether an ordinary request that is answered leaves any line at all."""
        return self.level > Level.NONE and not self.omitted.issuperset(STAGES[:3])


def decide(policy: o.AuditPolicy, request: Request) -> Decision:
    """What the policy says of a request."""
    for index, rule in enumerate(policy.rules or ()):
        if matches(rule, request):
            omitted = frozenset((*(policy.omit_stages or ()), *(rule.omit_stages or ())))
            omit_fields = (
                policy.omit_managed_fields if rule.omit_managed_fields is None else rule.omit_managed_fields
            )
            return Decision(level_of(rule), omitted, index, not omit_fields)
    return Decision(Level.NONE, frozenset(policy.omit_stages or ()), None, not policy.omit_managed_fields)


def level_of(rule: o.AuditRule) -> Level:
    """A rule's level; one that the API server refuses counts as None."""
    return _LEVELS.get(rule.level, Level.NONE)


def is_level(word: str) -> bool:
    return word in _LEVELS


def matches(rule: o.AuditRule, request: Request) -> bool:
    """Whether a rule is about a request: everything that the rule names must fit."""
    if rule.users and request.user not in rule.users:
        return False
    if rule.user_groups and (request.user is None or set(rule.user_groups).isdisjoint(request.groups)):
        return False
    if rule.verbs and request.verb not in rule.verbs:
        return False
    if rule.namespaces or rule.resources:
        return _matches_resource(rule, request)
    if rule.non_resource_urls:
        return not request.resource and any(
            path_matches(request.path, each) for each in rule.non_resource_urls
        )
    return True


def path_matches(path: str, pattern: str) -> bool:
    """Whether a path is meant: the very one, or what begins so where the pattern ends in a star."""
    return pattern in ("*", path) or (pattern.endswith("*") and path.startswith(pattern.rstrip("*")))


def _matches_resource(rule: o.AuditRule, request: Request) -> bool:
    if not request.resource:
        return False
    if rule.namespaces and request.namespace not in rule.namespaces:
        return False
    return not rule.resources or any(_covers(each, request) for each in rule.resources)


def _covers(given: o.AuditResources, request: Request) -> bool:
    if given.group not in ("*", request.group):
        return False
    if not given.resources:
        return True
    if given.resource_names and request.name not in given.resource_names:
        return False
    return any(resource_matches(each, request.resource, request.subresource) for each in given.resources)


def resource_matches(pattern: str, resource: str, subresource: str) -> bool:
    """Whether a rule means this; `pods/*` is also `pods` itself, but `pods` is not `pods/log`."""
    combined = f"{resource}/{subresource}" if subresource else resource
    if pattern in ("*", combined):
        return True
    if subresource and pattern == f"*/{subresource}":
        return True
    return pattern.endswith("/*") and pattern.removesuffix("/*") == resource


def stages(decision: Decision, *, long_running: bool = False) -> Iterator[str]:
    """The stages at which an answered request is recorded; only a long-running one has a started answer."""
    if decision.level is Level.NONE:
        return
    passed = STAGES[:3] if long_running else (STAGES[0], STAGES[2])
    yield from (stage for stage in passed if stage not in decision.omitted)

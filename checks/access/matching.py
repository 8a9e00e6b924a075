"""Whether one RBAC rule allows one request, exactly as the API server decides it.

Rules are a pure union: a request is allowed when a single rule satisfies every dimension, and nothing denies.
Sources (Kubernetes v1.37): pkg/apis/rbac/v1/evaluation_helpers.go, plugin/pkg/auth/authorizer/rbac/rbac.go;
for `covers`, k8s.io/component-helpers auth/rbac/validation/policy_comparator.go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from msgspec import Struct

from checks.cluster import objects as o

ALL = "*"


class Request(Struct, frozen=True, gc=False):
    """One thing somebody may want to do.

    namespace: a name; empty for a cluster-wide request (which no RoleBinding allows); None to ask where.
    name: empty where the request carries none: create, deletecollection and unfiltered list and watch. A list
        or watch filtered by `metadata.name=x` carries x (k8s.io/apiserver pkg/endpoints/request). None to ask
        for some name, whichever: then a rule limited to names allows it too.
    path: of a non-resource request such as `/metrics`; everything but the verb is then meaningless.
    """

    verb: str
    resource: str = ""
    group: str = ""
    subresource: str = ""
    name: str | None = ""
    namespace: str | None = None
    path: str = ""

    def __str__(self) -> str:
        if self.path:
            return f"{self.verb} {self.path}"
        what = f"{self.resource}/{self.subresource}" if self.subresource else self.resource
        return f"{self.verb} {what}.{self.group}" if self.group else f"{self.verb} {what}"


def allows(rule: o.PolicyRule, request: Request) -> bool:
    """Whether this one rule allows the request, wherever it is bound."""
    verbs = rule.verbs or ()
    if ALL not in verbs and request.verb not in verbs:
        return False
    if request.path:
        return any(url_matches(pattern, request.path) for pattern in rule.non_resource_urls or ())
    groups = rule.api_groups or ()
    return (
        (ALL in groups or request.group in groups)
        and any(
            resource_matches(pattern, request.resource, request.subresource)
            for pattern in rule.resources or ()
        )
        and (request.name is None or not rule.resource_names or request.name in rule.resource_names)
    )


def resource_matches(pattern: str, resource: str, subresource: str) -> bool:
    """`*` is everything, `pods/log` itself, `*/log` that subresource of anything. `pods/*` is no pattern."""
    if pattern == ALL:
        return True
    if not subresource:
        return pattern == resource
    return pattern in (f"{resource}/{subresource}", f"*/{subresource}")


def url_matches(pattern: str, path: str) -> bool:
    """Equality, or a prefix before trailing stars: `/apis/*` matches `/apis/apps`, not `/apis`."""
    return pattern == path or (pattern.endswith(ALL) and path.startswith(pattern.rstrip(ALL)))


def covers(owned: Collection[o.PolicyRule], wanted: Iterable[o.PolicyRule]) -> bool:
    """Whether the owned rules allow everything that the wanted rules do.

    The wanted rules are broken into their smallest parts, and each part must lie within a single owned rule.
    Wildcards are covered by wildcards only: an enumeration of everything there is now does not cover `*`.
    """
    return all(any(_covers(rule, part) for rule in owned) for rule in wanted for part in parts(rule))


def parts(rule: o.PolicyRule) -> Iterator[o.PolicyRule]:
    """The smallest rights a rule consists of: a verb on one resource, of one name at most, or on one URL."""
    names: tuple[tuple[str, ...] | None, ...] = tuple((name,) for name in rule.resource_names or ()) or (
        None,
    )
    for verb in rule.verbs or ():
        for group in rule.api_groups or ():
            for resource in rule.resources or ():
                for name in names:
                    yield o.PolicyRule((verb,), (group,), (resource,), name)
        for url in rule.non_resource_urls or ():
            yield o.PolicyRule((verb,), non_resource_urls=(url,))


def _covers(rule: o.PolicyRule, part: o.PolicyRule) -> bool:
    if not _has(rule.verbs, part.verbs):
        return False
    if part.non_resource_urls:
        (url,) = part.non_resource_urls
        return any(url_matches(pattern, url) for pattern in rule.non_resource_urls or ())
    if not _has(rule.api_groups, part.api_groups):
        return False
    if rule.resource_names and not (part.resource_names and part.resource_names[0] in rule.resource_names):
        return False
    resource, _, subresource = (part.resources or ("",))[0].partition("/")
    return any(resource_matches(pattern, resource, subresource) for pattern in rule.resources or ())


def _has(owned: tuple[str, ...] | None, part: tuple[str, ...] | None) -> bool:
    return owned is not None and part is not None and (ALL in owned or part[0] in owned)

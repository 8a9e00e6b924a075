"""Whether a RoleBinding may allow a request at all: it is consulted only for requests in its namespace."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from checks.access.matching import Request
from checks.cluster import objects as o

RBAC = "rbac.authorization.k8s.io"

_ON_ITSELF = frozenset({"get", "update", "patch", "delete", "watch"})


def reaches_namespaces(request: Request, cluster_scoped: AbstractSet[tuple[str, str]]) -> bool:
    """Whether a RoleBinding may allow this request somewhere.

    cluster_scoped: group and name of the resources outside of namespaces; any other is taken to be inside, as
    most custom resources are. Two exceptions: a request for one Namespace or a subresource of it counts as
    being in it (k8s.io/apiserver pkg/endpoints/request/requestinfo.go), and `bind` is asked for in the
    namespace of the binding to be made, though the role is a ClusterRole (pkg/registry/rbac).
    """
    if request.path:
        return False
    if request.group == "" and request.resource == "namespaces":
        return request.verb in _ON_ITSELF
    if request.group == RBAC and request.verb == "bind":
        return True
    return (request.group, request.resource) not in cluster_scoped


def effective(
    part: o.PolicyRule, namespace: str | None, cluster_scoped: AbstractSet[tuple[str, str]]
) -> bool:
    """Whether one of a rule's `parts` means something where it is bound (None: in the whole cluster): a
    RoleBinding gives no URLs and no nodes."""
    if namespace is None:
        return True
    if part.non_resource_urls:
        return False
    (verb,), (group,), (said,) = part.verbs or ("",), part.api_groups or ("",), part.resources or ("",)
    resource, _, subresource = said.partition("/")
    return reaches_namespaces(Request(verb, resource, group, subresource), cluster_scoped)

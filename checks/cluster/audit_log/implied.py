"""What else the API server asked its authorizer about for an event, which leaves no event of its own.

Who acts as somebody else needs the right to; an update or patch that made the object needs `create`; a stream
by websocket is a get and needs `create` too. Sources (Kubernetes v1.37): k8s.io/apiserver
endpoints/filters/impersonation/mode.go, endpoints/handlers/{update,patch}.go (withAuthorization),
pkg/registry/core/pod/rest/authorize.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from checks.cluster.audit_log.events import Asked, Event, Impersonated

_CREATED = 201
_STREAMS = frozenset({"exec", "attach", "portforward"})
_AUTHENTICATION = "authentication.k8s.io"
_ACCOUNT, _NODE = "system:serviceaccount:", "system:node:"
_ASSOCIATED = "impersonate:associated-node"


def beside(event: Event, request: Asked) -> Iterator[Asked]:
    """What the one who is answered was asked to hold beside the request itself."""
    code = event.response_status.code if event.response_status else None
    made = request.verb in {"update", "patch"} and code == _CREATED
    stream = (request.verb, request.group, request.resource) == ("get", "", "pods")
    if request.resource and (made or (stream and request.subresource in _STREAMS)):
        yield replace(request, verb="create")


def to_impersonate(event: Event, other: Impersonated, request: Asked) -> Iterator[Asked]:
    """What the one who acted as somebody else was asked to hold.

    Groups that the API server adds by itself are among them: the log does not tell those apart.
    """
    said = event.authentication_metadata
    constraint = said.impersonation_constraint if said else ""
    verb, group = constraint or "impersonate", _AUTHENTICATION if constraint else ""
    if constraint:
        mode = constraint.removeprefix("impersonate:")
        yield replace(request, verb=f"impersonate-on:{mode}:{request.verb}")
    yield _as_name(verb, group, other.username)
    yield from (Asked(verb, group, "groups", name=each) for each in other.groups or ())
    if other.uid:
        yield Asked(verb, _AUTHENTICATION, "uids", name=other.uid)
    for key, values in (other.extra or {}).items():
        yield from (Asked(verb, _AUTHENTICATION, "userextras", key, name=value) for value in values)


def _as_name(verb: str, group: str, name: str) -> Asked:
    namespace, _, account = name.removeprefix(_ACCOUNT).partition(":")
    if name.startswith(_ACCOUNT) and namespace and account and ":" not in account:
        return Asked(verb, group, "serviceaccounts", "", namespace, account)
    if group and name.startswith(_NODE):
        node = "*" if verb == _ASSOCIATED else name.removeprefix(_NODE)
        return Asked(verb, group, "nodes", name=node)
    return Asked(verb, group, "users", name=name)

"""Linkerd: mutual TLS comes with the proxy, for whoever has one too; whether it is required, policies say.

Between two meshed pods TCP is encrypted always. What is not authenticated is let in by the default inbound
policy `all-unauthenticated` or `cluster-unauthenticated` (the first is the default, which the control plane's
own configuration may change), and refused by the others. A port with a Server is closed but for what an
authorization lets in. Source: linkerd.io/2/reference/authorization-policy.
"""

from __future__ import annotations

from enum import StrEnum

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.network.policies import by_namespace, namespace_of
from checks.network.selectors import selects

POLICY = "config.linkerd.io/default-inbound-policy"
REQUIRED = ("all-authenticated", "cluster-authenticated", "deny")
_BY_IDENTITY = ("MeshTLSAuthentication", "ServiceAccount")
_ROUTES = ("HTTPRoute", "GRPCRoute")


@derived
def installed(snapshot: Snapshot) -> bool:
    """Whether Linkerd's control plane is there, or policies for it."""
    names = {each.metadata.name for each in snapshot.all(o.Deployment)}
    return bool(names & {"linkerd-destination", "linkerd-identity"} or snapshot.all(o.LinkerdServer))


def in_mesh(pod: o.PodSpec, annotations: o.Annotations, space: o.Namespace | None) -> bool:
    """Whether a pod has Linkerd's proxy or will get it: the pod's annotation before the namespace's."""
    if any(each.name == "linkerd-proxy" for each in (*(pod.containers or ()), *(pod.init_containers or ()))):
        return True
    if pod.host_network:
        return False
    wanted = annotations.get("linkerd.io/inject")
    if wanted is None and space is not None:
        wanted = space.metadata.annotations.get("linkerd.io/inject")
    return wanted in ("enabled", "ingress")


def inbound_policy(annotations: o.Annotations, space: o.Namespace | None) -> str:
    """The default inbound policy that is asked for; empty where the control plane's own holds."""
    own = annotations.get(POLICY)
    if own is None and space is not None:
        own = space.metadata.annotations.get(POLICY)
    return own or ""


def servers(snapshot: Snapshot, namespace: str, labels: dict[str, str]) -> tuple[o.LinkerdServer, ...]:
    """The Servers for ports of a pod with these labels."""
    return tuple(
        each
        for each in _servers(snapshot).get(namespace, ())
        if each.spec.pod_selector is not None and selects(each.spec.pod_selector, labels)
    )


class Entry(StrEnum):
    """Whether a Server lets in clients that have not shown who they are."""

    CLOSED = "closed"
    OPEN = "open"
    UNKNOWN = "unknown"


def entry(snapshot: Snapshot, server: o.LinkerdServer) -> tuple[Entry, o.Object]:
    """What authorizations make of a Server, and which object says so.

    Of an AuthorizationPolicy all required authentications must hold: one by mesh identity closes it to
    others. One for a route says only whom that route lets in, which is not modelled.
    """
    if server.spec.access_policy not in (None, "", *REQUIRED):
        return Entry.OPEN, server
    routes: o.Object | None = None
    for each in _authorizations(snapshot).get(namespace_of(server), ()):
        target = each.spec.target_ref
        if target.kind in _ROUTES:
            routes = routes or each
        elif target.kind == "Namespace" or (target.kind == "Server" and target.name == server.metadata.name):
            required = each.spec.required_authentication_refs or ()
            if not any(reference.kind in _BY_IDENTITY for reference in required):
                return Entry.OPEN, each
    for older in _older(snapshot).get(namespace_of(server), ()):
        if _means(older.spec.server, server) and _anybody(older.spec.client):
            return Entry.OPEN, older
    return (Entry.UNKNOWN, routes) if routes is not None else (Entry.CLOSED, server)


def _means(reference: o.LinkerdServerReference, server: o.LinkerdServer) -> bool:
    if reference.selector is not None:
        return selects(reference.selector, server.metadata.labels or {})
    return reference.name == server.metadata.name


def _anybody(client: o.LinkerdClient) -> bool:
    unknown = client.mesh_tls is not None and bool(client.mesh_tls.unauthenticated_tls)
    return bool(client.unauthenticated) or unknown


@derived
def _authorizations(snapshot: Snapshot) -> dict[str, tuple[o.LinkerdAuthorizationPolicy, ...]]:
    return by_namespace(snapshot.all(o.LinkerdAuthorizationPolicy))


@derived
def _older(snapshot: Snapshot) -> dict[str, tuple[o.LinkerdServerAuthorization, ...]]:
    return by_namespace(snapshot.all(o.LinkerdServerAuthorization))


@derived
def _servers(snapshot: Snapshot) -> dict[str, tuple[o.LinkerdServer, ...]]:
    return by_namespace(snapshot.all(o.LinkerdServer))

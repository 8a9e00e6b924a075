"""Which routes a Gateway's listener takes: by what the route names, by namespace and by host name.

Sources: kubernetes-sigs/gateway-api apis/v1 gateway_types.go (Listener, AllowedRoutes), shared_types.go
(ParentReference) and httproute_types.go (hostnames: both sides must meet; `*.` stands for one label or more).
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.network.chain import Match
from checks.network.policies import namespace_of
from checks.network.selectors import selects_all
from checks.network.world import spaces

GROUP = "gateway.networking.k8s.io"
PLAIN, ENCRYPTED = ("HTTP",), ("HTTPS", "TLS")
Route = o.HTTPRoute | o.GRPCRoute | o.TLSRoute
_TAKES: dict[str, tuple[type[Route], ...]] = {
    "HTTP": (o.HTTPRoute, o.GRPCRoute),
    "HTTPS": (o.HTTPRoute, o.GRPCRoute),
    "TLS": (o.TLSRoute,),
}


class Attached(Struct, frozen=True):
    """A route that a listener takes. `sure`: False where the labels of its namespace are not known."""

    route: Route
    sure: bool


def protocol(listener: o.Listener) -> str:
    """The core protocols may be written in any case."""
    return listener.protocol if "/" in listener.protocol else listener.protocol.upper()


def open_to_all(listener: o.Listener) -> bool:
    """Whether routes of every namespace may attach to it; left out, it is those of the Gateway's own."""
    allowed = _namespaces(listener)
    if allowed.from_ == "Selector":
        return allowed.selector is not None and selects_all(allowed.selector)
    return allowed.from_ == "All"


def _namespaces(listener: o.Listener) -> o.RouteNamespaces:
    allowed = listener.allowed_routes.namespaces if listener.allowed_routes else None
    return allowed or o.RouteNamespaces()


@derived
def _by_parent(snapshot: Snapshot) -> dict[tuple[str, str], tuple[tuple[Route, o.GatewayReference], ...]]:
    """Each Gateway, by namespace and name, with the routes that name it and where they do."""
    found: dict[tuple[str, str], list[tuple[Route, o.GatewayReference]]] = {}
    for route in routes(snapshot):
        for parent in gateways_of(route):
            where = (parent.namespace or namespace_of(route), parent.name)
            found.setdefault(where, []).append((route, parent))
    return {where: tuple(each) for where, each in found.items()}


@derived
def gateways(snapshot: Snapshot) -> frozenset[tuple[str, str]]:
    """The Gateways there are, by namespace and name."""
    return frozenset((namespace_of(each), each.metadata.name) for each in snapshot.all(o.Gateway))


def routes(snapshot: Snapshot) -> tuple[Route, ...]:
    """The routes of every kind that is read."""
    return (*snapshot.all(o.HTTPRoute), *snapshot.all(o.GRPCRoute), *snapshot.all(o.TLSRoute))


def gateways_of(route: Route) -> Iterator[o.GatewayReference]:
    """Where a route names a Gateway as its parent; others are Services of a mesh, or of other kinds."""
    for parent in route.spec.parent_refs or ():
        if (GROUP if parent.group is None else parent.group) == GROUP and parent.kind in (None, "Gateway"):
            yield parent


def attached(snapshot: Snapshot, gateway: o.Gateway, listener: o.Listener) -> Iterator[Attached]:
    """The routes that a listener takes."""
    kinds = _TAKES.get(protocol(listener), ())
    for route, parent in _by_parent(snapshot).get((namespace_of(gateway), gateway.metadata.name), ()):
        if not isinstance(route, kinds) or parent.section_name not in (None, "", listener.name):
            continue
        if parent.port not in (None, listener.port) or not _meet(listener.hostname, route.spec.hostnames):
            continue
        allowed = _allowed(snapshot, gateway, listener, namespace_of(route))
        if allowed is not False:
            yield Attached(route, allowed is True)


def _allowed(snapshot: Snapshot, gateway: o.Gateway, listener: o.Listener, namespace: str) -> bool | None:
    """Whether routes of a namespace may attach; None where its labels are not known."""
    allowed = _namespaces(listener)
    if allowed.from_ == "Selector":
        if allowed.selector is None:
            return None
        picked = spaces(snapshot).picked_by(allowed.selector)(namespace)
        return None if picked is Match.MAYBE else picked is Match.YES
    return allowed.from_ == "All" or (allowed.from_ in (None, "Same") and namespace == namespace_of(gateway))


def _meet(listener: str | None, names: tuple[str, ...] | None) -> bool:
    if not listener or not names:
        return True
    return any(_covers(listener, name) or _covers(name, listener) for name in names)


def _covers(pattern: str, name: str) -> bool:
    pattern, name = pattern.lower(), name.lower()
    return name.endswith(pattern[1:]) if pattern.startswith("*.") else name == pattern

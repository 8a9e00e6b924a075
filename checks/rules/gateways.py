"""What Gateways publish: unencrypted, for routes of any namespace, for any name."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Severity, Theme, Verdict
from checks.network.gateways import (
    ENCRYPTED,
    PLAIN,
    Route,
    attached,
    gateways,
    gateways_of,
    open_to_all,
    protocol,
    routes,
)
from checks.network.policies import namespace_of
from checks.registry import check
from checks.verdict import failed, manual, not_applicable, not_evaluated, passed

THEME = Theme.NETWORK

_ON_HTTP = ("HTTPRoute", "GRPCRoute")
_MOST = 20
_GATEWAY = """\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: shop, namespace: edge}
spec:
  gatewayClassName: example
  listeners:
    - name: https
      protocol: HTTPS
      port: 443
      hostname: shop.example.com
      tls: {certificateRefs: [{name: shop-tls}]}
      allowedRoutes:
        namespaces:
          from: Selector
          selector: {matchLabels: {kubernetes.io/metadata.name: shop}}
"""


@check(
    id="gateway-listener-no-tls",
    title="Gateway serves without TLS",
    severity=Severity.MEDIUM,
    population=("Gateway",),
    also=(*_ON_HTTP, "Namespace"),
    because="Whoever is between a user and the cluster reads and changes what they say to each other.",
    rationale=(
        "What comes through a listener of the protocol HTTP is in the clear: passwords, cookies and answers "
        "can be read and changed on the way."
    ),
    remediation="Serve on HTTPS, and let the routes of the plain listener do nothing but redirect there.",
    snippet=_GATEWAY,
)
def no_tls(snapshot: Snapshot) -> Iterator[Verdict]:
    """Each listener of the protocol HTTP must have routes, and all of them must redirect to https by every
    rule. What TCP, UDP and protocols of the implementation's own carry is left to a person."""
    for gateway in snapshot.all(o.Gateway):
        verdicts = [
            verdict
            for number, listener in enumerate(gateway.spec.listeners or ())
            if (verdict := _in_the_clear(snapshot, gateway, number, listener)) is not None
        ]
        yield from verdicts or (passed(gateway.resource),)


def _in_the_clear(
    snapshot: Snapshot, gateway: o.Gateway, number: int, listener: o.Listener
) -> Verdict | None:
    kind, place = protocol(listener), locus(listener)
    if kind in ENCRYPTED:
        return None
    fact = fact_of(gateway, number, "protocol", listener.protocol, "HTTPS or TLS")
    if kind not in PLAIN:
        return manual(
            gateway.resource, f"What it carries on {kind or 'no protocol'} is not told.", fact, place
        )
    taken = list(attached(snapshot, gateway, listener))
    serving = [each for each in taken if not _only_redirects(each.route)]
    if sure := [each for each in serving if each.sure]:
        names = ", ".join(str(each.route.resource) for each in sure[:5])
        return failed(
            gateway.resource, f"It serves in the clear on port {listener.port}: {names}.", fact, place
        )
    unread = [each for each in _ON_HTTP if not snapshot.saw(each)]
    if unread or serving:
        why = f"{unread[0]} could not be read" if unread else "the labels of a namespace are not known"
        return not_evaluated(gateway.resource, f"What it serves in the clear is not known: {why}.", place)
    if taken:
        return None
    message = f"It listens in the clear on port {listener.port}, for routes that are yet to come."
    return failed(gateway.resource, message, fact, place)


def _only_redirects(route: Route) -> bool:
    rules = route.spec.rules or ()
    return bool(rules) and all(any(map(_to_https, rule.filters or ())) for rule in rules)


def _to_https(each: o.RouteFilter) -> bool:
    return each.request_redirect is not None and each.request_redirect.scheme == "https"


@check(
    id="gateway-routes-from-anywhere",
    title="Routes of every namespace may attach to a Gateway",
    severity=Severity.MEDIUM,
    population=("Gateway",),
    because="Whoever may write a route in any namespace takes over names and paths that others serve.",
    rationale=(
        "A listener that takes routes from all namespaces lets any team publish under its names. A route "
        "that is more specific, or older, wins over the one that was meant."
    ),
    remediation="Take routes of the Gateway's own namespace, or of those that a selector names.",
    snippet=_GATEWAY,
)
def routes_from_anywhere(snapshot: Snapshot) -> Iterator[Verdict]:
    """`allowedRoutes.namespaces.from: All` on a listener, or a selector without conditions. Left out it is
    `Same`. Names that a listener is limited to bound what can be taken, and are in the message."""
    for gateway in snapshot.all(o.Gateway):
        listeners = enumerate(gateway.spec.listeners or ())
        wide = [(number, each) for number, each in listeners if open_to_all(each)]
        for number, listener in wide:
            observed = "All" if listener.hostname is None else f"All, for {listener.hostname}"
            fact = fact_of(gateway, number, "allowedRoutes.namespaces", observed, "Same or a selector")
            names = listener.hostname or "any name"
            message = f"Routes of every namespace may serve {names} on port {listener.port}."
            yield failed(gateway.resource, message, fact, locus(listener))
        if not wide:
            yield passed(gateway.resource)


@check(
    id="gateway-any-host",
    title="Route takes requests for any host name",
    severity=Severity.LOW,
    population=(*_ON_HTTP, "TLSRoute"),
    also=("Gateway", "Namespace"),
    because="It takes a Gateway that many share, and then names that others meant to use.",
    rationale=(
        "A route without a host, or with a wildcard, on a listener that is not limited to one catches "
        "requests for names that nobody gave it: another team's future name, or one that was made up."
    ),
    remediation="Name each host in the route, or limit the listener to one.",
    snippet="spec:\n  hostnames: [shop.example.com]\n",
)
def any_host(snapshot: Snapshot) -> Iterator[Verdict]:
    """A route whose hostnames are missing or start with `*`, where a listener that takes it has none that is
    exact. A route that names no Gateway serves inside of a mesh and is not judged."""
    wide_open = _through_any_name(snapshot)
    for route in routes(snapshot):
        if not any(True for _ in gateways_of(route)):
            yield not_applicable(route.resource, "It names no Gateway.")
            continue
        names = route.spec.hostnames or ()
        wide = [each for each in names if each.startswith("*")]
        through, sure = wide_open.get(_id(route), ("", True))
        if names and not wide:
            yield passed(route.resource)
        elif not sure:
            yield not_evaluated(route.resource, f"Whether {through} takes it is not known.")
        elif through:
            meta = route.metadata
            observed = wide[:_MOST] or "not set"
            fact = Evidence("spec.hostnames", observed, "a name", None, meta.uid, meta.resource_version)
            what = wide[0] if wide else "any host"
            yield failed(route.resource, f"It takes requests for {what}, through {through}.", fact)
        elif all(_seen(snapshot, route, parent) for parent in gateways_of(route)):
            yield passed(route.resource, "The listeners that take it are limited to names.")
        else:
            yield not_evaluated(
                route.resource, "A Gateway that it names was not seen, and may limit the names."
            )


_Id = tuple[str, str, str]


def _id(route: Route) -> _Id:
    return (route.kind, namespace_of(route), route.metadata.name)


def _through_any_name(snapshot: Snapshot) -> dict[_Id, tuple[str, bool]]:
    """Each route that a listener without an exact name takes, with one of them in words, and how surely."""
    found: dict[_Id, tuple[str, bool]] = {}
    for gateway in snapshot.all(o.Gateway):
        for listener in gateway.spec.listeners or ():
            if listener.hostname and not listener.hostname.startswith("*"):
                continue
            words = f"listener {listener.name} of {gateway.resource}"
            for each in attached(snapshot, gateway, listener):
                if each.sure or _id(each.route) not in found:
                    found[_id(each.route)] = (words, each.sure)
    return found


def _seen(snapshot: Snapshot, route: Route, parent: o.GatewayReference) -> bool:
    where = (parent.namespace or namespace_of(route), parent.name)
    return where in gateways(snapshot)


def locus(listener: o.Listener) -> str:
    """Where in a Gateway a finding is."""
    return f"listeners/{listener.name}"


def fact_of(gateway: o.Gateway, number: int, path: str, observed: object, expected: str) -> Evidence:
    """What was observed at a path of the listener of this number."""
    meta, where = gateway.metadata, f"spec.listeners[{number}].{path}"
    return Evidence(where, observed, expected, None, meta.uid, meta.resource_version)

"""Istio's AuthorizationPolicies, as far as they refuse whoever has no certificate of the mesh.

A peer that speaks without mutual TLS has no principal and no namespace. It is refused where a DENY rule
matches all such peers, or where there are ALLOW policies and each of their rules asks for a principal, a
namespace or a service account. Rules about tokens (requestPrincipals, RequestAuthentication) ask who the user
is, and say nothing about the connection. CUSTOM and AUDIT decide nothing that is seen here. One with a
target is for a gateway or waypoint. Source: istio/api security/v1 authorization_policy.proto.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.mesh.istio import root_namespace
from checks.network.policies import by_namespace
from checks.network.selectors import selects

_BY_CERTIFICATE = ("source.principal", "source.namespace", "source.serviceAccount")
_NOBODY_KNOWN = o.RequestSource(not_principals=("*",))


def refusing(
    snapshot: Snapshot, namespace: str, labels: dict[str, str]
) -> tuple[o.IstioAuthorizationPolicy, ...]:
    """The policies that refuse peers without a certificate; none where such a peer may be let in."""
    mine = tuple(_for(snapshot, namespace, labels))
    denying = tuple(each for each in mine if each.spec.action == "DENY" and any(map(_all, _rules(each))))
    if denying:
        return denying
    allowing = tuple(each for each in mine if (each.spec.action or "ALLOW") == "ALLOW")
    known = all(_asks_who(rule) for each in allowing for rule in _rules(each))
    return allowing if known else ()


@derived
def _by_namespace(snapshot: Snapshot) -> dict[str, tuple[o.IstioAuthorizationPolicy, ...]]:
    own = (each for each in snapshot.all(o.IstioAuthorizationPolicy) if not _has_target(each))
    return by_namespace(own)


def _has_target(policy: o.IstioAuthorizationPolicy) -> bool:
    return policy.spec.target_ref is not None or bool(policy.spec.target_refs)


def _for(snapshot: Snapshot, namespace: str, labels: dict[str, str]) -> Iterator[o.IstioAuthorizationPolicy]:
    found = _by_namespace(snapshot)
    for place in dict.fromkeys((root_namespace(snapshot), namespace)):
        for each in found.get(place, ()):
            if each.spec.selector is None or selects(each.spec.selector, labels):
                yield each


def _rules(policy: o.IstioAuthorizationPolicy) -> tuple[o.AccessRule, ...]:
    return policy.spec.rules or ()


def _all(rule: o.AccessRule) -> bool:
    """Whether a rule matches every peer without a certificate, whatever it asks for."""
    if rule.to or rule.when:
        return False
    return not rule.from_ or any(each.source == _NOBODY_KNOWN for each in rule.from_)


def _asks_who(rule: o.AccessRule) -> bool:
    """Whether a rule only matches peers that have shown a certificate."""
    if any(each.key in _BY_CERTIFICATE and each.values for each in rule.when or ()):
        return True
    sources = [each.source for each in rule.from_ or ()]
    return bool(sources) and all(
        each.principals or each.namespaces or each.service_accounts for each in sources
    )

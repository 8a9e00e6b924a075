"""With whose certificates Gateways serve, and who may use the Secrets of another namespace."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.model import Evidence, Severity, Theme, Verdict
from checks.network.gateways import ENCRYPTED, GROUP, protocol
from checks.network.policies import by_namespace, namespace_of
from checks.registry import check
from checks.rules.gateways import fact_of, locus
from checks.verdict import failed, not_applicable, not_evaluated, passed

THEME = Theme.NETWORK

_MOST = 5


@check(
    id="gateway-certificate-unusable",
    title="Gateway's certificate cannot be used",
    severity=Severity.LOW,
    population=("Gateway",),
    also=("ReferenceGrant",),
    because="Nothing is open by it; but users learn to click through warnings, or are served nothing.",
    rationale=(
        "A listener whose certificate is missing, broken or not granted serves nothing, or what the "
        "implementation has at hand, under a name that others trust."
    ),
    remediation="Make the Secret, or let its namespace grant it to the Gateway's by a ReferenceGrant.",
    snippet="""\
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: shop-tls, namespace: certificates}
spec:
  from: [{group: gateway.networking.k8s.io, kind: Gateway, namespace: edge}]
  to: [{group: "", kind: Secret, name: shop-tls}]
""",
)
def certificate_unusable(snapshot: Snapshot) -> Iterator[Verdict]:
    """What the controller says (ResolvedRefs) of each listener that ends TLS. Where it says nothing, a Secret
    of another namespace that no ReferenceGrant lets the Gateway use; in files the grant may be elsewhere."""
    for gateway in snapshot.all(o.Gateway):
        listeners = enumerate(gateway.spec.listeners or ())
        ending = [(number, each) for number, each in listeners if _ends_tls(each)]
        if not ending:
            yield not_applicable(gateway.resource, "No listener of it ends TLS.")
        told = _resolved(gateway)
        answers = (
            _certificate(snapshot, gateway, number, each, told.get(each.name)) for number, each in ending
        )
        verdicts = [said for said in answers if said is not None]
        yield from verdicts or ([passed(gateway.resource)] if ending else [])


def _ends_tls(listener: o.Listener) -> bool:
    return protocol(listener) in ENCRYPTED and not (listener.tls and listener.tls.mode == "Passthrough")


def _certificate(
    snapshot: Snapshot,
    gateway: o.Gateway,
    place: int,
    listener: o.Listener,
    told: o.ListenerCondition | None,
) -> Verdict | None:
    if told is not None and told.status == "False":
        path = f"status.listeners[{listener.name}].conditions"
        meta = gateway.metadata
        observed = {"type": told.type, "reason": told.reason}
        fact = Evidence(path, observed, "ResolvedRefs: True", None, meta.uid, meta.resource_version)
        message = f"What it refers to cannot be used ({told.reason or 'no reason given'})."
        return failed(gateway.resource, message, fact, locus(listener))
    if told is not None and told.status == "True":
        return None
    for number, each in enumerate((listener.tls.certificate_refs if listener.tls else None) or ()):
        where = each.namespace or namespace_of(gateway)
        if where == namespace_of(gateway) or _granted(snapshot, gateway, each, where):
            continue
        if snapshot.cluster.source == "manifests" or not snapshot.saw("ReferenceGrant"):
            reason = f"Whether a ReferenceGrant of {where} lets it use {each.name} is not known."
            return not_evaluated(gateway.resource, reason, locus(listener))
        fact = fact_of(gateway, place, f"tls.certificateRefs[{number}]", f"{where}/{each.name}", "granted")
        message = f"No ReferenceGrant of {where} lets it use {each.name}."
        return failed(gateway.resource, message, fact, locus(listener))
    return None


def _resolved(gateway: o.Gateway) -> dict[str, o.ListenerCondition]:
    """What the controller says of each listener's references, by the listener's name."""
    return {
        status.name: each
        for status in gateway.status.listeners or ()
        for each in status.conditions or ()
        if each.type == "ResolvedRefs"
    }


def _granted(snapshot: Snapshot, gateway: o.Gateway, wanted: o.GatewayReference, where: str) -> bool:
    ours = (GROUP, "Gateway", namespace_of(gateway))
    group, kind = wanted.group or "", wanted.kind or "Secret"
    return any(
        any((each.group, each.kind, each.namespace) == ours for each in grant.spec.from_ or ())
        and any(
            (each.group, each.kind) == (group, kind) and each.name in (None, "", wanted.name)
            for each in grant.spec.to or ()
        )
        for grant in _grants(snapshot).get(where, ())
    )


@derived
def _grants(snapshot: Snapshot) -> dict[str, tuple[o.ReferenceGrant, ...]]:
    """The grants of each namespace."""
    return by_namespace(snapshot.all(o.ReferenceGrant))


@check(
    id="reference-grant-all-secrets",
    title="Another namespace may use every Secret of this one",
    severity=Severity.MEDIUM,
    population=("ReferenceGrant",),
    because="Whoever may write a Gateway in the other namespace serves with keys that are not theirs.",
    rationale=(
        "A ReferenceGrant without a name covers all Secrets of its namespace, those that come later "
        "included. What refers to one of them has the gateway's program read it and serve with it."
    ),
    remediation="Name the Secret.",
    snippet="""\
spec:
  from: [{group: gateway.networking.k8s.io, kind: Gateway, namespace: edge}]
  to: [{group: "", kind: Secret, name: shop-tls}]
""",
)
def grants_all_secrets(snapshot: Snapshot) -> Iterator[Verdict]:
    """An entry of `to` for Secrets that names none. Grants of other kinds pass."""
    for grant in snapshot.all(o.ReferenceGrant):
        wide = [n for n, to in enumerate(grant.spec.to or ()) if _all_secrets(to)]
        if not wide:
            yield passed(grant.resource)
            continue
        meta = grant.metadata
        sources = sorted({f"{each.kind} of {each.namespace}" for each in grant.spec.from_ or ()})[:_MOST]
        facts = tuple(
            Evidence(f"spec.to[{n}]", {"kind": "Secret"}, "a name", None, meta.uid, meta.resource_version)
            for n in wide
        )
        who = ", ".join(sources) or "nobody yet"
        yield failed(grant.resource, f"It lets every Secret here be used by: {who}.", facts)


def _all_secrets(to: o.GrantTo) -> bool:
    return to.group == "" and to.kind == "Secret" and not to.name

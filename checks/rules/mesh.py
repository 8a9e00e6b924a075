"""Whether a service mesh encrypts and authenticates the connections between pods, and whether it must.

A mesh offers mutual TLS to whoever speaks it; only where it is required does nothing go in the clear. Judged
are Istio (sidecars and ambient) and Linkerd, by their own kinds and by who has a proxy.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.mesh import istio, istio_access, linkerd
from checks.mesh.members import Meshed, is_there, meshed
from checks.model import Evidence, Severity, Theme, Verdict
from checks.registry import check
from checks.verdict import cluster_resource, failed, manual, not_applicable, passed
from checks.workloads import POD_KINDS

THEME = Theme.MESH

_NEEDS = ("Namespace", "PeerAuthentication", "LinkerdServer")
_AUTHORIZATIONS = ("IstioAuthorizationPolicy", "LinkerdAuthorizationPolicy", "LinkerdServerAuthorization")
_NO_MESH = (
    "No service mesh was found (Istio, Linkerd). Encryption in transit may come from elsewhere: the network "
    "plugin (WireGuard, IPsec) or the applications' own TLS, which the API does not show."
)
_CONTROL_PLANES = ("istio-system", "linkerd", "linkerd-viz", "kube-system", "kube-public", "kube-node-lease")
_MOST_NAMED = 3
_STRICT = """\
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: istio-system}
spec: {mtls: {mode: STRICT}}
"""


@check(
    id="mesh-mtls-not-strict",
    title="Workload in a mesh accepts connections in the clear",
    severity=Severity.MEDIUM,
    needs=(*_NEEDS, *_AUTHORIZATIONS),
    population=POD_KINDS,
    rationale=(
        "Where mutual TLS is only offered, whoever has no proxy is let in unencrypted and unknown: rules "
        "about who may call whom then rest on addresses."
    ),
    remediation="Require mutual TLS for the whole mesh, then for each exception say why.",
    snippet=_STRICT,
    because="It takes a place in the cluster's network to read or to pose as a peer.",
)
def mtls_not_strict(snapshot: Snapshot) -> Iterator[Verdict]:
    """Istio: the PeerAuthentication that holds for the workload (its own, its namespace's, the mesh's, in
    that order; none means PERMISSIVE) must be STRICT on every port. Where it is not, and
    AuthorizationPolicies refuse whoever has no certificate, a person decides. Linkerd: the default inbound
    policy that the pod or its namespace asks for must be one that requires authentication, and no
    authorization for one of its Servers may let others in; where none is asked for, the control plane's own
    holds, which the API does not show. Rules about tokens (Istio's RequestAuthentication) are about users and
    not about connections."""
    if not is_there(snapshot):
        yield not_applicable(cluster_resource(snapshot), _NO_MESH)
        return
    for each in meshed(snapshot):
        if each.istio:
            yield _istio(snapshot, each)
        elif each.linkerd:
            yield _linkerd(snapshot, each)


def _istio(snapshot: Snapshot, each: Meshed) -> Verdict:
    found = istio.mutual(snapshot, each.namespace, each.labels)
    loose = [f"{port}: {mode.value}" for port, mode in found.ports if mode is not istio.Mode.STRICT]
    if found.mode is istio.Mode.STRICT and not loose:
        return passed(each.workload, "Mutual TLS is required on every port.")
    if refusing := istio_access.refusing(snapshot, each.namespace, each.labels):
        names = ", ".join(str(policy.resource) for policy in refusing[:_MOST_NAMED])
        reason = (
            f"Mutual TLS is not required, but {names} refuses whoever has no certificate of the mesh: see "
            "that it is meant, and require mutual TLS."
        )
        return manual(each.workload, reason)
    if found.mode is istio.Mode.STRICT:
        message = f"Mutual TLS is required, but not on port {', '.join(loose)}."
        fact = _fact(found.policy, "spec.portLevelMtls", loose, snapshot)
        return failed(each.workload, message, fact)
    how = "is turned off" if found.mode is istio.Mode.DISABLE else "is offered and not required"
    by = (
        f" ({found.policy.resource})" if found.policy is not None else " (no PeerAuthentication: the default)"
    )
    fact = _fact(found.policy, "spec.mtls.mode", found.mode.value, snapshot)
    return failed(each.workload, f"Mutual TLS {how}{by}.", fact)


def _fact(policy: o.PeerAuthentication | None, path: str, observed: object, snapshot: Snapshot) -> Evidence:
    if policy is None:
        where = f"one in {istio.root_namespace(snapshot)} with mtls.mode STRICT"
        return Evidence("peerauthentications", "none that holds here", where)
    meta = policy.metadata
    return Evidence(path, observed, "STRICT", str(policy.resource), meta.uid, meta.resource_version)


def _opening(item: o.Object) -> Evidence:
    path = "spec.accessPolicy" if isinstance(item, o.LinkerdServer) else "spec"
    expected = "an authentication by mesh identity"
    meta = item.metadata
    return Evidence(path, "anybody", expected, str(item.resource), meta.uid, meta.resource_version)


def _linkerd(snapshot: Snapshot, each: Meshed) -> Verdict:
    asked = linkerd.inbound_policy(each.annotations, each.space)
    closed = linkerd.servers(snapshot, each.namespace, each.labels)
    entries = [(server, *linkerd.entry(snapshot, server)) for server in closed]
    opened = [(server, by) for server, entry, by in entries if entry is linkerd.Entry.OPEN]
    if opened:
        server, by = opened[0]
        message = f"{server.resource} lets in clients that are not authenticated, by {by.resource}."
        return failed(each.workload, message, tuple(_opening(one) for _, one in opened[:_MOST_NAMED]))
    unclear = [by for _, entry, by in entries if entry is linkerd.Entry.UNKNOWN]
    if unclear:
        reason = f"Whom routes of its Servers let in is not modelled: see {unclear[0].resource}."
        return manual(each.workload, reason)
    if asked in linkerd.REQUIRED:
        return passed(each.workload, f"Its default inbound policy is {asked}: peers must be authenticated.")
    if closed:
        names = ", ".join(server.metadata.name for server in closed[:5])
        reason = (
            f"Ports with a Server ({names}) let in authenticated clients only; what of its other ports, the "
            f"control plane's default inbound policy says, which the API does not show."
            if not asked
            else f"Ports with a Server ({names}) let in authenticated clients only; its other ports let in "
            f"anybody ({asked}). See that it has none."
        )
        return manual(each.workload, reason)
    if not asked:
        reason = (
            "Mutual TLS between meshed pods comes with Linkerd; whether others are refused, the control "
            "plane's default inbound policy says, which the API does not show."
        )
        return manual(each.workload, reason)
    fact = Evidence(f"metadata.annotations[{linkerd.POLICY}]", asked, "all-authenticated")
    return failed(each.workload, f"Its default inbound policy is {asked}: anybody is let in.", fact)


@check(
    id="mesh-workload-outside",
    title="Workload is outside of the mesh",
    severity=Severity.LOW,
    needs=_NEEDS,
    population=POD_KINDS,
    rationale="What has no proxy neither encrypts what it sends nor proves who it is.",
    remediation="Label the namespace for the mesh and restart the workload, or say why it stays outside.",
    snippet="metadata: {name: web, labels: {istio-injection: enabled}}\n",
    because="Its own connections are in the clear; the mesh's other workloads are not touched by it.",
)
def workload_outside(snapshot: Snapshot) -> Iterator[Verdict]:
    """A live pod shows the proxy's container or the ambient mark; a template says it by labels and
    annotations, as the injectors read them. The control planes' own namespaces and kube-system are left out,
    and so are pods on their node's network, which no mesh takes."""
    if not is_there(snapshot):
        yield not_applicable(cluster_resource(snapshot), _NO_MESH)
        return
    for each in meshed(snapshot):
        if each.namespace in _CONTROL_PLANES or each.namespace == istio.root_namespace(snapshot):
            yield not_applicable(each.workload, "It belongs to the cluster or to the mesh itself.")
        elif each.istio or each.linkerd:
            yield passed(each.workload)
        elif each.on_node_network:
            yield not_applicable(each.workload, "It is on its node's network, which no mesh takes in.")
        else:
            labels = each.space.metadata.labels if each.space is not None else None
            fact = Evidence(
                "metadata.labels",
                labels or {},
                "a label that brings in the proxy",
                f"Namespace {each.namespace}",
            )
            yield failed(each.workload, "Its pods have no mesh proxy.", fact)


@check(
    id="mesh-destination-disables-tls",
    title="Destination rule turns mutual TLS off",
    severity=Severity.MEDIUM,
    needs=(),
    population=("DestinationRule",),
    rationale="Clients in the mesh then connect without the mesh's certificates, though both ends have them.",
    remediation="Leave `tls` out, so that mutual TLS is used where both ends have it, or use ISTIO_MUTUAL.",
    snippet="trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}\n",
    because="It takes the encryption off one service's connections, often without anybody noticing.",
)
def destination_disables_tls(snapshot: Snapshot) -> Iterator[Verdict]:
    """Whether `tls.mode` is DISABLE in the rule's traffic policy, for one of its ports or for a subset. For a
    host outside of the mesh that may be right: such a rule is for a person to judge."""
    for rule in snapshot.all(o.DestinationRule):
        places = list(_disabled(rule))
        meta = rule.metadata
        facts = tuple(
            Evidence(path, "DISABLE", "ISTIO_MUTUAL or none", None, meta.uid, meta.resource_version)
            for path in places
        )
        if not places:
            yield passed(rule.resource)
        elif _inside(rule.spec.host):
            yield failed(
                rule.resource, f"Connections to {rule.spec.host} are not encrypted by the mesh.", facts
            )
        else:
            reason = (
                f"It turns TLS off for {rule.spec.host}, which may be outside of the mesh: see whether it is."
            )
            yield manual(rule.resource, reason, facts)


def _disabled(rule: o.DestinationRule) -> Iterator[str]:
    policies = [("spec.trafficPolicy", rule.spec.traffic_policy)]
    policies += [
        (f"spec.subsets[{number}].trafficPolicy", subset.traffic_policy)
        for number, subset in enumerate(rule.spec.subsets or ())
    ]
    for path, policy in policies:
        if policy is None:
            continue
        if policy.tls is not None and policy.tls.mode == "DISABLE":
            yield f"{path}.tls.mode"
        for number, port in enumerate(policy.port_level_settings or ()):
            if port.tls is not None and port.tls.mode == "DISABLE":
                yield f"{path}.portLevelSettings[{number}].tls.mode"


def _inside(host: str) -> bool:
    """A Kubernetes Service by its name: short, in a namespace, or in full."""
    return "." not in host or host.endswith((".local", ".svc")) or host.count(".") == 1

"""Whether a service mesh encrypts and authenticates the connections between pods, and whether it must.

A mesh offers mutual TLS to whoever speaks it; only where it is required does nothing go in the clear. Judged
are Istio (sidecars and ambient) and Linkerd, by their own kinds and by who has a proxy.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.mesh import istio, linkerd
from checks.model import Evidence, Resource, Severity, Theme, Verdict
from checks.network.policies import namespace_of
from checks.owners import Owners, key_of
from checks.registry import check
from checks.verdict import cluster_resource, failed, manual, not_applicable, passed
from checks.workloads import POD_KINDS

THEME = Theme.MESH

_NEEDS = ("Namespace", "PeerAuthentication", "LinkerdServer")
_NO_MESH = (
    "No service mesh was found (Istio, Linkerd). Encryption in transit may come from elsewhere: the network "
    "plugin (WireGuard, IPsec) or the applications' own TLS, which the API does not show."
)
_CONTROL_PLANES = ("istio-system", "linkerd", "linkerd-viz", "kube-system", "kube-public", "kube-node-lease")
_FINISHED = ("Succeeded", "Failed")
_STRICT = """\
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: istio-system}
spec: {mtls: {mode: STRICT}}
"""


class Meshed(Struct, frozen=True):
    """A workload with one of its pod specs, and which meshes it is in."""

    workload: Resource
    namespace: str
    labels: dict[str, str]
    annotations: o.Annotations
    space: o.Namespace | None
    istio: bool
    linkerd: bool
    on_node_network: bool


@derived
def meshed(snapshot: Snapshot) -> tuple[Meshed, ...]:
    """Every workload, judged by a live pod where there is one: what was injected exists only there."""
    spaces = {each.metadata.name: each for each in snapshot.all(o.Namespace)}
    owners = Owners(snapshot)
    found: dict[tuple[str, str, str, str], Meshed] = {}
    for pod in snapshot.all(o.Pod):
        if pod.status.phase not in _FINISHED:
            top = owners.top(pod)
            one = _one(top, pod, pod.metadata, pod.spec, spaces)
            before = found.get(key_of(top))
            if before is None or (before.istio or before.linkerd) > (one.istio or one.linkerd):
                found[key_of(top)] = one
    for controller, template in _templates(snapshot):
        top = owners.top(controller)
        if key_of(top) not in found:
            found[key_of(top)] = _one(top, controller, template.metadata, template.spec, spaces)
    return tuple(found[key] for key in sorted(found))


def _one(
    top: Resource,
    holder: o.Object,
    metadata: o.AnnotatedMetadata,
    spec: o.PodSpec,
    spaces: dict[str, o.Namespace],
) -> Meshed:
    namespace, labels = namespace_of(holder), metadata.labels or {}
    space = spaces.get(namespace)
    return Meshed(
        workload=top,
        namespace=namespace,
        labels=labels,
        annotations=metadata.annotations,
        space=space,
        istio=istio.in_mesh(spec, labels, metadata.annotations, space),
        linkerd=linkerd.in_mesh(spec, metadata.annotations, space),
        on_node_network=bool(spec.host_network),
    )


def _templates(snapshot: Snapshot) -> Iterator[tuple[o.Object, o.PodTemplateSpec]]:
    plain: tuple[tuple[o.Deployment | o.StatefulSet | o.DaemonSet, ...], ...] = (
        snapshot.all(o.Deployment),
        snapshot.all(o.StatefulSet),
        snapshot.all(o.DaemonSet),
    )
    for controllers in plain:
        for controller in controllers:
            yield controller, controller.spec.template


def _is_there(snapshot: Snapshot) -> bool:
    return istio.installed(snapshot) or linkerd.installed(snapshot)


@check(
    id="mesh-mtls-not-strict",
    title="Workload in a mesh accepts connections in the clear",
    severity=Severity.MEDIUM,
    needs=_NEEDS,
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
    that order; none means PERMISSIVE) must be STRICT on every port. Linkerd: the default inbound policy that
    the pod or its namespace asks for must be one that requires authentication; where none is asked for, the
    control plane's own holds, which the API does not show."""
    if not _is_there(snapshot):
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


def _linkerd(snapshot: Snapshot, each: Meshed) -> Verdict:
    asked = linkerd.inbound_policy(each.annotations, each.space)
    closed = linkerd.servers(snapshot, each.namespace, each.labels)
    if asked in linkerd.REQUIRED:
        return passed(each.workload, f"Its default inbound policy is {asked}: peers must be authenticated.")
    if closed:
        names = ", ".join(server.metadata.name for server in closed[:5])
        reason = (
            f"Ports with a Server ({names}) take what their authorizations let in; its other ports are open "
            f"to peers that are not authenticated. See what the authorizations require."
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
    if not _is_there(snapshot):
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

"""Istio: which mutual TLS mode holds for each workload, by port, and who has a proxy at all.

Precedence is workload, namespace, mesh; UNSET takes the wider scope's; without any it is PERMISSIVE. A policy
with a selector counts in its own namespace only, and in the root namespace not at all. Of several in one
scope the oldest counts. Ports can be told apart only where there is a selector.
Source: istio/api security/v1beta1 peer_authentication.proto.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.network.policies import by_namespace, namespace_of
from checks.network.selectors import selects

ROOT_FALLBACK = "istio-system"


class Mode(StrEnum):
    STRICT = "STRICT"
    PERMISSIVE = "PERMISSIVE"
    DISABLE = "DISABLE"


class Mutual(Struct, frozen=True):
    """What holds for a workload. `policy` says so; none: Istio's default. `ports` are those that differ."""

    mode: Mode
    policy: o.PeerAuthentication | None
    ports: tuple[tuple[str, Mode], ...] = ()


@derived
def root_namespace(snapshot: Snapshot) -> str:
    """Where policies for the whole mesh are: istiod's namespace, unless the mesh is configured otherwise."""
    found = sorted(
        namespace_of(each)
        for each in snapshot.all(o.Deployment)
        if each.metadata.name.startswith("istiod") or (each.metadata.labels or {}).get("app") == "istiod"
    )
    return ROOT_FALLBACK if not found or ROOT_FALLBACK in found else found[0]


@derived
def installed(snapshot: Snapshot) -> bool:
    """Whether Istio is there: its control plane, its node agent, or policies for it."""
    planes = (
        *(each.metadata.name for each in snapshot.all(o.Deployment)),
        *(each.metadata.name for each in snapshot.all(o.DaemonSet)),
    )
    return any(name.startswith(("istiod", "ztunnel")) for name in planes) or bool(
        snapshot.all(o.PeerAuthentication)
    )


@derived
def _scopes(snapshot: Snapshot) -> dict[str, tuple[o.PeerAuthentication, ...]]:
    """The policies of each namespace, oldest first."""
    return by_namespace(sorted(snapshot.all(o.PeerAuthentication), key=_age))


def _age(policy: o.PeerAuthentication) -> tuple[str, str]:
    return (policy.metadata.creation_timestamp or "~", policy.metadata.name)


def _picks(policy: o.PeerAuthentication) -> bool:
    selector = policy.spec.selector
    return selector is not None and bool(selector.match_labels)


def _mode(policy: o.PeerAuthentication | None) -> Mode | None:
    if policy is None or policy.spec.mtls is None:
        return None
    return Mode(policy.spec.mtls.mode) if policy.spec.mtls.mode in set(Mode) else None


def mutual(snapshot: Snapshot, namespace: str, labels: dict[str, str]) -> Mutual:
    """What holds for incoming connections of a workload with these labels."""
    root, scopes = root_namespace(snapshot), _scopes(snapshot)
    mesh = _wide(scopes.get(root, ()))
    own = scopes.get(namespace, ()) if namespace != root else ()
    chosen = [mesh, _wide(own), _narrow(own, labels)]
    mode, by = Mode.PERMISSIVE, None
    for policy in chosen:
        found = _mode(policy)
        if found is not None:
            mode, by = found, policy
    return Mutual(mode, by, _ports(chosen[2], mode))


def _wide(policies: Iterable[o.PeerAuthentication]) -> o.PeerAuthentication | None:
    return next((each for each in policies if not _picks(each)), None)


def _narrow(policies: Iterable[o.PeerAuthentication], labels: dict[str, str]) -> o.PeerAuthentication | None:
    picking = (each for each in policies if _picks(each))
    return next(
        (each for each in picking if each.spec.selector and selects(each.spec.selector, labels)), None
    )


def _ports(policy: o.PeerAuthentication | None, mode: Mode) -> tuple[tuple[str, Mode], ...]:
    if policy is None:
        return ()
    given = sorted((policy.spec.port_level_mtls or {}).items())
    return tuple(
        (port, Mode(tls.mode)) for port, tls in given if tls.mode in set(Mode) and tls.mode != mode.value
    )


def in_mesh(
    pod: o.PodSpec, labels: dict[str, str], annotations: o.Annotations, space: o.Namespace | None
) -> bool:
    """Whether a pod has Istio's proxy, or will get it, or is in ambient mode.

    A live pod shows it: the proxy's container, or the node agent's mark. A template says it by what the
    injector goes by: `sidecar.istio.io/inject`, then the namespace's labels. Source: istio/istio
    pkg/kube/inject and istio.io/docs ambient/usage/add-workloads.
    """
    names = {each.name for each in (*(pod.containers or ()), *(pod.init_containers or ()))}
    if "istio-proxy" in names or annotations.get("ambient.istio.io/redirection") == "enabled":
        return True
    if pod.host_network:
        return False
    given = space.metadata.labels or {} if space is not None else {}
    wanted = labels.get("sidecar.istio.io/inject") or annotations.get("sidecar.istio.io/inject")
    ambient = labels.get("istio.io/dataplane-mode") or given.get("istio.io/dataplane-mode")
    if ambient == "ambient" and wanted != "true":
        return True
    if wanted is not None:
        return wanted == "true"
    if given.get("istio-injection") is not None:
        return given["istio-injection"] == "enabled"
    return "istio.io/rev" in given or "istio.io/rev" in labels

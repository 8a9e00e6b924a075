"""Linkerd: mutual TLS comes with the proxy, for whoever has one too; whether it is required, policies say.

Between two meshed pods TCP is encrypted always. What is not authenticated is let in by the default inbound
policy `all-unauthenticated` or `cluster-unauthenticated` (the first is the default, which the control plane's
own configuration may change), and refused by the others. A port with a Server is closed but for what an
authorization lets in. Source: linkerd.io/2/reference/authorization-policy.
"""

from __future__ import annotations

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.network.policies import namespace_of
from checks.network.selectors import selects

POLICY = "config.linkerd.io/default-inbound-policy"
REQUIRED = ("all-authenticated", "cluster-authenticated", "deny")
DEFAULT = "all-unauthenticated"


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
        for each in snapshot.all(o.LinkerdServer)
        if namespace_of(each) == namespace
        and each.spec.pod_selector is not None
        and selects(each.spec.pod_selector, labels)
    )

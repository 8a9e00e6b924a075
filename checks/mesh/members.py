"""Which workloads are in which mesh: a live pod shows it, a template says what the injectors will do."""

from __future__ import annotations

from msgspec import Struct

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.mesh import istio, linkerd
from checks.model import Resource
from checks.network.policies import namespace_of
from checks.owners import key_of, owners_of, templates
from checks.pods import FINISHED

_SERVING = (o.Deployment, o.StatefulSet, o.DaemonSet)


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
    owners = owners_of(snapshot)
    found: dict[tuple[str, str, str, str], Meshed] = {}
    for pod in snapshot.all(o.Pod):
        if pod.status.phase not in FINISHED:
            top = owners.top(pod)
            one = _one(top, pod, pod.metadata, pod.spec, spaces)
            before = found.get(key_of(top))
            if before is None or (before.istio or before.linkerd) > (one.istio or one.linkerd):
                found[key_of(top)] = one
    for controller, template, _ in templates(snapshot):
        top = owners.top(controller)
        if isinstance(controller, _SERVING) and key_of(top) not in found:
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


def is_there(snapshot: Snapshot) -> bool:
    """Whether there is a mesh that is known."""
    return istio.installed(snapshot) or linkerd.installed(snapshot)

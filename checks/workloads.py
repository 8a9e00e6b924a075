"""Who owns a pod: every pod rolled up to its top owner, so that fifty replicas are one finding.

A workload is judged by its template (a controller scaled to zero still has one) and by every live pod that
differs from it: what an admission webhook injected exists only there. Pods that merely repeat the template
are recognised by content and not judged again.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from checks.cluster import objects as o
from checks.cluster.objects.annotations import NO_ANNOTATIONS
from checks.cluster.snapshot import Snapshot, derived
from checks.model import Evidence, Resource
from checks.owners import Key, controller_of, key_of, owners_of, templates
from checks.pods import FINISHED, confining, container_lists, meaning_of, written_alike

POD_KINDS = (
    "Pod",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "Job",
    "CronJob",
    "PodTemplate",
)
"""The kinds that hold pods or pod templates: the population of every check on workloads."""

_Made = o.ReplicaSet | o.ReplicationController | o.Job


class Placed(Struct, frozen=True, gc=False):
    """A container and where it stands: `path` in the object, `locus` in a finding (`containers/app`)."""

    container: o.Container
    path: str
    locus: str


class PlacedVolume(Struct, frozen=True, gc=False):
    """A volume and where it stands: `path` below the spec (`volumes[0]`), `locus` in a finding."""

    volume: o.Volume
    path: str
    locus: str


class Spec(Struct, frozen=True, gc=False):
    """One pod spec to judge: a template, or a live pod that differs from it.

    `containers` (init, regular and ephemeral) and `volumes` are all of a template's, but only those of a live
    pod that the template does not have in the same way. `whole` says whether the pod's own fields are to be
    judged too. `source` names the object looked at where it is not the workload itself.
    """

    pod: o.PodSpec
    path: str
    containers: tuple[Placed, ...]
    volumes: tuple[PlacedVolume, ...]
    whole: bool
    windows: bool
    uid: str | None
    resource_version: str | None
    source: str | None = None
    annotations: o.Annotations = NO_ANNOTATIONS

    def evidence(self, path: str, observed: object, expected: str) -> Evidence:
        """A fact about this spec; `path` is below the spec (`hostPID`, `volumes[0].hostPath`)."""
        return Evidence(
            f"{self.path}.{path}", observed, expected, self.source, self.uid, self.resource_version
        )

    def annotation(self, key: str, observed: str, expected: str) -> Evidence:
        """A fact about an annotation of this pod or template."""
        path = f"{self.path.removesuffix('spec')}metadata.annotations[{key}]"
        return Evidence(path, observed, expected, self.source, self.uid, self.resource_version)

    def observed(self, placed: Placed, path: str, observed: object, expected: str) -> Evidence:
        """A fact about one of its containers; `path` is below the container."""
        return Evidence(
            f"{placed.path}.{path}", observed, expected, self.source, self.uid, self.resource_version
        )


class Workload(Struct, frozen=True, gc=False):
    """A top owner with the specs that speak for it. `static`: a pod that a kubelet runs from a file."""

    resource: Resource
    specs: tuple[Spec, ...]
    static: bool = False

    @property
    def namespace(self) -> str | None:
        return self.resource.namespace


@derived
def workloads(snapshot: Snapshot) -> tuple[Workload, ...]:
    """Every workload of a snapshot, by kind, namespace and name.

    An owner that was not read, or is of a kind nobody reads (an Argo Rollout), is named as the reference to
    it names it, and judged by what it made. A mirror pod is its own workload: the node that
    its owner reference names is where it runs, not what made it. A Deployment that a custom resource owns
    stays itself, because one such owner may have many.
    """
    owners = owners_of(snapshot)
    made: dict[Key, _Making] = {}
    below: list[tuple[Resource, _Made]] = []
    for controller, template, path in templates(snapshot):
        top = owners.top(controller)
        if top == controller.resource:
            making = made.setdefault(key_of(top), _Making(top))
            making.add_template(controller, template, path, source=None)
        elif isinstance(controller, _Made) and controller.spec.replicas != 0:
            below.append((top, controller))
    for top, child in sorted(below, key=lambda pair: pair[1].metadata.name):
        making = made.setdefault(key_of(top), _Making(top))
        if not making.own_template:
            making.add_template(child, child.spec.template, "spec.template.spec", str(child.resource))
    for pod in sorted(snapshot.all(o.Pod), key=lambda pod: (pod.metadata.namespace or "", pod.metadata.name)):
        top = owners.top(pod)
        making = made.get(key_of(top)) or made.setdefault(key_of(top), _Making(top))
        making.add_pod(pod)
    return tuple(made[key].workload() for key in sorted(made))


def alone(holder: o.Object, pod: o.PodSpec, annotations: o.Annotations, path: str = "spec") -> Spec:
    """One pod or template by itself, all of it to be judged."""
    making = _Making(holder.resource)
    making.add(holder, pod, annotations, path, None)
    (spec,) = making.workload().specs
    return spec


class _Making:
    """A workload while its parts are gathered. What has been seen is kept in sets, so that an owner of ten
    thousand pods that all differ takes no longer than one whose pods are alike."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource
        self._specs: list[Spec] = []
        self._pods: set[tuple[o.PodSpec, o.Annotations]] = set()
        self._containers: set[tuple[o.PodSpec, str, o.Container]] = set()
        self._volumes: set[tuple[str, o.Volume]] = set()
        self._static = False
        self._last: tuple[o.PodSpec, o.Annotations] | None = None
        self.own_template = False

    def add_template(
        self, holder: o.Object, template: o.PodTemplateSpec, path: str, source: str | None
    ) -> None:
        """The controller's template, or that of a ReplicaSet or Job when the controller's is not known."""
        self.own_template = self.own_template or source is None
        self.add(holder, template.spec, template.metadata.annotations, path, source)

    def add_pod(self, pod: o.Pod) -> None:
        """A live pod; one that has finished says nothing where something else speaks for the workload."""
        itself = pod.resource == self._resource
        if self._specs and not itself and pod.status.phase in FINISHED:
            return
        self._static = self._static or (itself and controller_of(pod) is not None)
        self.add(pod, pod.spec, pod.metadata.annotations, "spec", None if itself else str(pod.resource))

    def add(
        self, holder: o.Object, pod: o.PodSpec, annotations: o.Annotations, path: str, source: str | None
    ) -> None:
        if self._last is not None and written_alike(*self._last, pod, annotations):
            return
        self._last = (pod, annotations)
        meaning = meaning_of(pod)
        whole = (meaning.pod, confining(annotations)) not in self._pods
        new = {
            locus
            for locus, container in meaning.containers.items()
            if (meaning.pod, locus, container) not in self._containers
        }
        mounted = {locus for locus, volume in meaning.volumes.items() if (locus, volume) not in self._volumes}
        if not (whole or new or mounted):
            return
        self._pods.add((meaning.pod, confining(annotations)))
        self._containers.update((meaning.pod, locus, meaning.containers[locus]) for locus in new)
        self._volumes.update((locus, meaning.volumes[locus]) for locus in mounted)
        self._specs.append(
            Spec(
                pod=pod,
                path=path,
                containers=tuple(placed for placed in _containers(pod, path) if placed.locus in new),
                volumes=tuple(placed for placed in _volumes(pod) if placed.locus in mounted),
                whole=whole,
                windows=pod.os is not None and pod.os.name == "windows",
                uid=holder.metadata.uid,
                resource_version=holder.metadata.resource_version,
                source=source,
                annotations=annotations,
            )
        )

    def workload(self) -> Workload:
        return Workload(self._resource, tuple(self._specs), self._static)


def _containers(pod: o.PodSpec, path: str) -> Iterator[Placed]:
    for field, containers in container_lists(pod):
        for index, container in enumerate(containers):
            yield Placed(container, f"{path}.{field}[{index}]", f"{field}/{container.name}")


def _volumes(pod: o.PodSpec) -> Iterator[PlacedVolume]:
    for index, volume in enumerate(pod.volumes or ()):
        yield PlacedVolume(volume, f"volumes[{index}]", f"volumes/{volume.name}")

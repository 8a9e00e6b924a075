"""Who made a pod: owner references followed upwards to the workload that somebody wrote."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.model import Resource

_MADE_BY_OTHERS = ("Pod", "ReplicaSet", "ReplicationController", "Job")
_DEEPEST = 8

Controller = o.Deployment | o.StatefulSet | o.DaemonSet | o.ReplicaSet | o.ReplicationController | o.Job
_CONTROLLERS: tuple[type[Controller], ...] = (
    o.Deployment,
    o.StatefulSet,
    o.DaemonSet,
    o.ReplicaSet,
    o.ReplicationController,
    o.Job,
)

Key = tuple[str, str, str, str]


def _group(api_version: str) -> str:
    return api_version.rpartition("/")[0]


def key_of(resource: Resource) -> Key:
    """Kind, namespace, name and group: what identifies an object, and sorts it."""
    return (resource.kind, resource.namespace or "", resource.name, _group(resource.api_version))


def templates(snapshot: Snapshot) -> Iterator[tuple[o.Object, o.PodTemplateSpec, str]]:
    """Every holder of a pod template that was read, with the template and the path to its spec."""
    for kind in _CONTROLLERS:
        for controller in snapshot.all(kind):
            yield controller, controller.spec.template, "spec.template.spec"
    for cron in snapshot.all(o.CronJob):
        yield cron, cron.spec.job_template.spec.template, "spec.jobTemplate.spec.template.spec"
    for alone in snapshot.all(o.PodTemplate):
        yield alone, alone.template, "template.spec"


def controller_of(owned: o.Object) -> o.OwnerReference | None:
    """The owner reference that is marked as the controller, if any."""
    for reference in owned.metadata.owner_references or ():
        if reference.controller:
            return reference
    return None


class Owners:
    """Follows owner references upwards through the kinds that others make, such as ReplicaSet and Job."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._known: dict[Key, o.Object] = {}
        self._tops: dict[tuple[Key, str], Resource] = {}
        for controller, _, _ in templates(snapshot):
            self._known[key_of(controller.resource)] = controller

    def top(self, owned: o.Object) -> Resource:
        """The topmost owner; the object itself when nothing owns it."""
        reference = _owner_above(owned)
        if reference is None:
            return owned.resource
        namespace = owned.metadata.namespace
        above = (reference.kind, namespace or "", reference.name, _group(reference.api_version))
        key = (above, reference.uid)
        if key not in self._tops:
            self._tops[key] = self._climb(reference, namespace)
        return self._tops[key]

    def _climb(self, reference: o.OwnerReference, namespace: str | None) -> Resource:
        for _ in range(_DEEPEST):
            named = Resource(
                reference.api_version, reference.kind, namespace, reference.name, reference.uid or None
            )
            owner = self._known.get(key_of(named))
            if owner is None or (owner.metadata.uid or reference.uid) != reference.uid:
                return named
            above = _owner_above(owner)
            if above is None:
                return owner.resource
            reference = above
        return named


def _owner_above(owned: o.Object) -> o.OwnerReference | None:
    if owned.kind not in _MADE_BY_OTHERS:
        return None
    reference = controller_of(owned)
    return None if reference is not None and reference.kind == "Node" else reference


@derived
def owners_of(snapshot: Snapshot) -> Owners:
    """The owners of a snapshot, who remember what they found."""
    return Owners(snapshot)

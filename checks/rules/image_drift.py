"""Whether pods run the content that their image reference names, as far as nodes report it."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.images import reference
from checks.model import Evidence, Resource, Severity, Theme, Verdict
from checks.owners import owners_of
from checks.registry import check
from checks.verdict import failed, manual, not_evaluated, passed

THEME = Theme.IMAGES

_MOST = 10
_RUNNING = "Running"


@check(
    id="image-digest-drift",
    title="Pods of one workload run different images under one name",
    severity=Severity.MEDIUM,
    population=("Pod",),
    also=("ReplicaSet", "Job", "Node"),
    because="One of them is not what was tested, and the name does not tell which.",
    rationale=(
        "When one reference means different content on different nodes, the tag was moved between two "
        "starts: by a new build, or by somebody who may push and should not."
    ),
    remediation="Pin the digest that was tested, and find out who moved the tag.",
    snippet=(
        "containers:\n  - name: app\n    image: registry.example.com/shop:2.4.1@sha256:"
        "4c1e9f2b7a6d8e3f5a0b1c2d4e6f8091a2b3c4d5e6f708192a3b4c5d6e7f8091\n"
    ),
)
def drift(snapshot: Snapshot) -> Iterator[Verdict]:
    """The image ids that nodes report for running pods, compared within a workload by container and
    reference. Nodes with different processors report different ids for one image, so only pods on nodes of
    the same processors fail. A pod that names a digest and reports another is for a person, because some
    runtimes report the digest of one platform's image, of which the named one is the index."""
    owners = owners_of(snapshot)
    processors = {node.metadata.name: node.status.node_info.architecture for node in snapshot.all(o.Node)}
    seen: dict[Resource, _Places] = {}
    for pod in snapshot.all(o.Pod):
        if pod.status.phase != _RUNNING:
            continue
        places = seen.setdefault(owners.top(pod), {})
        images = {container.name: container.image for container in pod.spec.containers or ()}
        for status in pod.status.container_statuses or ():
            digest = _digest(status.image_id)
            image = images.get(status.name)
            if digest and image:
                processor = processors.get(pod.spec.node_name or "", "")
                found = places.setdefault((status.name, image), {}).setdefault(processor, {})
                found.setdefault(digest, pod)
    for workload, places in seen.items():
        yield from _judged(workload, places)


_Places = dict[tuple[str, str], dict[str, dict[str, o.Pod]]]
"""By container and reference, then by the processors of the node, each digest with a pod that runs it."""


def _judged(workload: Resource, places: _Places) -> Iterator[Verdict]:
    if not places:
        yield not_evaluated(workload, "Its pods report no image id with a digest.")
        return
    fine = True
    for (container, image), by_processor in places.items():
        digests = {digest: pod for each in by_processor.values() for digest, pod in each.items()}
        found = reference(image)
        named = found.digest if found else None
        locus = f"containers/{container}"
        if named is not None and set(digests) != {named}:
            fine = False
            reason = f"Container {container} names a digest and its node reports another: is it a part of it?"
            yield manual(workload, reason, _facts(digests, named), locus)
        elif named is None and (drifted := _drifted(by_processor)):
            fine = False
            message = f"Container {container} runs {len(drifted)} different images, all called {image[:200]}."
            yield failed(workload, message, _facts(drifted, "one digest for all"), locus)
        elif named is None and len(digests) > 1 and "" in by_processor:
            fine = False
            reason = f"Container {container} runs different images, and of which processors no Node says."
            yield not_evaluated(workload, reason, locus)
    if fine:
        yield passed(workload)


def _drifted(by_processor: dict[str, dict[str, o.Pod]]) -> dict[str, o.Pod]:
    """The digests that pods on nodes with the same, known processors differ in."""
    known = (digests for processor, digests in by_processor.items() if processor)
    return next((digests for digests in known if len(digests) > 1), {})


def _facts(digests: dict[str, o.Pod], expected: str) -> tuple[Evidence, ...]:
    path = "status.containerStatuses[*].imageID"
    return tuple(
        Evidence(path, digest, expected, str(pod.resource), pod.metadata.uid, pod.metadata.resource_version)
        for digest, pod in sorted(digests.items())[:_MOST]
    )


def _digest(image_id: str) -> str:
    """The digest of an image id such as `docker-pullable://registry/name@sha256:…`; a bare id is that of
    the image's configuration, which names no reference's content."""
    return image_id.rpartition("@")[2] if "@" in image_id else ""

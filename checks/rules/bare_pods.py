"""Pods that nothing makes again."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Severity, Theme, Verdict
from checks.registry import check
from checks.verdict import failed, not_applicable, passed
from checks.workloads import POD_KINDS, workloads

THEME = Theme.WORKLOADS


@check(
    id="workload-bare-pod",
    title="Pod has no controller",
    severity=Severity.LOW,
    population=POD_KINDS,
    because="It costs availability; and a pod somebody made by hand is one that nobody reviewed.",
    rationale=(
        "A pod that no controller made is gone when its node is, is not updated with anything, and is what "
        "debugging and intruders leave behind."
    ),
    remediation="Put it into a Deployment, StatefulSet or Job, or delete it.",
    snippet="""\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: web}
""",
)
def bare_pod(snapshot: Snapshot) -> Iterator[Verdict]:
    """A pod without an owner. A static pod, which a kubelet makes from a file, is the node's."""
    for workload in workloads(snapshot):
        if workload.static:
            yield not_applicable(workload.resource, "A kubelet makes it from a file on its node.")
        elif workload.resource.kind != "Pod":
            yield passed(workload.resource)
        else:
            uid = workload.resource.uid
            fact = Evidence("metadata.ownerReferences", None, "a controller", uid=uid)
            yield failed(workload.resource, "Nothing makes it again.", fact)

"""Whether the versions that run are still mended, and fit together.

The dates are Kubernetes' and containerd's own, as of November 2026: to 1.31 the table of ended releases
(kubernetes/website, data/releases/eol.yaml), from 1.33 on the pages kubernetes.io/releases/1.N; 1.32 by its
announcement alone. containerd's are those of its RELEASES.md, where 1.7 ends in September 2026 without a day
and the end of 2.3 was still tentative. The day that counts is that of the snapshot. Days are texts (ISO
8601), which compare as they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Severity, Theme, Verdict
from checks.registry import check
from checks.verdict import cluster_resource, failed, manual, not_evaluated, passed
from checks.version import minor_of

THEME = Theme.NODES

KUBERNETES_ENDS = {
    24: "2023-07-28",
    25: "2023-10-28",
    26: "2024-02-28",
    27: "2024-07-16",
    28: "2024-10-22",
    29: "2025-02-28",
    30: "2025-07-15",
    31: "2025-11-11",
    32: "2026-02-28",
    33: "2026-06-28",
    34: "2026-10-27",
    35: "2027-02-28",
    36: "2027-06-28",
    37: "2027-10-28",
}
"""By minor version; older ones ended before the first."""

CONTAINERD_ENDS = {
    (1, 6): "2025-08-23",
    (1, 7): "2026-09-30",
    (2, 0): "2025-11-07",
    (2, 1): "2026-05-05",
    (2, 2): "2026-11-06",
    (2, 3): "2028-04-27",
}

_BEFORE, _BEFORE_EARLIER, _SINCE = 3, 2, 28
"""How many minor versions a kubelet may be behind, and from which server version on (version skew policy)."""


@check(
    id="kubernetes-version-ended",
    title="Kubernetes version is no longer mended",
    severity=Severity.HIGH,
    population=("Node",),
    because="Known weaknesses stay open, and their descriptions are public.",
    rationale=(
        "The project mends the newest three minor versions, each for about fourteen months. After that, "
        "weaknesses that become known are not mended in it."
    ),
    remediation="Upgrade the control plane, one minor version after the other, then the nodes.",
    snippet="kind: ClusterConfiguration\nkubernetesVersion: v1.37.2\n",
)
def version_ended(snapshot: Snapshot) -> Iterator[Verdict]:
    """The API server's version against the project's own dates, on the day of the snapshot. Providers that
    mend a version for longer say so themselves: there a person must look."""
    where, version = cluster_resource(snapshot), snapshot.cluster.version
    minor = minor_of(version)
    if snapshot.cluster.source == "manifests" or minor is None:
        yield not_evaluated(where, "No cluster said which version it runs.")
        return
    today = snapshot.started.date().isoformat()
    newest = max(KUBERNETES_ENDS)
    end = KUBERNETES_ENDS.get(minor) or (KUBERNETES_ENDS[24] if minor < min(KUBERNETES_ENDS) else None)
    if end is None:
        if today > KUBERNETES_ENDS[newest]:
            yield not_evaluated(where, f"This Quarterdeck does not know when {version} ends: upgrade it.")
        else:
            yield passed(where, f"{version} is newer than every version that has ended.")
        return
    fact = Evidence("version", version, f"a version that is mended on {today}")
    if today <= end:
        yield passed(where, f"{version} is mended until {end}.")
    elif snapshot.cluster.provider:
        reason = f"The project ended {version} on {end}: show that the provider still mends it."
        yield manual(where, reason, fact)
    else:
        yield failed(where, f"{version} ended on {end}.", fact)


@check(
    id="node-version-skew",
    title="Kubelet's version does not fit the API server's",
    severity=Severity.MEDIUM,
    population=("Node",),
    because="What one of the two enforces the other may not know, and nobody tests them together.",
    rationale=(
        "A kubelet must not be newer than the API server, nor more than three minor versions older. Beyond "
        "that, fields that protect a pod can be dropped without a word, and mends are missing on the node."
    ),
    remediation="Bring the node to the API server's version; upgrade the control plane first.",
    snippet="kind: ClusterConfiguration\nkubernetesVersion: v1.37.2\n",
)
def version_skew(snapshot: Snapshot) -> Iterator[Verdict]:
    """Minor versions only. Two behind was the limit before 1.28."""
    server = minor_of(snapshot.cluster.version)
    for node in snapshot.all(o.Node):
        version = node.status.node_info.kubelet_version
        minor = minor_of(version)
        if server is None or minor is None:
            yield not_evaluated(node.resource, "The version of the node or of the API server is not known.")
            continue
        least = server - (_BEFORE if server >= _SINCE else _BEFORE_EARLIER)
        if least <= minor <= server:
            yield passed(node.resource)
            continue
        how = "newer than" if minor > server else f"{server - minor} minor versions behind"
        fact = _fact(node, "kubeletVersion", version, f"1.{max(least, 0)} to 1.{server}")
        message = f"Its kubelet {version} is {how} the API server ({snapshot.cluster.version})."
        yield failed(node.resource, message, fact)


@check(
    id="node-runtime-ended",
    title="Node's container runtime is no longer mended",
    severity=Severity.MEDIUM,
    population=("Node",),
    because="A known hole in the runtime is a way out of every container on the node.",
    rationale=(
        "Container runtimes have had holes that let a container take its node. A version that is no longer "
        "mended keeps them."
    ),
    remediation="Upgrade the runtime together with the node's image.",
    snippet="status:\n  nodeInfo:\n    containerRuntimeVersion: containerd://2.3.1\n",
)
def runtime_ended(snapshot: Snapshot) -> Iterator[Verdict]:
    """What the node reports: containerd by its project's dates, CRI-O by the Kubernetes version that it has
    the number of. Runtimes that are not known here are for a person."""
    today = snapshot.started.date().isoformat()
    for node in snapshot.all(o.Node):
        yield _runtime(node, today)


def _runtime(node: o.Node, today: str) -> Verdict:
    reported = node.status.node_info.container_runtime_version
    name, _, version = reported.partition("://")
    found = re.match(r"v?(\d{1,4})\.(\d{1,4})", version)
    fact = _fact(node, "containerRuntimeVersion", reported or None, f"one that is mended on {today}")
    if not reported:
        return not_evaluated(node.resource, "The node does not say which runtime it has.")
    end: str | None = None
    if found and name == "containerd":
        major, minor = int(found[1]), int(found[2])
        end = CONTAINERD_ENDS.get((major, minor))
        if end is None and (major, minor) < min(CONTAINERD_ENDS):
            end = CONTAINERD_ENDS[(1, 6)]
    elif found and name == "cri-o" and found[1] == "1":
        end = KUBERNETES_ENDS.get(int(found[2]))
        if end is None and int(found[2]) > max(KUBERNETES_ENDS) and today <= max(KUBERNETES_ENDS.values()):
            return passed(node.resource)
    if end is None:
        return manual(node.resource, f"When {reported[:100]} ends is not known here.", fact)
    if today <= end:
        return passed(node.resource, f"{reported} is mended until {end}.")
    return failed(node.resource, f"{reported} ended on {end}, unless its distribution mends it.", fact)


def _fact(node: o.Node, field: str, observed: object, expected: str) -> Evidence:
    meta = node.metadata
    return Evidence(f"status.nodeInfo.{field}", observed, expected, None, meta.uid, meta.resource_version)

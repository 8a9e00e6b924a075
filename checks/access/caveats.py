"""What no answer about rights covers: what could not be read, and whoever else decides beside RBAC."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from checks.access.index import index
from checks.cluster.snapshot import Snapshot
from checks.model import Subject
from checks.wording import some

_CLOUDS = {
    "eks": "EKS access entries and the aws-auth ConfigMap give rights by AWS IAM, outside of RBAC.",
    "gke": "Google Cloud IAM gives rights in the cluster beside RBAC: review the Kubernetes Engine roles.",
    "aks": "Microsoft Entra role assignments may give rights outside of RBAC (Azure RBAC for Kubernetes).",
}


def unread(snapshot: Snapshot) -> Iterator[str]:
    """Which RBAC objects could not be read: the answer is then incomplete, never "nobody"."""
    for each in index(snapshot).unread:
        why = each.reason or each.state
        yield f"{each.kind} objects could not be read ({why}): the answer is incomplete."


def doubt(snapshot: Snapshot, among: Collection[Subject] | None = None) -> str:
    """Why there may be more rights than are found, in a few words; empty where there is no such reason.

    among: only what bears on these.
    """
    if index(snapshot).unread:
        return "not all RBAC objects could be read"
    unknown = snapshot.cluster.source == "manifests" and any(waiting(snapshot, among))
    return "some roles are not in the files" if unknown else ""


def waiting(
    snapshot: Snapshot, among: Collection[Subject] | None = None, namespace: str = ""
) -> Iterator[str]:
    """Bindings whose role is not there: nothing today, a right from the moment somebody makes the role.

    among: only those that name one of these. namespace: only those that would count there.
    """
    found = [
        str(each.binding.resource)
        for each in index(snapshot).dangling
        if (among is None or any(subject in among for subject in each.subjects))
        and (not namespace or (each.binding.metadata.namespace or namespace) == namespace)
    ]
    if not found:
        return
    if snapshot.cluster.source == "manifests":
        yield f"Not known, because the role is not in the files: what {some(sorted(found))} may grant."
    else:
        yield f"Bound to a role that does not exist, and so to nothing for now: {some(sorted(found))}."


def beyond(snapshot: Snapshot) -> Iterator[str]:
    """Who else may allow something, and who belongs to groups."""
    if snapshot.cluster.source == "manifests":
        yield "These are files: whatever else the cluster holds is not part of the answer."
    yield (
        "RBAC is what was looked at. Other authorizers (Node, webhook, ABAC) may allow more: they cannot be "
        "seen."
    )
    if snapshot.cluster.provider in _CLOUDS:
        yield _CLOUDS[snapshot.cluster.provider]
    yield (
        "Kubernetes knows no members of groups: ask the identity provider. A client certificate may carry "
        "any group, system:masters too, and cannot be seen or withdrawn."
    )

"""Whether the default namespace is left alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Resource, Severity, Theme, Verdict
from checks.registry import check
from checks.verdict import failed, passed
from checks.workloads import POD_KINDS, workloads

THEME = Theme.WORKLOADS

_OTHERS = ("Service", "Ingress", "ConfigMap", "Secret", "ServiceAccount", "Role", "RoleBinding")
_EVERYWHERE = {
    ("Service", "kubernetes"),
    ("ConfigMap", "kube-root-ca.crt"),
    ("ServiceAccount", "default"),
}
"""What Kubernetes itself puts into the default namespace."""


@check(
    id="namespace-default-used",
    title="Object lives in the namespace default",
    severity=Severity.LOW,
    because=(
        "It grants nothing by itself: it blurs who owns what, and rights meant for one "
        "application reach another."
    ),
    population=(*POD_KINDS, *_OTHERS),
    rationale=(
        "The default namespace is where things land that nobody placed. Rights, quotas and network policies "
        "cannot be drawn around an owner there."
    ),
    remediation="Move it to a namespace that belongs to its team or application.",
    snippet="apiVersion: v1\nkind: Namespace\nmetadata:\n  name: web\n",
)
def default_used(snapshot: Snapshot) -> Iterator[Verdict]:
    """What Kubernetes puts there itself does not count, nor do network policies, which only close it.
    Objects in files that name no namespace go there too, unless whoever applies them says otherwise."""
    live = snapshot.cluster.source != "manifests"
    message = (
        "It lives in the namespace default."
        if live
        else "Applied as it is, it goes to the namespace default."
    )
    found = False
    elsewhere = False
    for resource in _namespaced(snapshot):
        if resource.namespace == "default":
            found = True
            fact = Evidence("metadata.namespace", "default", "a namespace of its own", uid=resource.uid)
            yield failed(resource, message, fact)
        else:
            elsewhere = True
    seen = all(snapshot.saw(kind) for kind in (*POD_KINDS, *_OTHERS))
    if not found and seen and (live or elsewhere):
        default = _default(snapshot.all(o.Namespace))
        yield passed(default, "Nothing but what Kubernetes puts there goes to it.")


def _namespaced(snapshot: Snapshot) -> Iterator[Resource]:
    for workload in workloads(snapshot):
        yield workload.resource
    for kind in _OTHERS:
        for item in snapshot.objects.get(kind, ()):
            resource: Resource = item.resource
            if (kind, resource.name) not in _EVERYWHERE:
                yield resource


def _default(namespaces: Iterable[o.Namespace]) -> Resource:
    for namespace in namespaces:
        if namespace.metadata.name == "default":
            return namespace.resource
    return Resource("v1", "Namespace", None, "default")

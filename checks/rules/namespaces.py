"""What a namespace enforces on its pods by label, and whether the default namespace is left alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Resource, Severity, Verdict
from checks.registry import check
from checks.verdict import failed, manual, not_evaluated, passed
from checks.workloads import POD_KINDS, workloads

ENFORCE = "pod-security.kubernetes.io/enforce"
_LEVELS = ("privileged", "baseline", "restricted")
_PATH = f'metadata.labels["{ENFORCE}"]'
_SYSTEM = "kube-system"
_FIRST_VERSION = 23
"""The first Kubernetes 1.N whose API server enforces the labels unless told not to."""
_UNSEEN_DEFAULT = "It has no enforce label: the cluster's default level applies, which the API does not show."
_OWN_COMPONENTS = (
    "It holds the cluster's own components, some of which need the host. Decide who else may make pods here."
)
_SNIPPET = """\
apiVersion: v1
kind: Namespace
metadata:
  name: web
  labels:
    pod-security.kubernetes.io/enforce: %s
    pod-security.kubernetes.io/enforce-version: latest
"""


def _label(namespace: o.Namespace) -> str | None:
    return (namespace.metadata.labels or {}).get(ENFORCE)


def _fact(namespace: o.Namespace, expected: str) -> Evidence:
    meta = namespace.metadata
    return Evidence(_PATH, _label(namespace), expected, None, meta.uid, meta.resource_version)


@check(
    id="namespace-pod-security-unlabelled",
    title="Namespace carries no Pod Security enforce label",
    severity=Severity.MEDIUM,
    population=("Namespace",),
    rationale=(
        "Without the label a namespace has the level that the API server's configuration gives by default, "
        "which the API does not show and which is `privileged` unless someone changed it. The label makes "
        "the level visible and the namespace's own."
    ),
    remediation="Label every namespace with the level it can bear; try it with the `warn` label first.",
    snippet=_SNIPPET % "baseline",
)
def unlabelled(snapshot: Snapshot) -> Iterator[Verdict]:
    """About the label alone: what is enforced without it is unknown, and is asked by the next two checks."""
    for namespace in snapshot.all(o.Namespace):
        if _label(namespace) is None:
            yield failed(namespace.resource, _UNSEEN_DEFAULT, _fact(namespace, "baseline or restricted"))
        else:
            yield passed(namespace.resource)


@check(
    id="namespace-pod-security-baseline",
    title="Namespace does not enforce Pod Security baseline",
    severity=Severity.HIGH,
    population=("Namespace",),
    rationale=(
        "Enforcing at least `baseline` makes the API server itself refuse privileged containers, host "
        "namespaces, host paths and the other known ways out of a container. It looks at pods when they are "
        "made: what already runs is judged by the checks on workloads."
    ),
    remediation="Enforce `baseline` or `restricted`; give node agents a namespace of their own.",
    snippet=_SNIPPET % "baseline",
)
def baseline(snapshot: Snapshot) -> Iterator[Verdict]:
    """As the admission plugin reads the label: a level it does not know is enforced as `restricted`. Without
    a label the level is the API server's default, which cannot be seen: not evaluated, not a failure.
    kube-system cannot have this level where its components need the host: a person judges it."""
    return _enforces(snapshot, ("baseline", "restricted"))


@check(
    id="namespace-pod-security-restricted",
    title="Namespace does not enforce Pod Security restricted",
    severity=Severity.LOW,
    population=("Namespace",),
    rationale=(
        "`restricted` also refuses root, privilege escalation, kept capabilities and a missing seccomp "
        "profile. Ordinary services need none of these."
    ),
    remediation=(
        "Enforce `restricted` where services allow it; start with the `warn` label to see who does not."
    ),
    snippet=_SNIPPET % "restricted",
)
def restricted(snapshot: Snapshot) -> Iterator[Verdict]:
    """As `namespace-pod-security-baseline`, one level up."""
    return _enforces(snapshot, ("restricted",))


def _enforces(snapshot: Snapshot, levels: tuple[str, ...]) -> Iterator[Verdict]:
    minor = _minor(snapshot.cluster.version)
    for namespace in snapshot.all(o.Namespace):
        where, label = namespace.resource, _label(namespace)
        if minor is not None and minor < _FIRST_VERSION:
            yield not_evaluated(
                where, f"Kubernetes {snapshot.cluster.version} does not enforce these labels."
            )
        elif label is not None and label not in _LEVELS:
            yield passed(where, f"{label!r} is no level, so the API server enforces restricted.")
        elif label in levels:
            yield passed(where, f"It enforces {label}.")
        elif namespace.metadata.name == _SYSTEM:
            yield manual(where, _OWN_COMPONENTS, _fact(namespace, " or ".join(levels)))
        elif label is None:
            yield not_evaluated(where, _UNSEEN_DEFAULT)
        else:
            refuses = "which refuses nothing" if label == "privileged" else f"not {levels[0]}"
            yield failed(where, f"It enforces {label}, {refuses}.", _fact(namespace, " or ".join(levels)))


def _minor(version: str) -> int | None:
    found = re.match(r"v?1\.(\d+)", version)
    return int(found[1]) if found else None


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

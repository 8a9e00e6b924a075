"""Whether a namespace has an end: how much all of its pods together, and each of them, may take."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Resource, Severity, Theme, Verdict
from checks.registry import check
from checks.verdict import failed, not_applicable, passed

THEME = Theme.WORKLOADS

T = TypeVar("T", bound=o.Object)
_OWN = ("kube-system", "kube-public", "kube-node-lease")
_COMPUTE = ("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory", "pods")


@check(
    id="namespace-no-resource-quota",
    title="Nothing limits what the namespace takes of the cluster",
    severity=Severity.LOW,
    needs=("ResourceQuota",),
    population=("Namespace",),
    because="It costs others their room, and only once somebody may make pods there.",
    rationale=(
        "Whoever may make pods in a namespace without a quota can fill the cluster with them, by mistake or "
        "on purpose, and leave no room for anybody else."
    ),
    remediation="Give every namespace of a team or application a quota for its pods, processors and memory.",
    snippet="""\
apiVersion: v1
kind: ResourceQuota
metadata: {name: compute, namespace: web}
spec:
  hard: {pods: "50", requests.cpu: "20", requests.memory: 40Gi, limits.memory: 80Gi}
""",
)
def resource_quota(snapshot: Snapshot) -> Iterator[Verdict]:
    """At least one quota that counts every pod (no scope) and limits pods, processors or memory. Kubernetes'
    own namespaces are left out."""
    quotas = _by_namespace(snapshot.all(o.ResourceQuota))

    def ask(namespace: str) -> tuple[bool, Evidence, str]:
        there = quotas.get(namespace, ())
        names = sorted(item.metadata.name for item in there)
        what = "a quota of pods, processors or memory without a scope"
        why = "It has quotas, but none that limits all of its pods." if there else "It has no quota."
        return any(_limits(item) for item in there), Evidence("ResourceQuota", names, what), why

    return _each(snapshot, ask)


def _limits(quota: o.ResourceQuota) -> bool:
    spec = quota.spec
    if spec.scopes or spec.scope_selector is not None:
        return False
    return any(name in _COMPUTE or name == "count/pods" for name in spec.hard or ())


@check(
    id="namespace-no-limit-range",
    title="Nothing limits what a container of the namespace takes unless it says so itself",
    severity=Severity.LOW,
    needs=("LimitRange",),
    population=("Namespace",),
    because="It matters only for containers that set no limits of their own.",
    rationale=(
        "A LimitRange gives containers that say nothing a default, and refuses those that ask for too much. "
        "Without one, a forgotten limit is no limit."
    ),
    remediation="Add a LimitRange with defaults, and with a maximum, for containers.",
    snippet="""\
apiVersion: v1
kind: LimitRange
metadata: {name: defaults, namespace: web}
spec:
  limits:
    - type: Container
      default: {memory: 256Mi}
      defaultRequest: {cpu: 100m, memory: 128Mi}
      max: {memory: 4Gi}
""",
)
def limit_range(snapshot: Snapshot) -> Iterator[Verdict]:
    """At least one LimitRange with a default or a maximum for containers or pods. Kubernetes' own namespaces
    are left out."""
    ranges = _by_namespace(snapshot.all(o.LimitRange))

    def ask(namespace: str) -> tuple[bool, Evidence, str]:
        there = ranges.get(namespace, ())
        names = sorted(item.metadata.name for item in there)
        why = "Its LimitRanges limit no container." if there else "It has no LimitRange."
        what = "a LimitRange with a default or maximum for containers"
        return any(_bounds(item) for item in there), Evidence("LimitRange", names, what), why

    return _each(snapshot, ask)


def _bounds(item: o.LimitRange) -> bool:
    return any(
        limit.type in ("Container", "Pod") and (limit.max or limit.default) not in (None, o.Quantities())
        for limit in item.spec.limits or ()
    )


Ask = Callable[[str], tuple[bool, Evidence, str]]


def _each(snapshot: Snapshot, ask: Ask) -> Iterator[Verdict]:
    for namespace in snapshot.all(o.Namespace):
        where: Resource = namespace.resource
        if where.name in _OWN:
            yield not_applicable(where, "Kubernetes keeps its own components there.")
            continue
        fine, fact, why = ask(where.name)
        yield passed(where) if fine else failed(where, why, fact)


def _by_namespace(items: tuple[T, ...]) -> Mapping[str, list[T]]:
    found: dict[str, list[T]] = {}
    for item in items:
        found.setdefault(item.metadata.namespace or "", []).append(item)
    return found

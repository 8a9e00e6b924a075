"""How much of its node a container may take, and how much it is promised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.judge import Finding, Said, Unknown, by_started
from checks.model import Severity, Theme, Verdict
from checks.registry import check
from checks.workloads import POD_KINDS, Placed, Spec, Workload

THEME = Theme.WORKLOADS

Amount = str | int | float | None


class _Amounts(Struct, frozen=True):
    """What a LimitRange gives to containers that do not say."""

    limits: o.Quantities = o.Quantities()
    requests: o.Quantities = o.Quantities()


_NONE = _Amounts()


@check(
    id="container-no-memory-limit",
    title="Container has no memory limit",
    severity=Severity.MEDIUM,
    population=POD_KINDS,
    also=("LimitRange",),
    because="Whoever can make one program take memory takes the others on its node with it.",
    rationale=(
        "Without a limit a leak or an attack on one container takes the memory of the node, and the kernel "
        "then kills others."
    ),
    remediation="Set a memory limit that the program stays below in normal work.",
    snippet="""\
containers:
  - name: app
    resources:
      limits: {memory: 256Mi}
""",
)
def memory_limit(snapshot: Snapshot) -> Iterator[Verdict]:
    """The container's limit, the pod's own (`spec.resources`), or what a LimitRange of the namespace fills in
    when pods are made from the template. A live pod is judged as it is."""
    return _each(snapshot, "limits", "memory")


@check(
    id="container-no-memory-request",
    title="Container requests no memory",
    severity=Severity.LOW,
    population=POD_KINDS,
    also=("LimitRange",),
    because="It makes a crowded node likely, which costs availability.",
    rationale=(
        "The scheduler places pods by what they request. A pod that requests no memory lands on a full node "
        "and is the first that is killed there."
    ),
    remediation="Request what the program needs in normal work.",
    snippet="""\
containers:
  - name: app
    resources:
      requests: {memory: 128Mi}
""",
)
def memory_request(snapshot: Snapshot) -> Iterator[Verdict]:
    """As `container-no-memory-limit`; a limit alone is also the request."""
    return _each(snapshot, "requests", "memory")


@check(
    id="container-no-cpu-request",
    title="Container requests no processor time",
    severity=Severity.LOW,
    population=POD_KINDS,
    also=("LimitRange",),
    because="It lets a busy neighbour starve the container, which costs availability.",
    rationale=(
        "Processor time is shared in proportion to what containers request. One that requests none gets next "
        "to nothing as soon as others are busy, or are made busy."
    ),
    remediation="Request what the program needs in normal work.",
    snippet="""\
containers:
  - name: app
    resources:
      requests: {cpu: 100m}
""",
)
def cpu_request(snapshot: Snapshot) -> Iterator[Verdict]:
    """As `container-no-memory-request`."""
    return _each(snapshot, "requests", "cpu")


@check(
    id="container-no-ephemeral-storage-limit",
    title="Container may fill its node's disk",
    severity=Severity.LOW,
    population=POD_KINDS,
    also=("LimitRange",),
    because="It takes a program that can be made to write much, and costs the node's pods their place.",
    rationale=(
        "Logs, emptyDir volumes and what a container writes to its own files share the node's disk. When it "
        "is full, the kubelet evicts pods, and not only the one that filled it."
    ),
    remediation="Set a limit on ephemeral storage.",
    snippet="""\
containers:
  - name: app
    resources:
      limits: {ephemeral-storage: 1Gi}
""",
)
def storage_limit(snapshot: Snapshot) -> Iterator[Verdict]:
    """The container's limit, or what a LimitRange fills in; a pod as a whole cannot have one."""
    return _each(snapshot, "limits", "ephemeral-storage")


def _each(snapshot: Snapshot, field: str, resource: str) -> Iterator[Verdict]:
    live = snapshot.cluster.source != "manifests"
    filled = _filled_in(snapshot)
    seen = snapshot.saw("LimitRange") or not live

    def ask(workload: Workload, spec: Spec, placed: Placed) -> Said:
        if _stated(spec, placed, field, resource):
            return None
        name = placed.container.name
        if not (live and spec.path == "spec"):
            if not seen:
                return Unknown(
                    f"Container {name} says nothing, and whether a LimitRange does was not to be read."
                )
            defaults = filled.get(workload.namespace or "", _NONE)
            if _of(getattr(defaults, field), resource):
                return None
        fact = spec.observed(placed, f"resources.{field}.{resource}", None, "an amount")
        what = "limit" if field == "limits" else "request"
        return Finding(f"Container {name} has no {resource} {what}.", (fact,))

    return by_started(snapshot, ask)


def _stated(spec: Spec, placed: Placed, field: str, resource: str) -> bool:
    """Whether the container says an amount, or its pod does for all. A limit stands for a request too."""
    for said in (placed.container.resources, spec.pod.resources):
        if said is None:
            continue
        amounts = (said.limits,) if field == "limits" else (said.requests, said.limits)
        if any(_of(each, resource) for each in amounts):
            return True
    return False


def _of(amounts: o.Quantities | None, resource: str) -> bool:
    """Whether an amount is said. A limit of 0 is as good as none."""
    if amounts is None:
        return False
    amount: Amount = getattr(amounts, resource.replace("-", "_"))
    return amount is not None and str(amount) not in ("", "0")


@derived
def _filled_in(snapshot: Snapshot) -> Mapping[str, _Amounts]:
    """What the namespaces' LimitRanges fill in: `default` is the limit (else `max` is), and a request that is
    not given follows `defaultRequest`, else the limit (pkg/apis/core/v1, SetDefaults_LimitRangeItem)."""
    found: dict[str, _Amounts] = {}
    for item in snapshot.all(o.LimitRange):
        for limit in item.spec.limits or ():
            if limit.type != "Container":
                continue
            namespace = item.metadata.namespace or ""
            known = found.get(namespace, _NONE)
            limits = _joined(known.limits, limit.default, limit.max)
            requests = _joined(known.requests, limit.default_request, limit.default, limit.max, limit.min)
            found[namespace] = _Amounts(limits, requests)
    return found


def _joined(*sources: o.Quantities | None) -> o.Quantities:
    def first(resource: str) -> Amount:
        return next((getattr(each, resource) for each in sources if each and _of(each, resource)), None)

    return o.Quantities(first("cpu"), first("memory"), first("ephemeral_storage"))

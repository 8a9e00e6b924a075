"""What else watches the cluster, and whether applications keep away from its control plane."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from msgspec import Struct

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.images import reference
from checks.model import Evidence, Resource, Severity, Theme, Verdict
from checks.registry import check
from checks.verdict import cluster_resource, failed, manual, passed

THEME = Theme.NODES

_CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
_KEEPS_AWAY = ("NoSchedule", "NoExecute")
_OWN = ("kube-system", "kube-public", "kube-node-lease")

_DETECTORS = (
    ("Falco", r"falco"),
    ("Tetragon", r"tetragon"),
    ("Tracee", r"tracee"),
    ("KubeArmor", r"kubearmor"),
    ("Sysdig", r"sysdig/agent|sysdig-agent|agent-slim"),
    ("NeuVector", r"neuvector[./-]enforcer|enforcer.*neuvector"),
    ("Aqua Enforcer", r"aquasec/enforcer|aqua-enforcer"),
    ("Prisma Cloud Defender", r"twistlock[./_-]defender|defender_"),
    ("CrowdStrike Falcon", r"falcon-sensor|falcon-container"),
    ("StackRox Collector", r"stackrox.*collector|advanced-cluster-security.*collector"),
    ("Microsoft Defender", r"azuredefender|microsoft-defender"),
)
_SCANNERS = (
    ("Trivy Operator", r"trivy-operator"),
    ("kube-bench", r"kube-bench"),
    ("Kubescape", r"kubescape"),
    ("Polaris", r"fairwinds[./]polaris|polaris"),
    ("Starboard", r"starboard-operator"),
    ("StackRox", r"stackrox|advanced-cluster-security"),
)

_LONGEST = 512
"""Characters of a name that are looked at: no product's is longer."""


class _Seen(Struct, frozen=True):
    """A known product in a workload, and which text of it was recognised."""

    product: str
    because: str
    resource: Resource


@check(
    id="runtime-detection-missing",
    title="Nothing is seen that watches containers at run time",
    severity=Severity.MEDIUM,
    population=("DaemonSet",),
    because="It prevents nothing; without it, what got through is found late or never.",
    rationale=(
        "Configuration says what may happen; only something that watches system calls on each node says what "
        "does: a shell in a container, a read of the token, a new program."
    ),
    remediation="Run a detector such as Falco or Tetragon on every node, and send its alerts to people.",
    snippet="apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: falco, namespace: falco}\n",
)
def detection(snapshot: Snapshot) -> Iterator[Verdict]:
    """A DaemonSet whose name or image is a known detector's; which text decided is in the message. One that
    no pod of is ready fails. When none is recognised a person must say: it may run outside of Kubernetes."""
    where = cluster_resource(snapshot)
    sets = snapshot.all(o.DaemonSet)
    seen = [
        (found, each) for each in sets if (found := _recognised(each, each.spec.template.spec, _DETECTORS))
    ]
    working = [found for found, each in seen if not _idle(each)]
    if working:
        yield passed(
            where, "; ".join(f"{found.product} in {found.resource}: {found.because}" for found in working)
        )
    elif seen:
        facts = tuple(
            Evidence(
                "status.numberReady", each.status.number_ready or 0, "a pod on every node", str(each.resource)
            )
            for _, each in seen
        )
        names = ", ".join(sorted({found.product for found, _ in seen}))
        yield failed(where, f"{names} is there, and no pod of it is ready.", facts)
    else:
        observed = sorted(each.metadata.name for each in sets)[:20]
        fact = Evidence("DaemonSet", observed, "a known detector")
        yield manual(where, "No known detector is among the DaemonSets: ask what watches the nodes.", fact)


def _idle(each: o.DaemonSet) -> bool:
    return each.status.number_ready == 0 or (
        each.status.number_ready is None and each.status.desired_number_scheduled is not None
    )


@check(
    id="security-scanner-missing",
    title="No other scanner is seen in the cluster",
    severity=Severity.LOW,
    population=("Deployment", "CronJob", "Job"),
    because="It is a second pair of eyes, whose absence opens nothing.",
    rationale=(
        "What this tool cannot see, such as files of nodes and weaknesses in images, others look at from "
        "inside. Their findings can be read in beside these."
    ),
    remediation="Run a scanner of images and nodes, such as the Trivy Operator or kube-bench, on a schedule.",
    snippet="apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: kube-bench, namespace: security}\n",
)
def scanners(snapshot: Snapshot) -> Iterator[Verdict]:
    """A Deployment, CronJob or Job whose name or image is a known scanner's passes; a Deployment of one that
    is scaled to nothing fails. When none is recognised a person must say: scans may run elsewhere."""
    where = cluster_resource(snapshot)
    seen: list[_Seen] = []
    asleep: list[_Seen] = []
    for deployment in snapshot.all(o.Deployment):
        found = _recognised(deployment, deployment.spec.template.spec, _SCANNERS)
        if found:
            (asleep if deployment.spec.replicas == 0 else seen).append(found)
    for cron in snapshot.all(o.CronJob):
        found = _recognised(cron, cron.spec.job_template.spec.template.spec, _SCANNERS)
        seen += [found] if found else []
    for job in snapshot.all(o.Job):
        found = _recognised(job, job.spec.template.spec, _SCANNERS)
        seen += [found] if found else []
    if seen:
        yield passed(
            where, "; ".join(f"{found.product} in {found.resource}: {found.because}" for found in seen[:5])
        )
    elif asleep:
        facts = tuple(Evidence("spec.replicas", 0, "1 or more", str(found.resource)) for found in asleep)
        names = ", ".join(sorted({found.product for found in asleep}))
        yield failed(where, f"{names} is there, and scaled to nothing.", facts)
    else:
        yield manual(where, "No known scanner was recognised: ask what scans images and nodes.")


def _recognised(item: o.Object, spec: o.PodSpec, known: tuple[tuple[str, str], ...]) -> _Seen | None:
    images = [found.name for c in spec.containers or () if (found := reference(c.image))]
    texts = [("its name", item.metadata.name), *(("the image", image) for image in images)]
    if not any(_any_of(known).search(text[:_LONGEST].lower()) for _, text in texts):
        return None
    for product, pattern in known:
        for what, text in texts:
            if re.search(pattern, text[:_LONGEST].lower()):
                return _Seen(product, f"by {what} {text}", item.resource)
    return None


@cache
def _any_of(known: tuple[tuple[str, str], ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for _, pattern in known))


@check(
    id="control-plane-untainted",
    title="Applications may run on a control-plane node",
    severity=Severity.MEDIUM,
    population=("Node",),
    also=("Pod",),
    because="It takes a way out of a container there, and then gives the keys of the whole cluster.",
    rationale=(
        "A control-plane node holds the cluster's keys and its database. What breaks out there has "
        "all of it. The taint that keeps applications away is easily removed, and forgotten."
    ),
    remediation="Put the taint back, and let only what the cluster itself needs tolerate it.",
    snippet="spec:\n  taints:\n    - {key: node-role.kubernetes.io/control-plane, effect: NoSchedule}\n",
)
def control_plane(snapshot: Snapshot) -> Iterator[Verdict]:
    """Nodes with the control plane's label and without its taint (NoSchedule or NoExecute). Which pods from
    outside of Kubernetes' own namespaces run there is in the evidence."""
    bare = [node for node in snapshot.all(o.Node) if _is_control_plane(node) and not _tainted(node)]
    names = {node.metadata.name for node in bare}
    there: dict[str, list[str]] = {}
    for pod in snapshot.all(o.Pod) if names else ():
        if pod.spec.node_name in names and (pod.metadata.namespace or "") not in _OWN:
            there.setdefault(pod.spec.node_name or "", []).append(
                f"{pod.metadata.namespace}/{pod.metadata.name}"
            )
    for node in snapshot.all(o.Node):
        if not _is_control_plane(node):
            continue
        meta = node.metadata
        if _tainted(node):
            yield passed(node.resource)
            continue
        pods = sorted(there.get(meta.name, ()))
        taints = [f"{taint.key}:{taint.effect}" for taint in node.spec.taints or ()]
        expected = "node-role.kubernetes.io/control-plane:NoSchedule"
        facts = [Evidence("spec.taints", taints[:20], expected, None, meta.uid, meta.resource_version)]
        if pods:
            facts.append(Evidence("Pod", pods[:10], "none but the cluster's own", str(node.resource)))
        what = (
            f"{len(pods)} pods of applications run there" if pods else "none of an application runs there yet"
        )
        yield failed(node.resource, f"It has no taint that keeps applications away; {what}.", tuple(facts))


def _is_control_plane(node: o.Node) -> bool:
    return any(label in (node.metadata.labels or {}) for label in _CONTROL_PLANE)


def _tainted(node: o.Node) -> bool:
    return any(
        taint.key in _CONTROL_PLANE and taint.effect in _KEEPS_AWAY for taint in node.spec.taints or ()
    )

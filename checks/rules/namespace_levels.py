"""What a namespace's labels make the API server enforce on its pods, and what runs there in spite of it."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Severity, Theme, Verdict
from checks.pod_security.levels import MODES, PREFIX, Level, Setting, effective, policy_of
from checks.pod_security.standard import evaluate, missing_at
from checks.registry import check
from checks.verdict import cluster_resource, failed, manual, not_applicable, not_evaluated, passed
from checks.version import minor_of
from checks.workloads import POD_KINDS, workloads

THEME = Theme.ADMISSION

ENFORCE = f"{PREFIX}enforce"
_SYSTEM = "kube-system"
_FIRST_VERSION = 23
"""The first Kubernetes 1.N whose API server enforces the labels unless told not to."""
_MOST_EVIDENCE = 20
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


def _label(namespace: o.Namespace, key: str = ENFORCE) -> str | None:
    return (namespace.metadata.labels or {}).get(key)


def _fact(namespace: o.Namespace, expected: str, key: str = ENFORCE) -> Evidence:
    meta = namespace.metadata
    path = f'metadata.labels["{key}"]'
    return Evidence(path, _label(namespace, key), expected, None, meta.uid, meta.resource_version)


@check(
    id="namespace-pod-security-unlabelled",
    title="Namespace carries no Pod Security enforce label",
    severity=Severity.MEDIUM,
    because=(
        "Nothing then stands in the way of a dangerous pod, unless a policy engine does, "
        "but somebody must create one first."
    ),
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
    because="Whoever may create a pod there may create one that owns the node.",
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
    """As the admission plugin reads the labels: a level it does not know is enforced as `restricted`, a
    version it does not know is the latest. An older `enforce-version` fails where the level has since learned
    to refuse more (baseline: probes that name hosts in 1.34, seccomp fields in 1.19). Without a label the
    level is the API server's default, which cannot be seen: not evaluated, not a failure. kube-system cannot
    have this level where its components need the host: a person judges it."""
    return _enforces(snapshot, Level.BASELINE)


@check(
    id="namespace-pod-security-restricted",
    title="Namespace does not enforce Pod Security restricted",
    severity=Severity.LOW,
    because=("Baseline already refuses the ways to the node; restricted adds the depth behind it."),
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
    return _enforces(snapshot, Level.RESTRICTED)


def _enforces(snapshot: Snapshot, wanted: Level) -> Iterator[Verdict]:
    server = minor_of(snapshot.cluster.version)
    expected = " or ".join(level for level in Level if level.rank >= wanted.rank)
    for namespace in snapshot.all(o.Namespace):
        where, label = namespace.resource, _label(namespace)
        policy = policy_of(namespace.metadata.labels)
        level, version = policy.enforce.level, policy.enforce.version
        if server is not None and server < _FIRST_VERSION:
            yield not_evaluated(
                where, f"Kubernetes {snapshot.cluster.version} does not enforce these labels."
            )
        elif label is not None and level.rank >= wanted.rank:
            newest = effective(None, server)
            missing = missing_at(wanted, effective(version, server), newest)
            if missing:
                fact = _fact(namespace, "latest", f"{ENFORCE}-version")
                refused = f"which lets through what later versions refuse: {', '.join(missing)}"
                yield failed(where, f"It enforces {level} as of v1.{version}, {refused}.", fact)
            elif label != level:
                yield passed(where, f"{label!r} is no level, so the API server enforces restricted.")
            else:
                yield passed(where, f"It enforces {level}.")
        elif namespace.metadata.name == _SYSTEM:
            yield manual(where, _OWN_COMPONENTS, _fact(namespace, expected))
        elif label is None:
            yield not_evaluated(where, _UNSEEN_DEFAULT)
        else:
            refuses = "which refuses nothing" if level is Level.PRIVILEGED else f"not {wanted}"
            yield failed(where, f"It enforces {label}, {refuses}.", _fact(namespace, expected))


_KNOWN = frozenset(PREFIX + mode + kind for mode in MODES for kind in ("", "-version"))


@check(
    id="namespace-pod-security-label-invalid",
    title="Pod Security label means nothing to the API server",
    severity=Severity.MEDIUM,
    population=("Namespace",),
    because="A misspelt key, audit or warn label is as good as none, and nobody is told what is let in.",
    rationale=(
        "A level that does not exist is enforced as `restricted` and breaks what is deployed next, but is "
        "neither audited nor warned about; a version that does not exist counts as the latest; a misspelt "
        "key counts for nothing."
    ),
    remediation="Use the levels privileged, baseline and restricted, and the versions latest or v1.N.",
    snippet=_SNIPPET % "baseline",
)
def invalid(snapshot: Snapshot) -> Iterator[Verdict]:
    """The values of enforce, audit, warn and their versions as the API server parses them, exactly as
    written, and any other key that begins as these do."""
    for namespace in snapshot.all(o.Namespace):
        labels = [key for key in namespace.metadata.labels or {} if key.startswith(PREFIX)]
        if not labels:
            yield not_applicable(namespace.resource, "It carries no Pod Security label.")
            continue
        policy = policy_of(namespace.metadata.labels)
        for bad in policy.bad:
            expected = "latest or v1.N" if bad.label.endswith("-version") else ", ".join(Level)
            message = f"{bad.label} is {bad.value!r}, which is taken as {bad.taken_as}."
            yield failed(namespace.resource, message, _fact(namespace, expected, bad.label), bad.label)
        strangers = sorted(set(labels) - _KNOWN)
        for key in strangers:
            fact = _fact(namespace, "enforce, audit or warn", key)
            yield failed(namespace.resource, f"{key} is no label that the API server reads.", fact, key)
        if not policy.bad and not strangers:
            yield passed(namespace.resource)


@check(
    id="namespace-pod-security-violated",
    title="Workload violates the level that its namespace enforces",
    severity=Severity.MEDIUM,
    needs=("Namespace",),
    population=POD_KINDS,
    because="The namespace looks safe by its label while a pod that the level would refuse runs on in it.",
    rationale=(
        "The level is enforced when a pod is made. Pods from before the label, and those exempted by user, "
        "namespace or runtime class, run on; a controller's are refused when they are next made, at a "
        "restart or a node's end, which is the worst moment to learn it."
    ),
    remediation="Mend the workload, or move it to a namespace whose level it can bear.",
    snippet=(
        "spec:\n  securityContext:\n    runAsNonRoot: true\n    seccompProfile: {type: RuntimeDefault}\n"
    ),
)
def violated(snapshot: Snapshot) -> Iterator[Verdict]:
    """Templates and live pods against level and version of the enforce label, as the admission plugin would
    decide today. Namespaces without the label, or at privileged, are not asked."""
    server = minor_of(snapshot.cluster.version)
    settings = {} if server is not None and server < _FIRST_VERSION else _enforced(snapshot)
    asked = False
    for workload in workloads(snapshot):
        setting = settings.get(workload.namespace or "")
        if setting is None:
            continue
        asked = True
        minor = effective(setting.version, server)
        found = [evaluate(setting.level, minor, spec) for spec in workload.specs]
        controls = list(dict.fromkeys(control for each in found for control in each))
        if not controls:
            yield passed(workload.resource)
            continue
        facts = [violation.evidence for each in found for some in each.values() for violation in some]
        message = f"The level {setting.written} of its namespace refuses it: {', '.join(controls)}."
        yield failed(workload.resource, message, tuple(facts[:_MOST_EVIDENCE]))
    if not asked:
        reason = "No namespace with workloads enforces a level by its label."
        yield not_applicable(cluster_resource(snapshot), reason)


def _enforced(snapshot: Snapshot) -> dict[str, Setting]:
    settings = {
        namespace.metadata.name: policy_of(namespace.metadata.labels).enforce
        for namespace in snapshot.all(o.Namespace)
    }
    return {
        name: setting
        for name, setting in settings.items()
        if setting.labelled and setting.level is not Level.PRIVILEGED
    }

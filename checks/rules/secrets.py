"""How workloads take secrets. Names of Secrets and keys only: no value is ever read."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster.snapshot import Snapshot
from checks.judge import Finding, Said, by_container
from checks.model import Evidence, Severity, Theme, Verdict
from checks.registry import check
from checks.wording import some
from checks.workloads import POD_KINDS, Placed, Spec

THEME = Theme.SECRETS

_MOST_NAMES = 5


@check(
    id="secret-in-environment",
    title="Container takes secrets from its environment",
    severity=Severity.MEDIUM,
    because=(
        "It takes access to the process, its logs or a crash report, which are read far "
        "more widely than the Secret is."
    ),
    population=POD_KINDS,
    rationale=(
        "Environment variables are inherited by every child process, show up in crash dumps, debug pages and "
        "`/proc`, and are logged by many programs at start. Files can be read once, by whom they are for."
    ),
    remediation="Mount the secret as a file, or fetch it from an external store with the pod's own identity.",
    snippet="""\
containers:
  - name: app
    volumeMounts:
      - {name: credentials, mountPath: /run/credentials, readOnly: true}
volumes:
  - name: credentials
    secret: {secretName: database}
""",
)
def in_environment(snapshot: Snapshot) -> Iterator[Verdict]:
    """`env[].valueFrom.secretKeyRef` and `envFrom[].secretRef` of every kind of container."""
    return by_container(snapshot, _in_environment)


def _in_environment(spec: Spec, placed: Placed) -> Said:
    container = placed.container
    facts: list[Evidence] = []
    names: list[str] = []
    for index, variable in enumerate(container.env or ()):
        key = variable.value_from.secret_key_ref if variable.value_from else None
        if key:
            names.append(f"key {key.key} of Secret {key.name}")
            path = f"env[{index}].valueFrom.secretKeyRef"
            facts.append(spec.observed(placed, path, {"name": key.name, "key": key.key}, "a mounted file"))
    for index, bulk in enumerate(container.env_from or ()):
        if bulk.secret_ref:
            names.append(f"all of Secret {bulk.secret_ref.name}")
            path = f"envFrom[{index}].secretRef"
            facts.append(spec.observed(placed, path, {"name": bulk.secret_ref.name}, "a mounted file"))
    if not facts:
        return None
    taken = some(names, _MOST_NAMES)
    return Finding(f"Container {container.name} has in its environment: {taken}.", tuple(facts))

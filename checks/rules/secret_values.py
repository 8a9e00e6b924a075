"""Secrets written out where everybody can read them: in environment variables and in config maps.

Of a value only what it looks like was kept when it was read, so no value can be shown.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.judge import Finding, Said, by_container
from checks.model import Evidence, Severity, Theme, Verdict
from checks.registry import check
from checks.secret_names import names_a_secret
from checks.verdict import failed, passed
from checks.wording import some
from checks.workloads import POD_KINDS, Placed, Spec

THEME = Theme.SECRETS

_TEXT = "text"
_REFERENCE = """\
containers:
  - name: app
    env:
      - name: DATABASE_PASSWORD_FILE
        value: /run/credentials/password
    volumeMounts:
      - {name: credentials, mountPath: /run/credentials, readOnly: true}
volumes:
  - name: credentials
    secret: {secretName: database}
"""


def _looks(name: str, value: o.Literal | None) -> str:
    """What makes a value look like a secret: its form, or its name where it has any text at all."""
    if value is None or not value.like:
        return ""
    if value.like != _TEXT:
        return f"looks like: {value.like}"
    return "is named like a secret" if names_a_secret(name) else ""


@check(
    id="secret-value-in-environment",
    title="Secret is written out in a container's environment",
    severity=Severity.HIGH,
    because="Everyone who may see the workload, its manifest or its history has the secret.",
    population=POD_KINDS,
    rationale=(
        "A value in the pod's own specification is in every copy of the manifest, in version control, in "
        "backups and in the answer to everyone who may read pods, which many roles grant that do not grant "
        "secrets."
    ),
    remediation=(
        "Change the secret, as it is known by now; keep it in a Secret or a store and mount it as a file."
    ),
    snippet=_REFERENCE,
)
def in_environment(snapshot: Snapshot) -> Iterator[Verdict]:
    """By the form of the value (private keys, tokens of well-known issuers, URLs with a password), or by a
    variable's name that ends in what a secret is called (PASSWORD, TOKEN, API_KEY …) with any value at all.
    Names of files and references (…_FILE, …_PATH, …_NAME) do not count, nor do empty values."""
    return by_container(snapshot, _environment)


def _environment(spec: Spec, placed: Placed) -> Said:
    facts: list[Evidence] = []
    names: list[str] = []
    for index, variable in enumerate(placed.container.env or ()):
        looks = _looks(variable.name, variable.value)
        if looks:
            names.append(variable.name)
            observed = {"name": variable.name, "value": looks}
            facts.append(spec.observed(placed, f"env[{index}].value", observed, "a mounted file"))
    if not facts:
        return None
    listed = some(names)
    return Finding(f"Container {placed.container.name} has written out: {listed}.", tuple(facts))


@check(
    id="secret-value-in-config-map",
    title="Secret is kept in a config map",
    severity=Severity.HIGH,
    because="Everyone who may read config maps, the role `view` included, has the secret.",
    population=("ConfigMapContent",),
    rationale=(
        "Config maps are meant to be read: the role `view` grants them and leaves secrets out, logs and "
        "support bundles copy them, and they are often not encrypted where Secrets are."
    ),
    remediation="Change the secret, as it is known by now, and keep it in a Secret or in a store.",
    snippet=(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: database}\nstringData:\n  password: from-your-store\n"
    ),
)
def in_config_map(snapshot: Snapshot) -> Iterator[Verdict]:
    """By the form of a key's value or by the key's name, as `secret-value-in-environment`. Contents of config
    maps are looked at in files; in a cluster only where that was asked for, and even then nothing of a value
    is kept but what it looks like."""
    for item in snapshot.all(o.ConfigMapContent):
        found = [(key, looks) for key, value in (item.data or {}).items() if (looks := _looks(key, value))]
        if not found:
            yield passed(item.resource)
            continue
        facts = tuple(
            Evidence(f"data[{key}]", looks, "kept in a Secret or a store", uid=item.metadata.uid)
            for key, looks in found
        )
        yield failed(item.resource, f"It holds {some([key for key, _ in found])}.", facts)

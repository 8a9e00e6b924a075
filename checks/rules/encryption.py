"""Whether what is in etcd is encrypted: the API server's encryption configuration, judged by who writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.control_plane.judge import FLAGZ
from checks.encryption.evidence import absent, files
from checks.encryption.faults import faults
from checks.encryption.lookup import (
    ANY_CUSTOM,
    CONFIG_MAPS,
    SECRETS,
    Target,
    Writer,
    keys_of,
    provider_at,
    writer,
)
from checks.encryption.metrics import measured, taken_up
from checks.encryption.openshift import KINDS as OPENSHIFT
from checks.encryption.openshift import Chosen, chosen
from checks.model import Evidence, Severity, Status, Theme, Verdict
from checks.registry import check
from checks.verdict import failed, not_applicable, not_evaluated, passed
from checks.version import minor_of

THEME = Theme.SECRETS

_NEEDS = ("ControlPlanePod",)
_FILES = ("EncryptionConfiguration", "EncryptionConfig", *OPENSHIFT)
_REFUSED = (
    "The API server refuses this file (see encryption-configuration-invalid), so nothing follows from it."
)
_OPERATOR = "OpenShift's operators write the file, and nobody else."
_PLAIN = "Secrets are written as plain text (see encryption-secrets-at-rest)."
_AESGCM = "aesgcm, whose key must change every 200,000 writes; nothing shows that it does"
_KMS = """\
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources: [secrets, configmaps]
    providers:
      - kms: {apiVersion: v2, name: vault, endpoint: unix:///run/kms/vault.sock}
      - identity: {}
"""


def _by_file(
    snapshot: Snapshot,
    ask: Callable[[o.EncryptionFile], Iterable[Verdict]],
    openshift: Callable[[Chosen], Verdict],
    *,
    refused_too: bool = False,
) -> Iterator[Verdict]:
    """Ask of every file that was given; without one of what OpenShift was told, else say what the flags or
    the provider say."""
    given, choice = files(snapshot), chosen(snapshot)
    if not given:
        yield absent(snapshot) if choice is None else openshift(choice)
    for file in given:
        if not refused_too and faults(file, minor_of(snapshot.cluster.version)):
            yield not_evaluated(file.resource, _REFUSED)
        else:
            yield from ask(file)


def _fact(file: o.EncryptionFile, target: Target, found: Writer, expected: str) -> Evidence:
    observed = {"resource": str(target), "writes": found.provider, "reads": list(found.behind)}
    return Evidence(found.at or "resources", observed, expected, uid=file.metadata.uid)


@check(
    id="encryption-configuration-invalid",
    title="API server refuses the encryption configuration",
    severity=Severity.HIGH,
    because=(
        "The API server does not start with it, or goes on with the one it had before: what is in the file "
        "is not so."
    ),
    population=_NEEDS,
    also=(*_FILES, "ApiServerMetrics"),
    hints=FLAGZ,
    rationale=(
        "An entry behind a wildcard that covers it, a wildcard beside its own members or a key of the wrong "
        "size is an error to the API server, not a rule without effect."
    ),
    remediation="Mend what is named, and put narrower entries before wildcards.",
    snippet=_KMS,
)
def invalid(snapshot: Snapshot) -> Iterator[Verdict]:
    """By the API server's own rules for the file. Of keys only their size is known; unknown fields, which it
    refuses too, are not seen. An API server that takes up changes by itself counts whether it could: its
    counters, where they were read, fail it, and stand in for a file that was not given."""
    minor, told = minor_of(snapshot.cluster.version), taken_up(snapshot)
    if told is not None and (told.status is Status.FAIL or not files(snapshot)):
        yield told
    if told is None or files(snapshot):
        yield from _by_file(
            snapshot,
            lambda file: _invalid(file, minor),
            lambda choice: not_applicable(choice.resource, _OPERATOR),
            refused_too=True,
        )


def _invalid(file: o.EncryptionFile, minor: int | None) -> Iterator[Verdict]:
    found = faults(file, minor)
    if not found:
        yield passed(file.resource)
        return
    facts = tuple(Evidence(fault.at, fault.what, "what the API server accepts") for fault in found)
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    yield failed(file.resource, f"{found[0]}{more}.", facts)


@check(
    id="encryption-secrets-at-rest",
    title="Secrets are stored as plain text",
    severity=Severity.HIGH,
    because="It takes a backup or a disk of etcd; then every secret of the cluster can be read.",
    population=_NEEDS,
    also=(*_FILES, "ApiServerMetrics"),
    hints=FLAGZ,
    rationale=(
        "etcd holds Secrets as they are unless the API server encrypts them. Backups, snapshots of disks "
        "and whoever can read etcd's files or its port then have all of them. The first provider of an "
        "entry writes; with `identity` first nothing new is encrypted, whatever comes after it."
    ),
    remediation=(
        "Put an encrypting provider first and `identity` last, restart the API servers, and write all "
        "Secrets anew (`kubectl get secrets -A -o json | kubectl replace -f -`): old ones are not encrypted "
        "by it."
    ),
    snippet=_KMS,
)
def secrets_at_rest(snapshot: Snapshot) -> Iterator[Verdict]:
    """Which provider writes Secrets, by the API server's own lookup: their entry, else `*.`, else `*.*`, else
    none. That old Secrets were written anew is not seen. Without the file the API server's own counters tell,
    where they were read; on OpenShift what it was told, and whether that is done; else the flag says that
    nothing is encrypted, or that it takes the file to tell; on EKS, GKE and AKS the provider must be
    asked."""
    counted = None if files(snapshot) else measured(snapshot, SECRETS)
    if counted is not None:
        yield counted
    else:
        yield from _by_file(snapshot, _secrets, lambda choice: choice.state)


def _secrets(file: o.EncryptionFile) -> Iterator[Verdict]:
    found = writer(file, SECRETS)
    if found.plain:
        message = (
            "The provider identity is first for secrets, so they are written as plain text."
            if found.at
            else "No entry covers secrets, so they are written as plain text."
        )
        yield failed(file.resource, message, _fact(file, SECRETS, found, "an encrypting provider first"))
    else:
        yield passed(file.resource, f"Secrets are written by {found.provider}.")


@check(
    id="encryption-provider-unfit",
    title="Secrets are encrypted in a way that takes more care than is seen",
    severity=Severity.MEDIUM,
    because="It takes etcd's data and a weakness of the cipher as it is used; then secrets may be read.",
    population=_NEEDS,
    also=_FILES,
    hints=FLAGZ,
    rationale=(
        "The nonces of aesgcm are random and short: after too many writes with one key two are the same, "
        "and both texts and the key that authenticates can be found. It needs its key changed by a machine, "
        "often."
    ),
    remediation="Use a KMS plugin (v2); where there is none, secretbox.",
    snippet=_KMS,
)
def provider_unfit(snapshot: Snapshot) -> Iterator[Verdict]:
    """kms, secretbox and aescbc pass, as the benchmark has it; aesgcm and plain text do not. OpenShift
    changes the keys of aesgcm every week, so there it passes."""
    return _by_file(snapshot, _unfit, lambda choice: choice.state)


def _unfit(file: o.EncryptionFile) -> Iterator[Verdict]:
    found = writer(file, SECRETS)
    if found.plain or found.provider == "aesgcm":
        said = "plain text, not encrypted" if found.plain else _AESGCM
        fact = _fact(file, SECRETS, found, "kms, secretbox or aescbc first")
        yield failed(file.resource, f"Secrets are written as {said}.", fact)
    else:
        yield passed(file.resource, f"Secrets are written by {found.provider}.")


@check(
    id="encryption-key-beside-data",
    title="Secrets are encrypted without a key service of today",
    severity=Severity.LOW,
    because="It takes the control plane's disk and etcd's data together, or a gap in an old interface.",
    population=_NEEDS,
    also=_FILES,
    hints=FLAGZ,
    rationale=(
        "A key in the configuration lies on the disk of every control plane node, usually beside etcd's "
        "data and in the same backup, and nobody is told when it is used. aescbc besides does not "
        "authenticate what it encrypts. The first KMS interface (v1) is deprecated since Kubernetes 1.28 "
        "and off since 1.29."
    ),
    remediation="Use a KMS plugin with the interface v2: the key then stays in the key service.",
    snippet=_KMS,
)
def key_beside_data(snapshot: Snapshot) -> Iterator[Verdict]:
    """Only KMS v2 passes. The evidence names keys, never what they are."""
    return _by_file(snapshot, _beside, _beside_openshift)


def _beside_openshift(choice: Chosen) -> Verdict:
    if choice.plain:
        return not_applicable(choice.resource, _PLAIN)
    if choice.type == "KMS":
        return choice.state
    message = f"OpenShift is told to encrypt with {choice.type}, by keys that the cluster itself keeps."
    return failed(choice.resource, message, choice.fact)


def _beside(file: o.EncryptionFile) -> Iterator[Verdict]:
    found = writer(file, SECRETS)
    if found.plain:
        yield not_applicable(file.resource, _PLAIN)
    elif found.provider == "kms v2":
        yield passed(file.resource, "A key service wraps the keys (KMS v2).")
    else:
        provider = provider_at(file, found.at)
        names = [key.name for key in keys_of(provider)] if provider else []
        what = (
            "through the deprecated interface KMS v1"
            if found.provider == "kms v1"
            else f"by {found.provider} with a key that stands in the file"
        )
        observed = {"provider": found.provider, "keys": names}
        yield failed(
            file.resource, f"Secrets are written {what}.", Evidence(found.at, observed, "kms, apiVersion v2")
        )


@check(
    id="encryption-other-resources",
    title="Config maps or custom resources are stored as plain text",
    severity=Severity.LOW,
    because="It takes a backup or a disk of etcd, and somebody who keeps a secret where none should be.",
    population=_NEEDS,
    also=_FILES,
    hints=FLAGZ,
    rationale=(
        "Passwords end up in config maps, and operators keep credentials in resources of their own. Only "
        "what the encryption configuration covers is encrypted; custom resources only by name or by `*.*`."
    ),
    remediation="Add configmaps, and the custom resources that hold what is secret, or `*.*` for everything.",
    snippet=_KMS.replace("[secrets, configmaps]", '["*.*"]'),
)
def other_resources(snapshot: Snapshot) -> Iterator[Verdict]:
    """The same lookup for configmaps, and for a custom resource that no entry names. One that has an entry of
    its own is encrypted as that entry says, which this does not see."""
    return _by_file(snapshot, _others, _others_openshift)


def _others_openshift(choice: Chosen) -> Verdict:
    if choice.plain:
        return choice.state
    message = "Custom resources are not among what OpenShift encrypts, which config maps are."
    return failed(choice.resource, message, choice.fact, "custom-resources")


def _others(file: o.EncryptionFile) -> Iterator[Verdict]:
    plain = [(target, found) for target in (CONFIG_MAPS, ANY_CUSTOM) if (found := writer(file, target)).plain]
    if not plain:
        yield passed(file.resource, "Config maps and custom resources are encrypted too.")
    for target, found in plain:
        custom = target is ANY_CUSTOM
        name = "Custom resources that have no entry of their own" if custom else "Config maps"
        fact = _fact(file, target, found, "an encrypting provider first")
        locus = "custom-resources" if custom else "configmaps"
        yield failed(file.resource, f"{name} are written as plain text.", fact, locus)

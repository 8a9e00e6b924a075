"""Which Secrets a workload takes, and what else brings secrets to it.

Names only. Secrets to pull images with are not for the program and do not count.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from checks.cluster import objects as o
from checks.cluster.defaults import selects
from checks.cluster.snapshot import Snapshot, derived
from checks.model import Evidence
from checks.workloads import Spec, Workload, workloads

_CSI = frozenset(("secrets-store.csi.k8s.io", "secrets-store-gke.csi.k8s.io"))
STORE_KINDS = (
    "ExternalSecret",
    "ClusterExternalSecret",
    "SecretProviderClass",
    "VaultStaticSecret",
    "VaultDynamicSecret",
    "VaultPKISecret",
)
Named = tuple[str, str]


class Taken(Struct, frozen=True, gc=False):
    """A Secret that a workload takes, and where it says so."""

    name: str
    fact: Evidence


def secrets_of(workload: Workload) -> Iterator[Taken]:
    """Every Secret in the environment or in a volume of a workload's pods, each time it is named."""
    for spec in workload.specs:
        for placed in spec.containers:
            for index, variable in enumerate(placed.container.env or ()):
                key = variable.value_from.secret_key_ref if variable.value_from else None
                if key and key.name:
                    path = f"env[{index}].valueFrom.secretKeyRef"
                    yield Taken(key.name, spec.observed(placed, path, {"name": key.name}, _WANTED))
            for index, bulk in enumerate(placed.container.env_from or ()):
                if bulk.secret_ref and bulk.secret_ref.name:
                    path, name = f"envFrom[{index}].secretRef", bulk.secret_ref.name
                    yield Taken(name, spec.observed(placed, path, {"name": name}, _WANTED))
        yield from _mounted(spec)


_WANTED = "a Secret that a store supplies, or the store itself"


def _mounted(spec: Spec) -> Iterator[Taken]:
    for placed in spec.volumes:
        volume = placed.volume
        if volume.secret and volume.secret.secret_name:
            name = volume.secret.secret_name
            yield Taken(name, spec.evidence(f"{placed.path}.secret", {"secretName": name}, _WANTED))
        for index, source in enumerate((volume.projected.sources or ()) if volume.projected else ()):
            if source.secret and source.secret.name:
                path, name = f"{placed.path}.projected.sources[{index}].secret", source.secret.name
                yield Taken(name, spec.evidence(path, {"name": name}, _WANTED))


def stores_of(workload: Workload) -> tuple[str, ...]:
    """What brings secrets to a workload's pods past the API: injectors and volumes, in words."""
    found: dict[str, None] = {}
    for spec in workload.specs:
        if spec.annotations.get("vault.hashicorp.com/agent-inject") == "true":
            found["Vault's agent injector"] = None
        if spec.annotations.starting("conjur.org/"):
            found["CyberArk Conjur"] = None
        for volume in spec.pod.volumes or ():
            csi = volume.csi
            if csi and csi.driver in _CSI:
                name = csi.volume_attributes.secret_provider_class if csi.volume_attributes else None
                found[f"the Secrets Store CSI driver ({name or 'no class named'})"] = None
    return tuple(found)


@derived
def supplied(snapshot: Snapshot) -> dict[Named, str]:
    """Every Secret, by namespace and name, that some object says a store outside of the cluster fills."""
    found: dict[Named, str] = {}
    for secret in snapshot.all(o.ExternalSecret):
        target = secret.spec.target.name if secret.spec.target else ""
        _add(found, secret, target or secret.metadata.name)
    for wide in snapshot.all(o.ClusterExternalSecret):
        spec = wide.spec.external_secret_spec
        target = spec.target.name if spec.target else ""
        name = target or wide.spec.external_secret_name or wide.metadata.name
        for namespace in _chosen(snapshot, wide):
            found.setdefault((namespace, name), str(wide.resource))
    for provider in snapshot.all(o.SecretProviderClass):
        for synced in provider.spec.secret_objects or ():
            _add(found, provider, synced.secret_name)
    vault: tuple[o.VaultStaticSecret | o.VaultDynamicSecret | o.VaultPKISecret, ...] = (
        *snapshot.all(o.VaultStaticSecret),
        *snapshot.all(o.VaultDynamicSecret),
        *snapshot.all(o.VaultPKISecret),
    )
    for each in vault:
        _add(found, each, each.spec.destination.name if each.spec.destination else "")
    return found


def _chosen(snapshot: Snapshot, wide: o.ClusterExternalSecret) -> Iterator[str]:
    """The namespaces it brings its secret into: those it says it did, in files those it would."""
    if wide.status.provisioned_namespaces is not None or snapshot.cluster.source != "manifests":
        yield from wide.status.provisioned_namespaces or ()
        return
    yield from wide.spec.namespaces or ()
    selectors = selectors_of(wide)
    for each in snapshot.all(o.Namespace):
        labels = {"kubernetes.io/metadata.name": each.metadata.name} | (each.metadata.labels or {})
        if any(selects(selector, labels) for selector in selectors):
            yield each.metadata.name


def selectors_of(wide: o.ClusterExternalSecret) -> tuple[o.LabelSelector, ...]:
    """The selectors of namespaces, any of which suffices."""
    older = (wide.spec.namespace_selector,) if wide.spec.namespace_selector else ()
    return (*older, *(wide.spec.namespace_selectors or ()))


def _add(found: dict[Named, str], source: o.Object, name: str) -> None:
    if name:
        found.setdefault((source.metadata.namespace or "", name), str(source.resource))


@derived
def takers(snapshot: Snapshot) -> dict[Named, list[Workload]]:
    """Every Secret, by namespace and name, with the workloads that take it."""
    found: dict[Named, list[Workload]] = {}
    for workload in workloads(snapshot):
        for name in dict.fromkeys(taken.name for taken in secrets_of(workload)):
            found.setdefault((workload.namespace or "", name), []).append(workload)
    return found

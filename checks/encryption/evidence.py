"""What there is to go by where the encryption configuration itself was not given."""

from __future__ import annotations

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.control_plane.components import Component, components
from checks.control_plane.judge import doubt, unseen
from checks.model import Resource, Verdict
from checks.verdict import cluster_resource, failed, not_applicable, not_evaluated
from checks.version import minor_of

FLAG = "encryption-provider-config"
_EKS_DEFAULT = 28
_MANAGED = {
    "eks": (
        "EKS encrypts all that the API stores by default since 1.28 (KMS v2, a key of AWS). For a key of "
        "your own ask for `aws eks describe-cluster`: encryptionConfig names it."
    ),
    "gke": (
        "GKE encrypts its disks by default. Ask for `gcloud container clusters describe`: "
        "databaseEncryption.state says whether secrets (ENCRYPTED) or all objects "
        "(ALL_OBJECTS_ENCRYPTION_ENABLED) are encrypted besides."
    ),
    "aks": (
        "AKS encrypts its disks by default. Ask for `az aks show`: securityProfile.azureKeyVaultKms, or the "
        "newer kubernetesResourceObjectEncryptionProfile, says whether what the API stores is encrypted "
        "besides."
    ),
}
_EKS_OLD = "Before 1.28 EKS encrypts secrets only where its encryptionConfig says so: ask for that."


def files(snapshot: Snapshot) -> tuple[o.EncryptionFile, ...]:
    """Every encryption configuration that was given, in either spelling."""
    return (*snapshot.all(o.EncryptionConfiguration), *snapshot.all(o.EncryptionConfig))


def absent(snapshot: Snapshot) -> Verdict:
    """What can be said without the file: by the provider, or by the API servers' flags."""
    cluster, provider = cluster_resource(snapshot), snapshot.cluster.provider
    if provider == "eks" and (minor_of(snapshot.cluster.version) or 0) < _EKS_DEFAULT:
        return not_applicable(cluster, _EKS_OLD)
    if provider in _MANAGED:
        return not_applicable(cluster, _MANAGED[provider])
    servers = components(snapshot).api_servers
    if not servers:
        return unseen(snapshot, "kube-apiserver")
    verdicts = [_by_flag(server, server.resource) for server in servers]
    return min(verdicts, key=lambda verdict: verdict.status.rank)


def _by_flag(server: Component, resource: Resource) -> Verdict:
    found = server.flag(FLAG)
    if reason := doubt(server, FLAG):
        return not_evaluated(resource, reason)
    if found is None or not found.text:
        return failed(
            resource,
            "It has no encryption configuration, so everything is written as plain text.",
            server.evidence(FLAG, f"--{FLAG}=FILE"),
        )
    return not_evaluated(
        resource,
        f"{found} is set, but the file is on the node: give a copy of it. Of its keys only the size is kept.",
    )

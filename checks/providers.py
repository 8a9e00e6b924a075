"""Whose the control plane is, and what to ask them for: the consequence of shared responsibility.

Where a provider runs the control plane and shows nothing of it, a requirement on it is not applicable to the
cluster's operator. It is not met by that either: the provider's evidence takes the place of ours.
"""

from __future__ import annotations

from checks.cluster.snapshot import Snapshot
from checks.model import MANAGED

_NAMES = {"eks": "Amazon EKS", "gke": "Google Kubernetes Engine", "aks": "Azure Kubernetes Service"}
_REPORTS = {
    "eks": "AWS Artifact",
    "gke": "Google's Compliance Reports Manager",
    "aks": "Microsoft's Service Trust Portal",
}
_CHOICES = {
    "eks": "`aws eks describe-cluster` (logging, encryptionConfig, resourcesVpcConfig)",
    "gke": "`gcloud container clusters describe` (loggingConfig, databaseEncryption)",
    "aks": "`az aks show` (apiServerAccessProfile, securityProfile) and its diagnostic settings",
}


def managed_control_plane(snapshot: Snapshot) -> str | None:
    """Why a requirement on the control plane is not applicable, and what to ask for; None where it is ours.

    Only for the providers that show nothing of it (`checks.model.MANAGED`). OpenShift, k3s, RKE2, kubeadm and
    kind run it on nodes of the cluster itself, where it can be looked at.
    """
    provider = snapshot.cluster.provider
    if provider not in MANAGED:
        return None
    return (
        f"The control plane is managed by the provider ({_NAMES[provider]}), which shows none of it. "
        f"Ask for its SOC 2 and ISO 27001 reports ({_REPORTS[provider]}) and for what was "
        f"chosen for this cluster: {_CHOICES[provider]}."
    )

"""What OpenShift was told to encrypt with, and how far it is. Its operators write the API servers' file.

Sources: openshift/api config/v1/types_apiserver.go (unset is identity; which resources are encrypted), and
docs.redhat.com, OpenShift Container Platform, "Encrypting etcd data" (conditions Encrypted with the reasons
EncryptionCompleted and EncryptionInProgress; keys change weekly).
"""

from __future__ import annotations

from msgspec import Struct

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Resource, Verdict
from checks.verdict import failed, not_evaluated, passed

KINDS = ("OpenShiftAPIServer", "OpenShiftKubeAPIServer")
_COVERED = (
    "secrets",
    "configmaps",
    "routes.route.openshift.io",
    "oauthaccesstokens.oauth.openshift.io",
    "oauthauthorizetokens.oauth.openshift.io",
)
_DONE = "EncryptionCompleted"
_PLAIN = ("", "identity")


class Chosen(Struct, frozen=True):
    """The type that was chosen, and the condition Encrypted of the operator of kube-apiserver, if it was
    seen."""

    resource: Resource
    type: str
    fact: Evidence
    condition: o.OperatorCondition | None

    @property
    def plain(self) -> bool:
        return self.type in _PLAIN

    @property
    def state(self) -> Verdict:
        """Whether what is covered is stored encrypted."""
        told = self.condition
        seen = f"the operator says {told.type}: {told.status} ({told.reason})" if told else ""
        if self.plain and told is not None and told.status == "True":
            return not_evaluated(self.resource, f"No encryption is chosen, and {seen}.")
        if self.plain:
            return failed(self.resource, "OpenShift is told to encrypt nothing.", self.fact)
        if told is None:
            why = f"{KINDS[1]} was not seen, which says whether it is done"
            return not_evaluated(self.resource, f"OpenShift is told to encrypt with {self.type}; {why}.")
        if told.status == "True" and told.reason == _DONE:
            return passed(self.resource, f"OpenShift has encrypted what it covers with {self.type}.")
        return not_evaluated(self.resource, f"OpenShift is told to encrypt with {self.type}, and {seen}.")

    def of(self, resource: str) -> Verdict:
        """Whether a resource (`deployments.apps`) is stored encrypted."""
        if resource in _COVERED or self.plain:
            return self.state
        return failed(self.resource, f"OpenShift does not encrypt {resource}, whatever is chosen.", self.fact)


def chosen(snapshot: Snapshot) -> Chosen | None:
    """What the cluster's APIServer says; None on a cluster that has none."""
    server = next(iter(snapshot.all(o.OpenShiftAPIServer)), None)
    if server is None:
        return None
    type_, meta = server.spec.encryption.type, server.metadata
    expected = "aescbc, aesgcm or KMS"
    fact = Evidence(
        "spec.encryption.type", type_ or "not set", expected, None, meta.uid, meta.resource_version
    )
    return Chosen(server.resource, type_, fact, _condition(snapshot))


def _condition(snapshot: Snapshot) -> o.OperatorCondition | None:
    for operator in snapshot.all(o.OpenShiftKubeAPIServer):
        found = (each for each in operator.status.conditions or () if each.type == "Encrypted")
        return next(found, None)
    return None

"""Objects of what brings secrets in from elsewhere: External Secrets, Vault, the CSI driver, Sealed Secrets.

A specification can hold addresses, templates and sealed values; only what says who gets what from where has a
field, and how a store proves who it is.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from checks.cluster.objects.base import LabelSelector, Object, Part
from checks.cluster.objects.pods import LocalReference, Present


class SyncCondition(Part, frozen=True):
    """A condition without its message, which may quote what was fetched."""

    type: str = ""
    status: str = ""
    reason: str = ""


class SyncStatus(Part, frozen=True):
    conditions: tuple[SyncCondition, ...] | None = None


class StoreAuth(Part, frozen=True):
    """How a store proves who it is: whichever of the ways that External Secrets knows is there."""

    secret_ref: Present | None = None
    jwt: Present | None = None
    workload_identity: Present | None = None
    kubernetes: Present | None = None
    token_secret_ref: Present | None = None
    app_role: Present | None = None
    ldap: Present | None = None
    user_pass: Present | None = None
    cert: Present | None = None
    iam: Present | None = None
    token: Present | None = None
    service_account: Present | None = None


class StoreProvider(Part, frozen=True):
    auth: StoreAuth | None = None
    auth_type: str | None = None
    auth_secret_ref: Present | None = None


class StoreCondition(Part, frozen=True):
    """Whose namespaces may use a cluster-wide store."""

    namespace_selector: LabelSelector | None = None
    namespaces: tuple[str, ...] | None = None
    namespace_regexes: tuple[str, ...] | None = None


class StoreSpec(Part, frozen=True):
    provider: dict[str, StoreProvider] | None = None
    conditions: tuple[StoreCondition, ...] | None = None


class SecretStore(Object, frozen=True):
    api_version: ClassVar[str] = "external-secrets.io/v1"
    kind: ClassVar[str] = "SecretStore"
    spec: StoreSpec = field(default_factory=StoreSpec)
    status: SyncStatus = field(default_factory=SyncStatus)


class ClusterSecretStore(Object, frozen=True):
    api_version: ClassVar[str] = "external-secrets.io/v1"
    kind: ClassVar[str] = "ClusterSecretStore"
    spec: StoreSpec = field(default_factory=StoreSpec)
    status: SyncStatus = field(default_factory=SyncStatus)


class StoreReference(Part, frozen=True):
    name: str = ""
    kind: str = ""


class ExternalSecretSpec(Part, frozen=True):
    secret_store_ref: StoreReference | None = None
    target: LocalReference | None = None


class ExternalSecret(Object, frozen=True):
    api_version: ClassVar[str] = "external-secrets.io/v1"
    kind: ClassVar[str] = "ExternalSecret"
    spec: ExternalSecretSpec = field(default_factory=ExternalSecretSpec)
    status: SyncStatus = field(default_factory=SyncStatus)


class NamespaceFailure(Part, frozen=True):
    namespace: str = ""


class ClusterSyncStatus(SyncStatus, frozen=True):
    provisioned_namespaces: tuple[str, ...] | None = None
    failed_namespaces: tuple[NamespaceFailure, ...] | None = None


class ClusterExternalSecretSpec(Part, frozen=True):
    """The same ExternalSecret for every namespace that one of the selectors picks, or that is named."""

    external_secret_spec: ExternalSecretSpec = field(default_factory=ExternalSecretSpec)
    external_secret_name: str = ""
    namespace_selector: LabelSelector | None = None
    namespace_selectors: tuple[LabelSelector, ...] | None = None
    namespaces: tuple[str, ...] | None = None


class ClusterExternalSecret(Object, frozen=True):
    api_version: ClassVar[str] = "external-secrets.io/v1"
    kind: ClassVar[str] = "ClusterExternalSecret"
    spec: ClusterExternalSecretSpec = field(default_factory=ClusterExternalSecretSpec)
    status: ClusterSyncStatus = field(default_factory=ClusterSyncStatus)


class PushedSecret(Part, frozen=True):
    name: str = ""
    selector: LabelSelector | None = None


class PushSelector(Part, frozen=True):
    """What is pushed: a Secret, several, or what a generator makes."""

    secret: PushedSecret | None = None


class PushSecretSpec(Part, frozen=True):
    """Without the keys, the templates and the providers' own metadata."""

    secret_store_refs: tuple[StoreReference, ...] | None = None
    selector: PushSelector = field(default_factory=PushSelector)


class PushSecret(Object, frozen=True):
    api_version: ClassVar[str] = "external-secrets.io/v1alpha1"
    kind: ClassVar[str] = "PushSecret"
    spec: PushSecretSpec = field(default_factory=PushSecretSpec)
    status: SyncStatus = field(default_factory=SyncStatus)


class SyncedObject(Part, frozen=True):
    secret_name: str = ""


class SecretProviderClassSpec(Part, frozen=True):
    """Without the parameters, which are the provider's own."""

    provider: str = ""
    secret_objects: tuple[SyncedObject, ...] | None = None


class SecretProviderClass(Object, frozen=True):
    api_version: ClassVar[str] = "secrets-store.csi.x-k8s.io/v1"
    kind: ClassVar[str] = "SecretProviderClass"
    spec: SecretProviderClassSpec = field(default_factory=SecretProviderClassSpec)


class SealedSecret(Object, frozen=True):
    """Nothing of what is sealed: whoever gets hold of the controller's key can open it."""

    api_version: ClassVar[str] = "bitnami.com/v1alpha1"
    kind: ClassVar[str] = "SealedSecret"
    status: SyncStatus = field(default_factory=SyncStatus)


class VaultSecretSpec(Part, frozen=True):
    destination: LocalReference | None = None


class VaultStaticSecret(Object, frozen=True):
    api_version: ClassVar[str] = "secrets.hashicorp.com/v1beta1"
    kind: ClassVar[str] = "VaultStaticSecret"
    spec: VaultSecretSpec = field(default_factory=VaultSecretSpec)


class VaultDynamicSecret(Object, frozen=True):
    api_version: ClassVar[str] = "secrets.hashicorp.com/v1beta1"
    kind: ClassVar[str] = "VaultDynamicSecret"
    spec: VaultSecretSpec = field(default_factory=VaultSecretSpec)


class VaultPKISecret(Object, frozen=True):
    api_version: ClassVar[str] = "secrets.hashicorp.com/v1beta1"
    kind: ClassVar[str] = "VaultPKISecret"
    spec: VaultSecretSpec = field(default_factory=VaultSecretSpec)


class VaultAuthSpec(Part, frozen=True):
    method: str = ""


class VaultAuth(Object, frozen=True):
    api_version: ClassVar[str] = "secrets.hashicorp.com/v1beta1"
    kind: ClassVar[str] = "VaultAuth"
    spec: VaultAuthSpec = field(default_factory=VaultAuthSpec)


class VaultConnectionSpec(Part, frozen=True):
    skip_tls_verify: bool | None = field(default=None, name="skipTLSVerify")


class VaultConnection(Object, frozen=True):
    api_version: ClassVar[str] = "secrets.hashicorp.com/v1beta1"
    kind: ClassVar[str] = "VaultConnection"
    spec: VaultConnectionSpec = field(default_factory=VaultConnectionSpec)

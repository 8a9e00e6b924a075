"""Where secrets come from: stores outside of the cluster, how they are reached, and whether that works."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Severity, Theme, Verdict
from checks.registry import check
from checks.secret_use import STORE_KINDS, secrets_of, stores_of, supplied
from checks.store_login import Login, login
from checks.verdict import failed, manual, not_applicable, not_evaluated, passed
from checks.wording import some
from checks.workloads import POD_KINDS, workloads

THEME = Theme.SECRETS

_EXTERNAL = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: database, namespace: web}
spec:
  secretStoreRef: {kind: SecretStore, name: vault}
  target: {name: database}
  data:
    - secretKey: password
      remoteRef: {key: web/database, property: password}
"""
_IDENTITY = """\
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: vault, namespace: web}
spec:
  provider:
    vault:
      server: https://vault.example.com
      auth:
        kubernetes: {mountPath: kubernetes, role: web, serviceAccountRef: {name: web}}
"""


@check(
    id="secret-not-from-store",
    title="Workload takes Secrets that no store supplies",
    severity=Severity.LOW,
    because=(
        "Nothing is open by it, but nobody outside of the cluster can rotate, revoke or audit the secret."
    ),
    population=POD_KINDS,
    also=STORE_KINDS,
    rationale=(
        "A Secret that was put in by hand or by a pipeline has a copy somewhere, is seldom changed, and its "
        "reading is recorded nowhere. A store hands it out, changes it and keeps a log."
    ),
    remediation=(
        "Keep it in a store and let External Secrets, Vault's operator or injector, Conjur or the Secrets "
        "Store CSI driver bring it in. Where the cluster is to be the store, say so in a waiver."
    ),
    snippet=_EXTERNAL,
)
def not_from_store(snapshot: Snapshot) -> Iterator[Verdict]:
    """A workload that takes no secrets at all is not judged. Secrets that an ExternalSecret, an object of
    Vault's operator or a SecretProviderClass fills come from a store, and so does what Vault's or Conjur's
    annotations or a CSI volume bring. A SealedSecret does not: its content comes with the manifest."""
    known = supplied(snapshot)
    unread = [kind for kind in STORE_KINDS if not snapshot.saw(kind)]
    for workload in workloads(snapshot):
        stores = stores_of(workload)
        taken = {each.name: each.fact for each in secrets_of(workload)}
        others = {name: fact for name, fact in taken.items() if (workload.namespace or "", name) not in known}
        names = some(sorted(others))
        if others and unread:
            reason = f"Whether a store supplies {names} is not known: {some(unread)} could not be read."
            yield not_evaluated(workload.resource, reason)
        elif others:
            yield failed(
                workload.resource, f"No store supplies: {names}.", tuple(others[n] for n in sorted(others))
            )
        elif taken or stores:
            sources = dict.fromkeys((*stores, *(known[workload.namespace or "", name] for name in taken)))
            yield passed(workload.resource, f"Its secrets come from {some(list(sources))}.")
        else:
            yield not_applicable(workload.resource, "It takes no secrets.")


@check(
    id="secret-store-static-login",
    title="Store of secrets is reached with a password that does not change",
    severity=Severity.MEDIUM,
    because="It takes one Secret read in the cluster; then all that the store gives to it is open.",
    population=("SecretStore", "ClusterSecretStore", "VaultAuth"),
    rationale=(
        "A key or token in a Secret opens the store to whoever reads it, from anywhere, until somebody "
        "changes it. An identity that the platform gives to a pod ends with the pod."
    ),
    remediation="Log in with the service account: by Kubernetes auth of Vault, IRSA, Workload Identity.",
    snippet=_IDENTITY,
)
def static_login(snapshot: Snapshot) -> Iterator[Verdict]:
    """By the way of logging in that the store states. Ways that are not known here are left to you."""
    stores: tuple[o.SecretStore | o.ClusterSecretStore, ...] = (
        *snapshot.all(o.SecretStore),
        *snapshot.all(o.ClusterSecretStore),
    )
    for store in stores:
        for name, provider in (store.spec.provider or {}).items():
            yield _login(store, f"spec.provider.{name}", *login(name, provider))
    for auth in snapshot.all(o.VaultAuth):
        static = auth.spec.method == "appRole"
        known = Login.STATIC if static else Login.IDENTITY if auth.spec.method else Login.UNKNOWN
        yield _login(auth, "spec.method", known, auth.spec.method or "no method")


def _login(store: o.Object, path: str, kind: Login, way: str) -> Verdict:
    fact = Evidence(path, way, "an identity of the workload", uid=store.metadata.uid)
    match kind:
        case Login.STATIC:
            return failed(store.resource, f"It logs in with {way}.", fact)
        case Login.IDENTITY:
            return passed(store.resource, f"It logs in with {way}.")
        case Login.UNKNOWN:
            return manual(store.resource, f"It logs in with {way}: look whether that is an identity.", fact)


@check(
    id="secret-store-open-to-all",
    title="Every namespace may use a store of secrets",
    severity=Severity.MEDIUM,
    because=(
        "It takes the right to make ExternalSecrets in any namespace; then all that the store gives is open."
    ),
    population=("ClusterSecretStore",),
    rationale=(
        "A ClusterSecretStore without conditions answers ExternalSecrets of all namespaces with its own "
        "rights. One team then fetches another's secrets, and nothing in the store tells them apart."
    ),
    remediation="Name the namespaces in its conditions, or use a SecretStore in each.",
    snippet="""\
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: vault}
spec:
  conditions:
    - namespaces: [web]
""",
)
def open_to_all(snapshot: Snapshot) -> Iterator[Verdict]:
    """By `spec.conditions`. A selector without any requirement, or the pattern `.*`, is everybody too. That
    an admission policy limits who may make ExternalSecrets is not looked for."""
    for store in snapshot.all(o.ClusterSecretStore):
        conditions = store.spec.conditions or ()
        wide = next((i for i, each in enumerate(conditions) if _everybody(each)), None)
        if conditions and wide is None:
            yield passed(store.resource)
            continue
        path = "spec.conditions" if wide is None else f"spec.conditions[{wide}]"
        observed = "not set" if wide is None else "matches every namespace"
        fact = Evidence(path, observed, "the namespaces that may use it", uid=store.metadata.uid)
        yield failed(store.resource, "ExternalSecrets of every namespace may use it.", fact)


def _everybody(condition: o.StoreCondition) -> bool:
    selector = condition.namespace_selector
    if selector is not None and not selector.match_labels and not selector.match_expressions:
        return True
    return any(pattern in (".*", "^.*$", ".+", "") for pattern in condition.namespace_regexes or ())


_Synced = (
    o.ExternalSecret
    | o.ClusterExternalSecret
    | o.PushSecret
    | o.SecretStore
    | o.ClusterSecretStore
    | o.SealedSecret
)


@check(
    id="secret-sync-failed",
    title="Secrets are not brought in from their store",
    severity=Severity.MEDIUM,
    because="Nothing is open by it; but a secret that was changed or revoked lives on in the cluster.",
    population=(
        *("ExternalSecret", "ClusterExternalSecret", "PushSecret"),
        *("SecretStore", "ClusterSecretStore", "SealedSecret"),
    ),
    rationale="A Secret that is no longer brought up to date keeps what was in the store when it last was.",
    remediation="Look at the object's events and mend the store's address, rights or the name of the secret.",
    snippet="# kubectl describe externalsecret database\n" + _EXTERNAL,
)
def sync_failed(snapshot: Snapshot) -> Iterator[Verdict]:
    """By the conditions Ready and Synced. One without such a condition was not yet looked at, as in files."""
    synced: tuple[_Synced, ...] = (
        *snapshot.all(o.ExternalSecret),
        *snapshot.all(o.ClusterExternalSecret),
        *snapshot.all(o.PushSecret),
        *snapshot.all(o.SecretStore),
        *snapshot.all(o.ClusterSecretStore),
        *snapshot.all(o.SealedSecret),
    )
    for item in synced:
        told = [each for each in item.status.conditions or () if each.type in ("Ready", "Synced")]
        bad = next((each for each in told if each.status == "False"), None)
        if bad is not None:
            fact = Evidence(
                "status.conditions", {"type": bad.type, "reason": bad.reason}, f"{bad.type}: True"
            )
            yield failed(item.resource, f"{bad.type} is False ({bad.reason or 'no reason given'}).", fact)
        elif told:
            yield passed(item.resource)
        else:
            yield not_applicable(item.resource, "Its state is not told.")


@check(
    id="secret-copied-from-store",
    title="CSI driver copies secrets into the API",
    severity=Severity.LOW,
    because="It takes the right to read Secrets; then what was to be in the pod alone is open.",
    population=("SecretProviderClass",),
    rationale=(
        "The driver's point is that a secret is a file in the pod and nowhere else. With secretObjects it "
        "is a Secret in etcd as well, for everyone who may read Secrets there."
    ),
    remediation="Let the program read the file, and leave secretObjects out.",
    snippet="""\
apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata: {name: database, namespace: web}
spec:
  provider: vault
""",
)
def copied(snapshot: Snapshot) -> Iterator[Verdict]:
    """By `spec.secretObjects`."""
    for provider in snapshot.all(o.SecretProviderClass):
        names = [each.secret_name for each in provider.spec.secret_objects or ()]
        if names:
            fact = Evidence("spec.secretObjects", names, "not set", uid=provider.metadata.uid)
            yield failed(provider.resource, f"It is copied to {some(names)}.", fact)
        else:
            yield passed(provider.resource)


@check(
    id="secret-store-tls-unverified",
    title="Certificate of Vault is not verified",
    severity=Severity.HIGH,
    because="It takes a place between the cluster and Vault; then every secret that is fetched can be read.",
    population=("VaultConnection",),
    rationale="Without verification anybody in between can pose as Vault and is given the login, too.",
    remediation="Give the authority's certificate in a Secret and remove skipTLSVerify.",
    snippet="""\
apiVersion: secrets.hashicorp.com/v1beta1
kind: VaultConnection
metadata: {name: vault, namespace: web}
spec:
  address: https://vault.example.com
  caCertSecretRef: vault-ca
""",
)
def tls_unverified(snapshot: Snapshot) -> Iterator[Verdict]:
    """By `spec.skipTLSVerify` of Vault's operator."""
    for connection in snapshot.all(o.VaultConnection):
        if connection.spec.skip_tls_verify:
            fact = Evidence("spec.skipTLSVerify", True, "not set", uid=connection.metadata.uid)
            yield failed(connection.resource, "It takes any certificate for Vault's.", fact)
        else:
            yield passed(connection.resource)

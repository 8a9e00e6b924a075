"""Whether OpenShift's control plane is as its operators would have it, and who signs in to it.

Sources: openshift/api operator/v1/types.go (unsupportedConfigOverrides blocks upgrades and is not supported),
config/v1/types_cluster_version.go (overrides), and docs.redhat.com, OpenShift Container Platform,
"Understanding identity provider configuration" (only kubeadmin exists at first, and is removed by deleting
the Secret kubeadmin in kube-system).
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Resource, Severity, Theme, Verdict
from checks.registry import check
from checks.verdict import failed, manual, not_evaluated, passed

THEME = Theme.CONTROL_PLANE

_SECRET = ("kube-system", "kubeadmin")


@check(
    id="openshift-unsupported-overrides",
    title="OpenShift's API server runs with settings that its operator did not choose",
    severity=Severity.MEDIUM,
    population=("OpenShiftKubeAPIServer",),
    because="It takes no attack: what protects the API server may be off, and upgrades are held back.",
    rationale=(
        "Overrides replace what the operator computed, and an operator that manages nothing mends nothing: "
        "flags, certificates and encryption then stay as somebody once left them."
    ),
    remediation="Remove the overrides, and let the operator manage the API server again.",
    snippet="""\
apiVersion: operator.openshift.io/v1
kind: KubeAPIServer
metadata: {name: cluster}
spec:
  managementState: Managed
  unsupportedConfigOverrides: null
""",
)
def overrides(snapshot: Snapshot) -> Iterator[Verdict]:
    """`unsupportedConfigOverrides` with any field, of which only the names are kept, or a management state
    other than Managed."""
    for operator in snapshot.all(o.OpenShiftKubeAPIServer):
        spec, meta = operator.spec, operator.metadata
        names = list(spec.unsupported_config_overrides.names if spec.unsupported_config_overrides else ())
        if names:
            path = "spec.unsupportedConfigOverrides"
            fact = Evidence(path, names[:20], "not set", None, meta.uid, meta.resource_version)
            yield failed(operator.resource, f"It is overridden in: {', '.join(names[:5])}.", fact)
        elif spec.management_state not in ("", "Managed"):
            state = spec.management_state
            path = "spec.managementState"
            fact = Evidence(path, state, "Managed", None, meta.uid, meta.resource_version)
            yield failed(operator.resource, f"Its operator does not manage it: {state}.", fact)
        else:
            yield passed(operator.resource)


@check(
    id="openshift-component-unmanaged",
    title="OpenShift no longer manages one of its components",
    severity=Severity.MEDIUM,
    population=("OpenShiftClusterVersion",),
    because="It takes no attack: the component stays as it is, weaknesses that were found since included.",
    rationale=(
        "A component that is marked unmanaged is neither created nor updated any more. It misses patches, "
        "and a change to it is not undone."
    ),
    remediation="Remove the override.",
    snippet="""\
apiVersion: config.openshift.io/v1
kind: ClusterVersion
metadata: {name: version}
spec: {overrides: []}
""",
)
def unmanaged(snapshot: Snapshot) -> Iterator[Verdict]:
    """By `spec.overrides`, entries with `unmanaged: true`."""
    for version in snapshot.all(o.OpenShiftClusterVersion):
        listed = version.spec.overrides or ()
        found = [(number, each) for number, each in enumerate(listed) if each.unmanaged]
        facts = tuple(
            Evidence(f"spec.overrides[{number}]", f"{each.kind} {each.namespace}/{each.name}", "managed")
            for number, each in found
        )
        names = ", ".join(f"{each.kind} {each.namespace}/{each.name}" for _, each in found[:5])
        yield (
            failed(version.resource, f"It leaves alone: {names}.", facts)
            if found
            else passed(version.resource)
        )


@check(
    id="openshift-bootstrap-user",
    title="The installer's user kubeadmin can still sign in",
    severity=Severity.HIGH,
    population=("OpenShiftOAuth",),
    also=("Secret",),
    because="One password, known since the installation and changed by nobody, is all of the cluster.",
    rationale=(
        "kubeadmin is made by the installer and has every right. It is nobody in particular, so what it does "
        "cannot be held against anybody, and its password stands in the installer's output."
    ),
    remediation="Set up an identity provider, give somebody cluster-admin, then delete the Secret kubeadmin.",
    snippet="# oc delete secret kubeadmin -n kube-system\n",
)
def bootstrap_user(snapshot: Snapshot) -> Iterator[Verdict]:
    """By whether the Secret kubeadmin is in kube-system. Where Secrets may not be listed and no identity
    provider is set up, a person must say how people sign in: an external OIDC provider is set up
    elsewhere."""
    names = {(each.metadata.namespace, each.metadata.name): each for each in snapshot.all(o.Secret)}
    for oauth in snapshot.all(o.OpenShiftOAuth):
        providers = [each.name for each in oauth.spec.identity_providers or ()]
        secret = names.get(_SECRET)
        if secret is not None:
            meta = secret.metadata
            source = str(Resource("v1", "Secret", *_SECRET))
            fact = Evidence("metadata.name", "kubeadmin", "no such Secret", source, meta.uid)
            yield failed(oauth.resource, "The Secret of kubeadmin is still there.", fact)
        elif snapshot.saw("Secret") and snapshot.cluster.source != "manifests":
            yield passed(oauth.resource)
        elif providers:
            reason = "Whether kubeadmin was removed is not known: Secret could not be read."
            yield not_evaluated(oauth.resource, reason)
        else:
            fact = Evidence("spec.identityProviders", providers, "at least one", uid=oauth.metadata.uid)
            reason = (
                "No identity provider is set up: see how people sign in, and that none does as kubeadmin."
            )
            yield manual(oauth.resource, reason, fact)

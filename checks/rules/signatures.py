"""Whether images must be signed to run (cosign, Notation), and where that holds."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Severity, Theme, Verdict
from checks.registry import check
from checks.rules.admission import Kyverno, is_enforce, kyverno_policies
from checks.verdict import cluster_resource, failed, not_evaluated, passed

THEME = Theme.IMAGES

INCLUDE = "policy.sigstore.dev/include"
_KINDS = (
    "SigstoreClusterImagePolicy",
    "KyvernoClusterPolicy",
    "KyvernoPolicy",
    "KyvernoImageValidatingPolicy",
    "KyvernoNamespacedImageValidatingPolicy",
    "RatifyVerifier",
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
)
_FILES = "The files hold nothing that verifies signatures; whether the cluster does is not in them."


def _everywhere(snapshot: Snapshot) -> Iterator[str]:
    """What refuses unsigned images in every namespace that it is asked about."""
    for policy in snapshot.all(o.KyvernoClusterPolicy):
        if _verifies(policy):
            yield str(policy.resource)
    for modern in snapshot.all(o.KyvernoImageValidatingPolicy):
        if modern.spec.refuses:
            yield str(modern.resource)
    for configuration in (
        *snapshot.all(o.ValidatingWebhookConfiguration),
        *snapshot.all(o.MutatingWebhookConfiguration),
    ):
        if "connaisseur" in configuration.metadata.name:
            yield str(configuration.resource)
    if snapshot.all(o.RatifyVerifier):
        yield f"{len(snapshot.all(o.RatifyVerifier))} Ratify verifiers"


def _verifies(policy: Kyverno) -> bool:
    overall = policy.spec.validation_failure_action
    return any(
        is_enforce(each.failure_action or overall) and each.required is not False
        for rule in policy.spec.rules or ()
        for each in rule.verify_images or ()
    )


def _in_their_own(snapshot: Snapshot) -> dict[str, str]:
    """What refuses unsigned images in its own namespace alone, by that."""
    modern = snapshot.all(o.KyvernoNamespacedImageValidatingPolicy)
    refusing: tuple[o.Object, ...] = (
        *(each for each in snapshot.all(o.KyvernoPolicy) if _verifies(each)),
        *(each for each in modern if each.spec.refuses),
    )
    return {each.metadata.namespace or "": str(each.resource) for each in refusing}


def _only_noted(snapshot: Snapshot) -> list[str]:
    """What looks at signatures, where nothing that does refuses."""
    noted = [
        str(each.resource)
        for each in snapshot.all(o.SigstoreClusterImagePolicy)
        if each.spec.mode != "enforce"
    ]
    kyverno = [
        str(each.resource)
        for each in kyverno_policies(snapshot)
        if any(rule.verify_images for rule in each.spec.rules or ())
    ]
    modern = [
        str(each.resource)
        for each in (
            *snapshot.all(o.KyvernoImageValidatingPolicy),
            *snapshot.all(o.KyvernoNamespacedImageValidatingPolicy),
        )
    ]
    return noted + kyverno + modern


@check(
    id="image-signature-not-verified",
    title="Images run without proof of where they come from",
    severity=Severity.MEDIUM,
    because="Whoever can write to the registry, or stand between it and a node, runs what they like.",
    population=("Namespace",),
    also=_KINDS,
    rationale=(
        "A signature that is verified at admission ties an image to the pipeline that built it. Without it a "
        "tag that was moved, or a registry that was broken into, goes unseen."
    ),
    remediation=(
        "Verify signatures with policy-controller, Kyverno, Connaisseur or Ratify, refuse what is unsigned, "
        "and opt every namespace in."
    ),
    snippet="""\
apiVersion: policy.sigstore.dev/v1beta1
kind: ClusterImagePolicy
metadata:
  name: signed-by-us
spec:
  images: [{glob: "registry.example.com/**"}]
  authorities:
    - key: {secretRef: {name: cosign-public-key}}
""",
)
def signature_not_verified(snapshot: Snapshot) -> Iterator[Verdict]:
    """Counts what refuses: a ClusterImagePolicy in mode enforce, in the namespaces that are labelled for it;
    a Kyverno verifyImages rule or ImageValidatingPolicy that enforces, for its own namespace where it is a
    policy of one; Connaisseur's webhook; Ratify's
    verifiers. Which images each covers is for a reviewer."""
    cluster = cluster_resource(snapshot)
    found = sorted(_everywhere(snapshot))
    if found:
        yield passed(cluster, f"Signatures are verified by {', '.join(found[:5])}.")
        return
    controller = any(each.spec.mode == "enforce" for each in snapshot.all(o.SigstoreClusterImagePolicy))
    own = _in_their_own(snapshot)
    if controller or own:
        yield from _by_namespace(snapshot, own, controller=controller)
        return
    noted = _only_noted(snapshot)
    if snapshot.cluster.source == "manifests" and not noted:
        yield not_evaluated(cluster, _FILES)
    elif all(snapshot.saw(kind) for kind in _KINDS):
        message = "Nothing verifies the signatures of images."
        if noted:
            message = f"Signatures are looked at and nothing is refused ({', '.join(noted[:3])})."
        yield failed(cluster, message, Evidence("policies that refuse", noted, "at least one"))


def _by_namespace(snapshot: Snapshot, own: dict[str, str], *, controller: bool) -> Iterator[Verdict]:
    """policy-controller looks only at namespaces that carry its label; Kyverno has policies of namespaces."""
    for namespace in snapshot.all(o.Namespace):
        label = (namespace.metadata.labels or {}).get(INCLUDE)
        if controller and label == "true":
            yield passed(namespace.resource)
        elif namespace.metadata.name in own:
            yield passed(namespace.resource, f"Signatures are verified by {own[namespace.metadata.name]}.")
        elif not namespace.metadata.name.startswith("kube-"):
            meta = namespace.metadata
            path = f'metadata.labels["{INCLUDE}"]'
            fact = Evidence(path, label, "true", None, meta.uid, meta.resource_version)
            message = "policy-controller verifies signatures only where this label is true."
            if not controller:
                fact = Evidence("policies that refuse", [], "one of its own, or one for every namespace")
                message = "Signatures are verified in other namespaces only."
            yield failed(namespace.resource, message, fact)

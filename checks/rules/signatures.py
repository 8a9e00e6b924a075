"""Whether images must be signed to run (cosign, Notation), and where that holds."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Severity, Theme, Verdict
from checks.registry import check
from checks.rules.admission import Kyverno
from checks.verdict import cluster_resource, failed, not_evaluated, passed

THEME = Theme.IMAGES

INCLUDE = "policy.sigstore.dev/include"
_KINDS = (
    "SigstoreClusterImagePolicy",
    "KyvernoClusterPolicy",
    "KyvernoPolicy",
    "KyvernoImageValidatingPolicy",
    "RatifyVerifier",
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
)
_FILES = "The files hold nothing that verifies signatures; whether the cluster does is not in them."


def _everywhere(snapshot: Snapshot) -> Iterator[str]:
    """What refuses unsigned images in every namespace that it is asked about."""
    for policy in _kyverno(snapshot):
        overall = policy.spec.validation_failure_action
        verified = [each for rule in policy.spec.rules or () for each in rule.verify_images or ()]
        if any(
            (each.failure_action or overall or "").lower() == "enforce" and each.required is not False
            for each in verified
        ):
            yield str(policy.resource)
    for modern in snapshot.all(o.KyvernoImageValidatingPolicy):
        if "Deny" in (modern.spec.validation_actions or ("Deny",)):
            yield str(modern.resource)
    for configuration in (
        *snapshot.all(o.ValidatingWebhookConfiguration),
        *snapshot.all(o.MutatingWebhookConfiguration),
    ):
        if "connaisseur" in configuration.metadata.name:
            yield str(configuration.resource)
    if snapshot.all(o.RatifyVerifier):
        yield f"{len(snapshot.all(o.RatifyVerifier))} Ratify verifiers"


def _only_noted(snapshot: Snapshot) -> list[str]:
    """What looks at signatures and refuses nothing."""
    noted = [
        str(each.resource)
        for each in snapshot.all(o.SigstoreClusterImagePolicy)
        if each.spec.mode != "enforce"
    ]
    refusing = set(_everywhere(snapshot))
    kyverno = [
        str(each.resource)
        for each in _kyverno(snapshot)
        if any(rule.verify_images for rule in each.spec.rules or ())
    ]
    modern = [str(each.resource) for each in snapshot.all(o.KyvernoImageValidatingPolicy)]
    return noted + [each for each in (*kyverno, *modern) if each not in refusing]


def _kyverno(snapshot: Snapshot) -> tuple[Kyverno, ...]:
    return (*snapshot.all(o.KyvernoClusterPolicy), *snapshot.all(o.KyvernoPolicy))


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
    a Kyverno verifyImages rule or ImageValidatingPolicy that enforces; Connaisseur's webhook; Ratify's
    verifiers. Which images each covers is for a reviewer."""
    cluster = cluster_resource(snapshot)
    found = sorted(_everywhere(snapshot))
    if found:
        yield passed(cluster, f"Signatures are verified by {', '.join(found[:5])}.")
        return
    if any(each.spec.mode == "enforce" for each in snapshot.all(o.SigstoreClusterImagePolicy)):
        yield from _opted_in(snapshot)
    elif snapshot.cluster.source == "manifests" and not _only_noted(snapshot):
        yield not_evaluated(cluster, _FILES)
    elif all(snapshot.saw(kind) for kind in _KINDS):
        noted = _only_noted(snapshot)
        message = "Nothing verifies the signatures of images."
        if noted:
            message = f"Signatures are looked at and nothing is refused ({', '.join(noted[:3])})."
        yield failed(cluster, message, Evidence("policies that refuse", noted, "at least one"))


def _opted_in(snapshot: Snapshot) -> Iterator[Verdict]:
    """policy-controller looks only at namespaces that carry its label."""
    for namespace in snapshot.all(o.Namespace):
        label = (namespace.metadata.labels or {}).get(INCLUDE)
        if label == "true":
            yield passed(namespace.resource)
        elif not namespace.metadata.name.startswith("kube-"):
            meta = namespace.metadata
            fact = Evidence(
                f'metadata.labels["{INCLUDE}"]', label, "true", None, meta.uid, meta.resource_version
            )
            message = "policy-controller verifies signatures only where this label is true."
            yield failed(namespace.resource, message, fact)

"""Whether it is certain which image runs: the same reference can mean another program tomorrow."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster.snapshot import Snapshot
from checks.images import Reference
from checks.judge import NO_REFERENCE, Finding, Said, by_image
from checks.model import Severity, Theme, Verdict
from checks.registry import check
from checks.workloads import POD_KINDS, Placed, Spec

THEME = Theme.IMAGES


@check(
    id="image-latest-tag",
    title="Image has the tag latest or no tag at all",
    severity=Severity.MEDIUM,
    because=(
        "What runs can change without anyone having decided it, and nobody can say afterwards what ran."
    ),
    population=POD_KINDS,
    rationale=(
        "`latest` (and no tag, which means the same) is whatever was pushed last. Two replicas can run "
        "different programs, a rollback changes nothing, and nobody can say what ran last week."
    ),
    remediation="Name the version, and better still the digest.",
    snippet="containers:\n  - name: app\n    image: registry.example.com/shop:2.4.1\n",
)
def latest_tag(snapshot: Snapshot) -> Iterator[Verdict]:
    """A reference with a digest passes whatever its tag."""
    return by_image(snapshot, _latest_tag)


def _latest_tag(spec: Spec, placed: Placed, found: Reference | None) -> Said:
    image = placed.container.image
    if found is None:
        return NO_REFERENCE
    if not found.moves or found.tag != "latest":
        return None
    fact = spec.observed(placed, "image", image, "a version tag or a digest")
    what = "the tag latest" if image.endswith(":latest") else "no tag"
    return Finding(f"The image of container {placed.container.name} has {what}.", (fact,))


@check(
    id="image-no-digest",
    title="Image is not pinned by its digest",
    severity=Severity.LOW,
    because=("It takes somebody who can overwrite a tag in the registry before other code runs."),
    population=POD_KINDS,
    rationale=(
        "A tag can be moved to other content by whoever may push to the registry. A digest is the content: "
        "what was tested and signed is what runs."
    ),
    remediation=(
        "Pin the digest and let a tool renew it, so that every change of content is a change in review."
    ),
    snippet=(
        "containers:\n  - name: app\n    image: registry.example.com/shop:2.4.1@sha256:"
        "4c1e9f2b7a6d8e3f5a0b1c2d4e6f8091a2b3c4d5e6f708192a3b4c5d6e7f8091\n"
    ),
)
def no_digest(snapshot: Snapshot) -> Iterator[Verdict]:
    """What the pod spec says; that a node resolved a tag to some digest pins nothing."""
    return by_image(snapshot, _no_digest)


def _no_digest(spec: Spec, placed: Placed, found: Reference | None) -> Said:
    image = placed.container.image
    if found and not found.moves:
        return None
    fact = spec.observed(placed, "image", image, "a reference that ends in @sha256:…")
    return Finding(f"The image of container {placed.container.name} is not named by its digest.", (fact,))

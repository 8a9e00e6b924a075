"""Where images come from, when they are fetched, and how much is in them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import partial

from checks.cluster.snapshot import Snapshot
from checks.images import Allowed, Reference, allowed, reference
from checks.judge import NO_REFERENCE, Finding, Said, Undecided, by_image
from checks.model import Evidence, Severity, Theme, Verdict
from checks.registry import check
from checks.verdict import cluster_resource, manual, not_evaluated
from checks.workloads import POD_KINDS, Placed, Spec, workloads

THEME = Theme.IMAGES

_MOST = 20


@check(
    id="image-registry-not-allowed",
    title="Image comes from a registry that is not among the allowed ones",
    severity=Severity.HIGH,
    population=POD_KINDS,
    because="Whoever can push to that registry decides what runs in the cluster, and nobody here looked.",
    rationale=(
        "Images from registries that nobody vouches for are how foreign programs come into a cluster. A list "
        "of allowed ones keeps that to places where somebody looks at what is pushed."
    ),
    remediation="Copy the image to an allowed registry, or add its registry to the allowed ones on purpose.",
    snippet="containers:\n  - name: app\n    image: registry.example.com/team/shop:2.4.1\n",
)
def registries(snapshot: Snapshot) -> Iterator[Verdict]:
    """The list is the operator's (`allowed_registries` of the cluster, or `--allowed-registry`); without one
    a person must decide. References are read as runtimes read them: no registry means docker.io, and an
    entry's path counts by whole steps. What is no reference cannot be shown to come from an allowed place."""
    written = snapshot.expectations.allowed_registries
    places = tuple(allowed(each) for each in written)
    unclear = sorted(each for each, place in zip(written, places, strict=True) if place is None)
    if not written:
        yield from _seen(snapshot)
        return
    if unclear:
        reason = (
            f"These allowed registries are none: {', '.join(unclear)[:300]}. Name a host such as docker.io."
        )
        yield not_evaluated(cluster_resource(snapshot), reason)
    known = tuple(place for place in places if place is not None)
    yield from by_image(snapshot, partial(_foreign, known, written))


def _foreign(
    known: tuple[Allowed, ...],
    written: tuple[str, ...],
    spec: Spec,
    placed: Placed,
    found: Reference | None,
) -> Said:
    image = placed.container.image
    if found and any(place.has(found) for place in known):
        return None
    fact = spec.observed(placed, "image", image, f"an image of {', '.join(written)[:300]}")
    where = f"comes from {found.registry}" if found else "is no reference that shows where it comes from"
    return Finding(f"The image of container {placed.container.name} {where}.", (fact,))


def _seen(snapshot: Snapshot) -> Iterator[Verdict]:
    counts = Counter(
        found.registry.lower()
        for workload in workloads(snapshot)
        for spec in workload.specs
        for placed in spec.containers
        if (found := reference(placed.container.image))
    )
    if counts:
        most = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_MOST])
        reason = (
            "No registries are named as allowed: say which with allowed_registries or --allowed-registry."
        )
        yield manual(
            cluster_resource(snapshot), reason, Evidence("registries", most, "allowed registries only")
        )


@check(
    id="image-pull-policy",
    title="Image that can change is not fetched anew when a pod starts",
    severity=Severity.LOW,
    population=POD_KINDS,
    because="It takes an image on the node that is old, or that another pod's owner brought there.",
    rationale=(
        "With IfNotPresent a pod runs whatever is called so on its node: an old build, or an image "
        "that takes credentials which this pod never showed. Always asks the registry at each start."
    ),
    remediation=(
        "Pin the digest, or set the pull policy to Always. The admission plugin AlwaysPullImages does it for "
        "the whole cluster."
    ),
    snippet="containers:\n  - name: app\n    image: shop:2.4.1\n    imagePullPolicy: Always\n",
)
def pull_policy(snapshot: Snapshot) -> Iterator[Verdict]:
    """The effective policy: what is written, else Always for `latest` and no tag, and IfNotPresent for other
    tags. A digest passes. What AlwaysPullImages changes is seen in pods that it admitted, and not in
    templates."""
    return by_image(snapshot, _pull_policy)


def _pull_policy(spec: Spec, placed: Placed, found: Reference | None) -> Said:
    policy = placed.container.image_pull_policy
    if found is None:
        return NO_REFERENCE
    if not found.moves:
        return None
    effective = policy or ("Always" if found.tag == "latest" else "IfNotPresent")
    if effective == "Always":
        return None
    fact = spec.observed(placed, "imagePullPolicy", policy, "Always, or an image by digest")
    return Finding(f"Container {placed.container.name} may run an image that its node kept.", (fact,))


_SMALL = re.compile(
    r"(?:^|[/._-])(?:distroless|chainguard|scratch|micro|ubi\d*-micro|alpine|slim|busybox|wolfi|static)"
    r"(?:$|[\d/._-])",
    re.ASCII,
)
_SYSTEMS = re.compile(
    r"(?:^|/)(?:almalinux|amazonlinux|archlinux|buildpack-deps|centos|clearlinux|debian|fedora|kali-rolling|"
    r"opensuse|oraclelinux|photon|rhel\d*|rockylinux|sles\d*|ubi\d*|ubuntu|servercore|windows)(?:$|/)",
    re.ASCII,
)
_LANGUAGES = re.compile(
    r"^library/(?:amazoncorretto|eclipse-temurin|elixir|erlang|gcc|golang|gradle|groovy|haskell|ibmjava|"
    r"julia|maven|mono|node|openjdk|perl|php|pypy|python|rails|ruby|rust|swift)$",
    re.ASCII,
)


@check(
    id="image-not-minimal",
    title="Image is a whole operating system or tool chain",
    severity=Severity.LOW,
    population=POD_KINDS,
    because="It is no hole; it is what an intruder finds to work with, and what needs patching.",
    rationale=(
        "Shells, package managers and compilers in an image serve intruders more than the program, and each "
        "brings its own weaknesses. Minimal images have the program and what it needs."
    ),
    remediation="Build on a distroless, scratch or slim base, and leave build tools in the build stage.",
    snippet="containers:\n  - name: app\n    image: registry.example.com/shop-distroless:2.4.1\n",
)
def minimal(snapshot: Snapshot) -> Iterator[Verdict]:
    """By the reference alone; which pattern decided is in the message. A name or tag such as distroless, slim
    or alpine passes; a distribution's own image, or an official language image whose tag says none of these,
    fails. Most names say nothing, and then a person must look: nothing is guessed."""
    return by_image(snapshot, _minimal)


def _minimal(spec: Spec, placed: Placed, found: Reference | None) -> Said:
    image = placed.container.image
    if found is None:
        return NO_REFERENCE
    if found.registry == "cgr.dev" or _SMALL.search(found.repository) or _SMALL.search(found.tag or ""):
        return None
    name, fact = placed.container.name, spec.observed(placed, "image", image, "a minimal image")
    if system := _SYSTEMS.search(found.repository):
        return Finding(
            f"The image of container {name} is an operating system by its name ({system[0].strip('/')}).",
            (fact,),
        )
    if _official(found) and (language := _LANGUAGES.match(found.repository)):
        what = language[0].removeprefix("library/")
        return Finding(
            f"The image of container {name} is {what}'s full one: its tag names no slim variant.", (fact,)
        )
    return Undecided("Its name does not say what is in the image: look at its base.", (fact,))


def _official(image: Reference) -> bool:
    return image.registry == "docker.io"

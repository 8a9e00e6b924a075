"""What Ingresses publish: unencrypted, for any name, or with the controller's configuration rewritten."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.objects.annotations import INGRESS_CERTIFICATES, INGRESS_SNIPPETS
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Severity, Theme, Verdict
from checks.registry import check
from checks.verdict import failed, manual, passed

THEME = Theme.NETWORK


@check(
    id="ingress-no-tls",
    title="Ingress publishes a host without TLS",
    severity=Severity.MEDIUM,
    population=("Ingress",),
    because="Whoever is between a user and the cluster reads and changes what they say to each other.",
    rationale=(
        "A host that is in no TLS section is served in the clear: passwords, cookies and answers can be read "
        "and changed on the way."
    ),
    remediation="Add the host to a TLS section with a certificate's Secret.",
    snippet="""\
spec:
  tls:
    - hosts: [shop.example.com]
      secretName: shop-tls
""",
)
def no_tls(snapshot: Snapshot) -> Iterator[Verdict]:
    """Each host of its rules must be in `spec.tls`, by name or by a wildcard of one label; a section without
    hosts stands for all. Where an annotation gives a load balancer its certificate, a person must look."""
    for ingress in snapshot.all(o.Ingress):
        open_ = _in_the_clear(ingress)
        notes = ingress.metadata.annotations
        given = [key for key in INGRESS_CERTIFICATES if notes.get(key) is not None]
        fact = _fact(ingress, "spec.tls", sorted(open_)[:20], "a section for every host")
        if not open_:
            yield passed(ingress.resource)
        elif given:
            yield manual(ingress.resource, f"{given[0]} may give it a certificate for every host.", fact)
        else:
            named = ", ".join(sorted(open_)[:5])
            yield failed(ingress.resource, f"It serves without TLS: {named}.", fact)


def _in_the_clear(ingress: o.Ingress) -> set[str]:
    sections = ingress.spec.tls or ()
    if any(not section.hosts for section in sections):
        return set()
    covered = {host.lower() for section in sections for host in section.hosts or ()}
    hosts = {(rule.host or "").lower() for rule in ingress.spec.rules or ()} or {""}
    return {host or "every host" for host in hosts if not _covers(covered, host)}


def _covers(covered: set[str], host: str) -> bool:
    _, dot, parent = host.partition(".")
    return host in covered or (bool(dot) and f"*.{parent}" in covered)


@check(
    id="ingress-any-host",
    title="Ingress takes requests for any host name",
    severity=Severity.LOW,
    population=("Ingress",),
    because="It takes a controller that many share, and then names that others meant to use.",
    rationale=(
        "A rule without a host, or with a wildcard, catches requests for names that nobody gave it: another "
        "team's future name, or one that an attacker made up to look like yours."
    ),
    remediation="Name each host.",
    snippet="spec:\n  rules:\n    - host: shop.example.com\n",
)
def any_host(snapshot: Snapshot) -> Iterator[Verdict]:
    """A rule whose host is missing, empty or starts with `*`, and an Ingress that has no rule at all."""
    for ingress in snapshot.all(o.Ingress):
        rules = ingress.spec.rules or ()
        wide = [rule.host or "" for rule in rules if not rule.host or rule.host.startswith("*")]
        if rules and not wide:
            yield passed(ingress.resource)
            continue
        fact = _fact(ingress, "spec.rules[*].host", wide[:20], "a name")
        yield failed(
            ingress.resource, f"It takes requests for {wide[0] if wide and wide[0] else 'any host'}.", fact
        )


@check(
    id="ingress-snippet",
    title="Ingress writes into the controller's configuration",
    severity=Severity.HIGH,
    population=("Ingress",),
    because="Whoever writes an Ingress can run in the controller, which reads Secrets of all namespaces.",
    rationale=(
        "The snippet annotations of ingress-nginx put its text into the controller's configuration "
        "as it stands (CVE-2021-25742). That can read the controller's token, and all Secrets with it."
    ),
    remediation="Remove the annotation, and turn snippets off in the controller (allow-snippet-annotations).",
    snippet='metadata:\n  annotations:\n    nginx.ingress.kubernetes.io/enable-cors: "true"\n',
)
def snippets(snapshot: Snapshot) -> Iterator[Verdict]:
    """That such an annotation is there; its text is not read. A controller that has snippets turned off, or
    is another one, ignores it."""
    for ingress in snapshot.all(o.Ingress):
        found = [key for key in INGRESS_SNIPPETS if ingress.metadata.annotations.get(key) is not None]
        if not found:
            yield passed(ingress.resource)
            continue
        fact = _fact(ingress, "metadata.annotations", found, "none of these")
        yield failed(ingress.resource, f"It has {', '.join(found)}.", fact)


def _fact(ingress: o.Ingress, path: str, observed: object, expected: str) -> Evidence:
    meta = ingress.metadata
    return Evidence(path, observed, expected, None, meta.uid, meta.resource_version)

"""Instead of stars: the groups, resources and verbs that there are.

What the API server serves is known from its discovery (for files, from what Kubernetes serves and what their
CustomResourceDefinitions add), so the list keeps every request that it serves today. What it takes away are
resources that are yet to be installed, and the verbs beside the standard ones that a star includes: `bind`,
`escalate`, `impersonate` and the like.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from checks.access.admins import EVERY_RESOURCE
from checks.access.asking import STANDARD
from checks.access.catalog import catalog
from checks.access.index import ref
from checks.access.matching import ALL, covers, resource_matches
from checks.access.review.narrower.proposal import Proposal
from checks.access.review.narrower.wide import WideRule
from checks.access.review.privileges import kinds_given
from checks.cluster import objects as o
from checks.cluster.resources import ApiResource
from checks.cluster.snapshot import Snapshot, derived
from checks.wording import plural

_SPECIAL = MappingProxyType(
    {
        "roles": "bind and escalate",
        "clusterroles": "bind and escalate",
        "serviceaccounts": "impersonate",
    }
)
"""Verbs beside the standard ones that matter, by what they are asked about."""


def proposal(snapshot: Snapshot, wide: WideRule) -> Proposal | None:
    """The explicit rules instead of one with stars; none for one that gives everything, or nothing served."""
    rule = wide.rule
    stars = _stars(rule)
    if not stars or rule.non_resource_urls or covers((rule,), (EVERY_RESOURCE,)):
        return None
    rules = tuple(_explicit(snapshot, rule))
    if not rules or covers(rules, (rule,)):
        return None
    count = sum(len(each.resources or ()) for each in rules)
    groups = len({group for each in rules for group in each.api_groups or ()})
    return Proposal(
        target=ref(wide.role),
        what=f"every {' and '.join(stars)}",
        why=f"served under it today: {plural(count, 'resource')} of {plural(groups, 'API group')}",
        keeps="every standard verb it has on all that is served today",
        drops=", ".join(_lost(stars, rules)),
        wide=wide.wide,
        gives=kinds_given((rule,), wide=wide.wide),
        role=wide.role,
        rule=wide.number,
        rules=rules,
    )


def _lost(stars: list[str], rules: tuple[o.PolicyRule, ...]) -> Iterator[str]:
    if set(stars) != {"verb"}:
        yield "what is installed later"
    if "verb" in stars:
        named = {resource for rule in rules for resource in rule.resources or ()}
        special = [f"{verbs} on {resource}" for resource, verbs in _SPECIAL.items() if resource in named]
        yield from special or ("verbs beside the standard ones",)


def _stars(rule: o.PolicyRule) -> list[str]:
    parts = (("API group", rule.api_groups), ("resource", rule.resources), ("verb", rule.verbs))
    return [name for name, said in parts if ALL in (said or ())]


def _explicit(snapshot: Snapshot, rule: o.PolicyRule) -> Iterator[o.PolicyRule]:
    """One rule for each group, or several groups with the same resources in one."""
    verbs = STANDARD if ALL in (rule.verbs or ()) else rule.verbs or ()
    served = _served(snapshot)
    groups = tuple(served) if ALL in (rule.api_groups or ()) else rule.api_groups or ()
    together: dict[tuple[str, ...], list[str]] = {}
    for group in dict.fromkeys(groups):
        if found := tuple(_resources(served.get(group, ()), rule, set(verbs) <= set(STANDARD))):
            together.setdefault(found, []).append(group)
    for resources, alike in together.items():
        yield o.PolicyRule(verbs, tuple(alike), resources, rule.resource_names)


def _resources(served: tuple[ApiResource, ...], rule: o.PolicyRule, standard: bool) -> Iterator[str]:
    """What a rule's resources match of those in one group. `standard`: what only other verbs are asked about
    (users, signers) is left out."""
    said = rule.resources or ()
    for each in served:
        if not each.kind and standard:
            continue
        for subresource in ("", *each.subresources):
            if any(resource_matches(pattern, each.name, subresource) for pattern in said):
                yield f"{each.name}/{subresource}" if subresource else each.name


@derived
def _served(snapshot: Snapshot) -> dict[str, tuple[ApiResource, ...]]:
    """The resources of each group."""
    found: dict[str, list[ApiResource]] = {}
    for each in catalog(snapshot).resources.values():
        found.setdefault(each.group, []).append(each)
    return {group: tuple(resources) for group, resources in sorted(found.items())}

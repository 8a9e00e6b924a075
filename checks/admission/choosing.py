"""Which objects a policy judges under a binding; what their kind decides is not asked of each."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from checks.admission.items import Item, items_of, labels_of_namespace, subject
from checks.admission.matching import Place, operation
from checks.admission.policy import Bound, Policy
from checks.cel.protocol import Subject
from checks.cluster import objects as o
from checks.cluster.redaction import WholeKind
from checks.cluster.snapshot import Snapshot, derived

_MOST_KEPT = 64


class Chosen(Struct, frozen=True):
    """The objects that a policy judges, and each as it is judged: for its creation, else for an update."""

    items: tuple[Item, ...]
    subjects: tuple[Subject, ...]


@derived
def _kept(_: Snapshot) -> dict[bytes, Chosen]:
    """What was chosen for constraints: many policies have the same."""
    return {}


def chosen(policy: Policy, bound: Bound, snapshot: Snapshot) -> Chosen:
    """The objects that it judges."""
    kept = _kept(snapshot)
    key = msgspec.json.encode((policy.kind, policy.match, bound.match))
    if key not in kept:
        if len(kept) >= _MOST_KEPT:
            kept.clear()
        found = tuple(_chosen(policy, bound, snapshot))
        kept[key] = Chosen(
            tuple(item for item, _ in found), tuple(subject(item, asked, snapshot) for item, asked in found)
        )
    return kept[key]


def may_cover(policy: Policy, kind: WholeKind) -> bool:
    """Whether it judges any object of a kind that was not read."""
    if policy.kind is not None:
        return policy.kind == (kind.api_version, kind.kind)
    return operation(policy.match, _place(kind, o.Metadata(), None)) is not None or (
        policy.match.object_selector is not None
    )


def _chosen(policy: Policy, bound: Bound, snapshot: Snapshot) -> Iterator[tuple[Item, str]]:
    for kind in snapshot.whole:
        if policy.kind is not None:
            if policy.kind == (kind.api_version, kind.kind):
                yield from ((item, "CREATE") for item in items_of(kind, snapshot))
            continue
        constraints = (policy.match, bound.match)
        decided: dict[str | None, str | None] = {}
        one_by_one = any(_by_object(each) for each in constraints)
        by_namespace = any(each.namespace_selector is not None for each in constraints)
        for item in items_of(kind, snapshot):
            group = item.requested_in if by_namespace else None
            if one_by_one or group not in decided:
                decided[group] = _operation(constraints, item, snapshot)
            asked = decided[group]
            if asked is not None:
                yield item, asked


def _by_object(constraints: o.MatchResources) -> bool:
    """Whether objects of one kind and namespace may differ in whether they are covered."""
    rules = (*(constraints.resource_rules or ()), *(constraints.exclude_resource_rules or ()))
    return constraints.object_selector is not None or any(rule.resource_names for rule in rules)


def _operation(constraints: tuple[o.MatchResources, ...], item: Item, snapshot: Snapshot) -> str | None:
    place = _place(item.kind, item.metadata, labels_of_namespace(item, snapshot))
    asked = [operation(each, place) for each in constraints]
    return asked[0] if all(asked) else None


def _place(kind: WholeKind, metadata: o.Metadata, labels: dict[str, str] | None) -> Place:
    version = kind.api_version.rpartition("/")[2]
    return Place(
        kind.group, version, kind.plural, kind.namespaced, metadata.name, metadata.labels or {}, labels
    )

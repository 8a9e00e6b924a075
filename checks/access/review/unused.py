"""Bindings that grant nothing now, and what would make them live.

A name that is bound and free is a right for whoever may take it: a missing account or role grants from the
moment somebody makes it. Users and groups are known to the identity provider alone: of them nothing is said.
What Kubernetes itself binds (to accounts that its controllers have yet to make) is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from checks.access.catalog import is_served
from checks.access.index import Bound, Dangling, index, ref
from checks.access.matching import parts
from checks.access.review.privileges import PRIVILEGES, Privilege, kinds_given
from checks.access.scopes import effective
from checks.access.stock import AnyBinding, AnyRole, is_stock_binding, is_stock_subject
from checks.access.subjects import SERVICE_ACCOUNT
from checks.access.who import exists
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.model import ObjectRef, Subject


class Why(StrEnum):
    """Why a binding, or one subject of it, grants nothing."""

    NO_ROLE = "role does not exist"
    NO_ACCOUNT = "service account does not exist"
    NO_NAMESPACE = "namespace does not exist"
    NO_SUBJECTS = "names nobody"
    NOTHING = "role grants nothing here"
    NOT_SERVED = "nothing it names is served"


LIVE = {
    Why.NO_ROLE: "whoever creates the role decides what it grants",
    Why.NO_ACCOUNT: "whoever creates the account gets the rights",
    Why.NO_NAMESPACE: "whoever creates the namespace and the account gets the rights",
    Why.NO_SUBJECTS: "whoever may change the binding decides whom it names",
    Why.NOTHING: "whoever may change the role decides what it grants",
    Why.NOT_SERVED: "whoever installs such a resource makes it count",
}
"""What would make it grant something."""


class Unused(Struct, frozen=True):
    """A binding without effect. `subject`: whom of it that is about; None for all of it.

    `would`: the privileges that it would give if its role, as it is now, met a subject.
    """

    binding: AnyBinding
    ref: ObjectRef
    role: ObjectRef
    subject: Subject | None
    why: Why
    would: tuple[Privilege, ...] = ()


@derived
def unused(snapshot: Snapshot) -> tuple[Unused, ...]:
    """Every binding without effect: first those that would give most, then by what is missing."""
    found = [each for dangling in index(snapshot).dangling for each in _waiting(snapshot, dangling)]
    found += [each for bound in index(snapshot).bounds() for each in _idle(snapshot, bound)]
    return tuple(sorted(found, key=_place))


def _waiting(snapshot: Snapshot, dangling: Dangling) -> Iterator[Unused]:
    if snapshot.cluster.source != "manifests" and not is_stock_binding(dangling.binding):
        yield Unused(dangling.binding, ref(dangling.binding), dangling.role, None, Why.NO_ROLE)


def _idle(snapshot: Snapshot, bound: Bound) -> Iterator[Unused]:
    if is_stock_binding(bound.binding) and not bound.numbers:
        return
    would = kinds_given(bound.role.rules or (), wide=bound.namespace is None)
    named = [subject for subject in dict.fromkeys(bound.subjects) if subject is not None]
    whole = _grants_nothing(snapshot, bound)
    if whole is not None or not named:
        yield Unused(bound.binding, bound.ref, bound.role_ref, None, whole or Why.NO_SUBJECTS, would)
        return
    for subject in named:
        if subject.kind != SERVICE_ACCOUNT or exists(snapshot, subject):
            continue
        if not is_stock_subject(bound.binding, subject):
            why = Why.NO_ACCOUNT if _is_namespace(snapshot, subject.namespace or "") else Why.NO_NAMESPACE
            yield Unused(bound.binding, bound.ref, bound.role_ref, subject, why, would)


def _grants_nothing(snapshot: Snapshot, bound: Bound) -> Why | None:
    outside = index(snapshot).cluster_scoped
    if not _has_effect(bound.role.rules or (), bound.namespace is None, outside):
        return None if _is_filled_later(bound.role) else Why.NOTHING
    if snapshot.resources and not _any_served(snapshot, bound.role):
        return Why.NOT_SERVED
    return None


def _is_filled_later(role: AnyRole) -> bool:
    """An aggregated role without rules waits for roles to gather: that is what it is for."""
    return isinstance(role, o.ClusterRole) and role.aggregation_rule is not None


@lru_cache(maxsize=16384)
def _has_effect(
    rules: tuple[o.PolicyRule, ...], everywhere: bool, outside: frozenset[tuple[str, str]]
) -> bool:
    namespace = None if everywhere else "any"
    unnamed = (replace(rule, resource_names=None) for rule in rules)
    return any(effective(part, namespace, outside) for rule in unnamed for part in parts(rule))


def _any_served(snapshot: Snapshot, role: AnyRole) -> bool:
    return any(
        bool(rule.non_resource_urls)
        or any(
            is_served(snapshot, group, resource)
            for group in rule.api_groups or ()
            for resource in rule.resources or ()
        )
        for rule in role.rules or ()
    )


def _is_namespace(snapshot: Snapshot, name: str) -> bool:
    """Whether a namespace is there, as far as can be told."""
    return not snapshot.saw("Namespace") or name in _namespaces(snapshot)


@derived
def _namespaces(snapshot: Snapshot) -> frozenset[str]:
    return frozenset(each.metadata.name for each in snapshot.all(o.Namespace))


def _place(each: Unused) -> tuple[int, bool, int, str, str, str, str]:
    most = PRIVILEGES.index(each.would[0]) if each.would else len(PRIVILEGES)
    binding = each.ref
    return (
        most,
        binding.namespace is not None,
        list(Why).index(each.why),
        binding.kind,
        binding.namespace or "",
        binding.name,
        str(each.subject or ""),
    )

"""Which kinds are kept whole: only those that an own check or an admission policy judges.

A policy names resources (`pods` of the core group), an own check names kinds; both are resolved by the table
of kinds, else by what the server says it serves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from checks.cluster import objects as o
from checks.cluster.kinds import KINDS, Kind
from checks.cluster.redaction import WholeKind, WholeObject, redacted

_READ_APART = frozenset((("v1", "ConfigMap"), ("v1", "Secret")))
"""Kinds of parameters that are not kept whole: see `checks.cluster.params`; Secrets are never read."""


class Asked(Struct, frozen=True):
    """A kind to keep whole: by group and plural, or by apiVersion and kind; empty where not known."""

    group: str
    plural: str = ""
    version: str = ""
    kind: str = ""


def asked_by_kind(api_version: str, kind: str) -> Asked:
    """What an own check asks for."""
    group, _, version = api_version.rpartition("/")
    known = known_kind(group, kind=kind)
    return Asked(group, known.plural if known else "", version, kind)


def asked_by_rules(rules: Iterable[o.ResourceRule]) -> Iterator[Asked]:
    """What a policy's rules ask for; with `*`, every kind of the table that they cover."""
    for rule in rules:
        for group in rule.api_groups or ():
            for resource in rule.resources or ():
                plural, _, sub = resource.partition("/")
                if sub not in {"", "*"}:
                    continue
                if "*" not in {group, plural}:
                    versions = [each for each in rule.api_versions or () if each != "*"]
                    yield Asked(group, plural, versions[0] if versions else "")
                    continue
                for kind in KINDS.values():
                    if kind.elsewhere or kind.plural == o.ANY:
                        continue
                    if plural in {"*", kind.plural} and group in {"*", kind.group}:
                        yield Asked(kind.group, kind.plural)


def asked_for(
    own: Iterable[Asked],
    policies: Iterable[o.ValidatingAdmissionPolicy],
    bindings: Iterable[o.ValidatingAdmissionPolicyBinding],
) -> tuple[Asked, ...]:
    """All kinds to keep whole: for own checks, for policies that are bound and for their parameters.

    Where there is any, Namespaces are among them: expressions may look at an object's namespace.
    """
    asked = list(own)
    bound = {each.spec.policy_name for each in bindings}
    for policy in policies:
        constraints = policy.spec.match_constraints
        if policy.metadata.name not in bound or constraints is None:
            continue
        asked += asked_by_rules(constraints.resource_rules or ())
        params = policy.spec.param_kind
        if params is not None and (params.api_version, params.kind) not in _READ_APART:
            asked.append(asked_by_kind(params.api_version, params.kind))
    if asked:
        asked.append(asked_by_kind("v1", "Namespace"))
    return tuple(dict.fromkeys(asked))


def known_kind(group: str, plural: str = "", kind: str = "") -> Kind | None:
    """The kind of the table that reads all its objects: not a view of a few, which may read more of them."""
    for each in KINDS.values():
        if each.elsewhere or each.names or each.namespace or each.labels or each.without:
            continue
        if each.group == group and (each.plural == plural or each.type.kind == kind):
            return each
    return None


def from_files(documents: Iterable[dict[str, Any]], asked: Iterable[Asked]) -> tuple[WholeKind, ...]:
    """The kinds asked for out of the documents of files; one that is in none of them has no objects."""
    wanted = tuple(dict.fromkeys(asked))
    found: dict[tuple[str, str], list[WholeObject]] = {}
    shapes: dict[tuple[str, str], WholeKind] = {}
    for data in documents if wanted else ():
        api_version, kind = data["apiVersion"], data["kind"]
        group = api_version.rpartition("/")[0]
        known = known_kind(group, kind=kind)
        plural = known.plural if known else plural_of(kind)
        if not any(each.group == group and (each.plural == plural or each.kind == kind) for each in wanted):
            continue
        shapes[api_version, kind] = WholeKind(api_version, kind, plural, known.namespaced if known else True)
        found.setdefault((api_version, kind), []).append(redacted(data))
    return tuple(
        msgspec.structs.replace(shapes[key], items=tuple(items)) for key, items in sorted(found.items())
    )


def plural_of(kind: str) -> str:
    """The plural that a custom resource of this kind has as a rule."""
    lower = kind.lower()
    if lower.endswith("y") and lower[-2:-1] not in set("aeiou"):
        return f"{lower[:-1]}ies"
    return f"{lower}es" if lower.endswith(("s", "x", "ch", "sh")) else f"{lower}s"

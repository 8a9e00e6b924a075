"""What people call a resource, and what that is to RBAC: short names, plurals, kinds, groups, subresources.

A word that names nothing is a question back with the nearest names. It never becomes an empty answer: nobody
can be shown to hold a right to something that does not exist.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from checks.access.stock import AnyRole
from checks.cluster import objects as o
from checks.cluster.resources import BUILT_IN, ApiResource
from checks.cluster.snapshot import Snapshot, derived
from checks.errors import QuarterdeckError

ALL = "*"
_AUTHENTICATION = "authentication.k8s.io"
_VERSION = re.compile(r"^v\d+(?:(?:alpha|beta)\d+)?\.")
_MOST_NEAR = 5
_ABOUT = 0.12
"""How much less alike than the nearest name another may be."""

_CHECKED_ONLY = tuple(
    ApiResource(group, name, "", namespaced, singular=name.removesuffix("s"), subresources=subresources)
    for group, name, namespaced, subresources in (
        ("", "users", False, ()),
        ("", "groups", False, ()),
        (_AUTHENTICATION, "users", False, ()),
        (_AUTHENTICATION, "groups", False, ()),
        (_AUTHENTICATION, "uids", False, ()),
        (_AUTHENTICATION, "userextras", False, (ALL,)),
        (_AUTHENTICATION, "nodes", False, ()),
        (_AUTHENTICATION, "serviceaccounts", True, ()),
        ("certificates.k8s.io", "signers", False, ()),
    )
)
"""No objects, but names that the API server asks its authorizer about."""

_OF_KUBELETS = ("checkpoint", "configz", "healthz", "log", "metrics", "pods", "spec", "stats")
"""Subresources of nodes that only a kubelet asks its authorizer about (pkg/kubelet/server/auth.go)."""


class UnknownResource(QuarterdeckError):
    """Nothing is called that. The message names what comes nearest."""


class Named(Struct, frozen=True):
    """What a word means. `others`: resources of other groups that it could have meant.

    `served` is False for one that only rules name: no API server is known to serve it.
    """

    resource: str
    group: str
    subresource: str = ""
    others: tuple[ApiResource, ...] = ()
    served: bool = True

    def __str__(self) -> str:
        group = f".{self.group}" if self.group else ""
        return f"{self.resource}{group}{f'/{self.subresource}' if self.subresource else ''}"


class Catalog(Struct, frozen=True):
    """Every resource by group and name, and by each word for it (in small letters)."""

    resources: dict[tuple[str, str], ApiResource]
    words: dict[str, tuple[ApiResource, ...]]


@derived
def catalog(snapshot: Snapshot) -> Catalog:
    """What this snapshot's API server serves and checks; for files, what Kubernetes and their CRDs add."""
    served = snapshot.resources or (*BUILT_IN, *_defined(snapshot.all(o.CustomResourceDefinition)))
    found = {(each.group, each.name): each for each in (*served, *_CHECKED_ONLY)}
    words: dict[str, dict[ApiResource, None]] = {}
    for each in sorted(found.values(), key=lambda one: one.group != ""):  # the core group first, as kubectl
        for word in (each.name, each.singular, each.kind.casefold(), *each.short_names):
            if word:
                words.setdefault(word, {})[each] = None
    return Catalog(found, {word: tuple(resources) for word, resources in words.items()})


def cluster_scoped(snapshot: Snapshot) -> frozenset[tuple[str, str]]:
    """Group and name of every resource that lives outside of namespaces."""
    known = {(each.group, each.name): each for each in BUILT_IN} | catalog(snapshot).resources
    return frozenset(key for key, each in known.items() if not each.namespaced)


def is_served(snapshot: Snapshot, group: str, resource: str) -> bool:
    """Whether a rule's resource (its subresource aside) is one that the API server serves or asks about, in
    this group; stars stand for some. Asked of a live cluster, whose discovery is known."""
    name = resource.partition("/")[0]
    if name == ALL:
        return group == ALL or group in _groups(snapshot)
    if group == ALL:
        return name in _names(snapshot)
    return (group, name) in catalog(snapshot).resources


@derived
def _groups(snapshot: Snapshot) -> frozenset[str]:
    return frozenset(group for group, _ in catalog(snapshot).resources)


@derived
def _names(snapshot: Snapshot) -> frozenset[str]:
    return frozenset(name for _, name in catalog(snapshot).resources)


def find(snapshot: Snapshot, text: str) -> Named:
    """What `deploy`, `Deployment`, `deployments.apps`, `pods/exec`, `*` or `*.apps` means.

    Raises UnknownResource.
    """
    word, slash, subresource = text.partition("/")
    if slash and not subresource:
        raise UnknownResource(f"“{text[:80]}” ends with a slash.", "Name the subresource, as in pods/exec.")
    name, dot, group = word.partition(".")
    group = _VERSION.sub("", f"{group}.").removesuffix(".") if dot else ""
    if name == ALL:
        return Named(ALL, (group if dot else ALL), subresource)
    known = catalog(snapshot)
    small = name.casefold()
    candidates = known.words.get(small) or known.words.get(small.removesuffix("s"), ())
    if dot:
        candidates = tuple(each for each in candidates if each.group == group.casefold())
    if subresource:  # pods are in metrics.k8s.io too, but pods/exec are not
        candidates = tuple(each for each in candidates if _has(each, subresource)) or candidates
    if candidates:
        first, *others = candidates
        if not (_has(first, subresource) or _in_rules(snapshot, first.name, subresource)):
            raise _no_subresource(first, subresource)
        return Named(first.name, first.group, subresource, tuple(each for each in others if each.kind))
    ruled = _group_in_rules(snapshot, name, group if dot else None)
    if ruled is not None:
        return Named(name, ruled, subresource, served=False)
    raise _unknown(known, word, (resource.partition("/")[0] for resource in _ruled(snapshot)))


def _has(resource: ApiResource, subresource: str) -> bool:
    if not subresource or subresource in resource.subresources or ALL in resource.subresources:
        return True
    return (resource.group, resource.name) == ("", "nodes") and subresource in _OF_KUBELETS


def _in_rules(snapshot: Snapshot, resource: str, subresource: str) -> bool:
    return f"{resource}/{subresource}" in _ruled(snapshot)


@derived
def verbs_in_rules(snapshot: Snapshot) -> frozenset[str]:
    """Every verb that a rule names."""
    roles: tuple[AnyRole, ...] = (*snapshot.all(o.ClusterRole), *snapshot.all(o.Role))
    return frozenset(verb for role in roles for rule in role.rules or () for verb in rule.verbs or ())


@derived
def _ruled(snapshot: Snapshot) -> dict[str, dict[tuple[str, ...], None]]:
    """Each resource (with its subresource) that a rule names, with the groups of those rules."""
    roles: tuple[AnyRole, ...] = (*snapshot.all(o.ClusterRole), *snapshot.all(o.Role))
    found: dict[str, dict[tuple[str, ...], None]] = {}
    for role in roles:
        for rule in role.rules or ():
            for resource in rule.resources or ():
                if resource != ALL:
                    found.setdefault(resource, {})[rule.api_groups or ()] = None
    return found


def _group_in_rules(snapshot: Snapshot, name: str, group: str | None) -> str | None:
    """The group in which rules name a resource: this one, or with None the first; None where none does."""
    for resource, rules in _ruled(snapshot).items():
        if resource.partition("/")[0] == name:
            groups = [each for together in rules for each in together if each != ALL]
            if groups and (group is None or group in groups):
                return groups[0] if group is None else group
    return None


def _defined(definitions: Iterable[o.CustomResourceDefinition]) -> Iterator[ApiResource]:
    for each in definitions:
        names, versions = each.spec.names, each.spec.versions or ()
        if names.plural:
            yield ApiResource(
                each.spec.group,
                names.plural,
                names.kind,
                namespaced=each.spec.scope != "Cluster",
                singular=names.singular or names.kind.casefold(),
                short_names=names.short_names or (),
                subresources=tuple({sub: None for version in versions for sub in version.subresources or ()}),
            )


def _no_subresource(resource: ApiResource, subresource: str) -> UnknownResource:
    if not resource.subresources:
        return UnknownResource(
            f"{resource} have no subresource {subresource[:80]}: they have none at all.",
            f"Ask about {resource}.",
        )
    near = difflib.get_close_matches(subresource, resource.subresources, _MOST_NEAR, 0.5)
    listed = ", ".join(f"{resource.name}/{each}" for each in near or sorted(resource.subresources))
    return UnknownResource(
        f"{resource} have no subresource {subresource[:80]}.",
        f"{'Did you mean' if near else 'There are'}: {listed}",
    )


def _worth(word: str, near: Sequence[str]) -> list[str]:
    """Of the names nearest to a word those that are about as near as the nearest of them."""
    alike = {each: difflib.SequenceMatcher(None, word, each).ratio() for each in near}
    return [each for each in near if alike[each] >= max(alike.values()) - _ABOUT]


def _unknown(known: Catalog, word: str, ruled: Iterable[str]) -> UnknownResource:
    folded = word.casefold()
    plain = [*known.words, *(str(each) for each in known.resources.values() if each.group), *ruled]
    near = difflib.get_close_matches(folded, list(dict.fromkeys(plain)), _MOST_NEAR, 0.6)
    near = _worth(folded, near)
    near = list(dict.fromkeys(str(known.words[each][0]) if each in known.words else each for each in near))
    step = f"Did you mean {', '.join(near)}?" if near else "Name it as kubectl does: pods, deployments.apps."
    return UnknownResource(f"There is no resource called {word[:80]} in this cluster.", step)

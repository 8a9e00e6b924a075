"""Which API groups, versions and resources a server serves, by two questions instead of one for each add-on.

Custom resources that are not installed then cost no request, and their absence is a fact. What discovery does
not tell (an old server, no right to ask) is found out by asking for the list itself.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct, field

from checks.cluster.connect import Api
from checks.cluster.errors import ClusterError
from checks.cluster.kinds import Kind
from checks.cluster.objects import ANY, wire
from checks.cluster.resources import BUILT_IN, ApiResource

_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
_ACCEPT = ",".join((_AGGREGATED.format("v2"), _AGGREGATED.format("v2beta1"), "application/json"))
_CORE = tuple(each for each in BUILT_IN if not each.group)


class _Named(Struct, frozen=True):
    name: str = ""


class _Kind(Struct, frozen=True):
    kind: str = ""


class _Subresource(Struct, frozen=True):
    subresource: str = ""


class _Resource(Struct, frozen=True, rename="camel"):
    resource: str = ""
    response_kind: _Kind | None = None
    scope: str = ""
    singular_resource: str = ""
    verbs: tuple[str, ...] | None = None
    short_names: tuple[str, ...] | None = None
    subresources: tuple[_Subresource, ...] | None = None


class _Version(Struct, frozen=True, rename="camel"):
    version: str = ""
    group_version: str = ""
    resources: tuple[_Resource, ...] | None = None


class _Group(Struct, frozen=True):
    """A group of either answer: its name is in the metadata of the newer."""

    name: str = ""
    metadata: _Named = field(default_factory=_Named)
    versions: tuple[_Version, ...] | None = None


class _Groups(Struct, frozen=True):
    """`items` in the aggregated answer (resources too), `groups` in the older one (versions only)."""

    items: tuple[_Group, ...] | None = None
    groups: tuple[_Group, ...] | None = None


class Served(Struct, frozen=True):
    """What a server says it serves.

    versions: of each group. resources: the plural names that can be listed, by `group/version`; None where
    only groups are known. Nothing is known at all when `versions` is None.
    names: what each resource is called; empty where only groups are known.
    """

    versions: dict[str, tuple[str, ...]] | None = None
    resources: dict[str, frozenset[str]] | None = None
    names: tuple[ApiResource, ...] = ()

    def version_of(self, kind: Kind) -> str | None:
        """The version to read a kind in: the first served one of those it can be read in, None for none.

        Where nothing is known, and for the core group, which discovery leaves out, it is the kind's own.
        """
        if self.versions is None or not kind.group:
            return kind.api_version
        for api_version in (kind.api_version, *kind.versions):
            group, _, version = api_version.rpartition("/")
            if version in self.versions.get(group, ()) and self._lists(api_version, kind.plural):
                return api_version
        return None

    def _lists(self, api_version: str, plural: str) -> bool:
        if self.resources is None:
            return True
        listed = self.resources.get(api_version, frozenset())
        return bool(listed) if plural == ANY else plural in listed

    @property
    def groups(self) -> frozenset[str]:
        """The names of the groups; none where they are not known."""
        return frozenset(self.versions or ())


UNKNOWN = Served()


def discover(api: Api) -> Served:
    """Ask for the groups, then for the core group. A refusal or an answer that is none is UNKNOWN: reading
    shows what is wrong."""
    answer = _asked(api, "/apis")
    if answer is None:
        return UNKNOWN
    if answer.items is not None:
        core = _asked(api, "/api")
        return _aggregated(answer.items, (core.items or ()) if core else ())
    if answer.groups is not None:
        versions = {
            group.name: tuple(each.version for each in group.versions or ()) for group in answer.groups
        }
        return Served(versions)
    return UNKNOWN


def _asked(api: Api, path: str) -> _Groups | None:
    try:
        answer: _Groups = wire.decoder(_Groups).decode(api.get(path, accept=_ACCEPT))
    except (ClusterError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return answer


def _aggregated(groups: tuple[_Group, ...], core: tuple[_Group, ...]) -> Served:
    versions: dict[str, tuple[str, ...]] = {}
    resources: dict[str, frozenset[str]] = {}
    for group in groups:
        name = group.metadata.name
        versions[name] = tuple(each.version for each in group.versions or ())
        for each in group.versions or ():
            listed = (found.resource for found in each.resources or () if "list" in (found.verbs or ()))
            resources[f"{name}/{each.version}"] = frozenset(listed)
    return Served(versions, resources, (*(_names(core) or _CORE), *_names(groups)))


def _names(groups: tuple[_Group, ...]) -> tuple[ApiResource, ...]:
    """Every resource once, as its group's first version with it has it: the preferred one comes first."""
    found: dict[tuple[str, str], ApiResource] = {}
    for group in groups:
        for version in group.versions or ():
            for each in version.resources or ():
                named = ApiResource(
                    group.metadata.name,
                    each.resource,
                    each.response_kind.kind if each.response_kind else "",
                    namespaced=each.scope != "Cluster",
                    singular=each.singular_resource,
                    short_names=each.short_names or (),
                    subresources=tuple(sub.subresource for sub in each.subresources or ()),
                )
                found.setdefault((named.group, named.name), named)
    return tuple(found.values())

"""Which kinds may not be listed, asked of the API server before anything is read.

By one SelfSubjectAccessReview for each kind. A SelfSubjectRulesReview would be one request for them all, but
tells a namespace's rules without saying which of them hold in the whole cluster, and may be incomplete.
"""

from __future__ import annotations

from collections.abc import Iterable

from checks.cluster.connect import Api
from checks.cluster.discovery import Served
from checks.cluster.errors import ClusterError
from checks.cluster.group_listing import members
from checks.cluster.kinds import Kind
from checks.cluster.objects import ANY
from checks.cluster.parallel import in_parallel


def rights(api: Api, kinds: Iterable[Kind], served: Served) -> dict[str, bool | None]:
    """Whether each kind may be listed, by name; None where the API server did not say.

    Kinds that no list has, and add-ons that the cluster has not, are left out: no right is needed for them.
    """
    asked = [kind for kind in kinds if not kind.elsewhere and not (kind.custom and _absent(kind, served))]
    return {kind.name: None for kind in asked} | {
        kind.name: allowed
        for kind, allowed in in_parallel(api, asked, lambda kind: _may_list(api, kind, served))
    }


def _absent(kind: Kind, served: Served) -> bool:
    return served.version_of(kind) is None


def _may_list(api: Api, kind: Kind, served: Served) -> bool | None:
    try:
        lists = (kind,) if kind.plural != ANY else members(api, kind, _version(kind, served), served)
        return all(
            api.review("list", each, each.namespace, name).allowed
            for each in lists
            for name in each.names or ("",)
        )
    except ClusterError:
        return None


def _version(kind: Kind, served: Served) -> str:
    return served.version_of(kind) or kind.api_version

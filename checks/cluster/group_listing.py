"""A group whose kinds only the cluster knows, read as one kind: Gatekeeper makes one for each template.

Which there are, discovery tells; where that told only groups, the group is asked for its resources.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from checks.cluster.connect import Api
from checks.cluster.discovery import Served
from checks.cluster.errors import BadAnswer
from checks.cluster.kinds import Kind
from checks.cluster.objects import wire


class _Named(Struct, frozen=True):
    name: str = ""
    verbs: tuple[str, ...] | None = None


class _Resources(Struct, frozen=True):
    resources: tuple[_Named, ...] | None = None


def members(api: Api, kind: Kind, version: str, served: Served) -> tuple[Kind, ...]:
    """The kind once for each list there is of its group, in order. Raises ClusterError."""
    if served.resources is not None:
        plurals = served.resources.get(version, frozenset())
    else:
        plurals = _asked(api, version)
    return tuple(replace(kind, plural=plural) for plural in sorted(plurals))


def _asked(api: Api, version: str) -> frozenset[str]:
    try:
        answer = wire.decoder(_Resources).decode(api.get(f"/apis/{version}"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadAnswer(
            f"What {version} consists of could not be understood.", "Look at `kubectl api-resources`."
        ) from error
    found = answer.resources or ()
    return frozenset(each.name for each in found if "list" in (each.verbs or ()) and "/" not in each.name)

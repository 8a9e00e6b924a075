"""Where the log and the roles and bindings of now do not agree on what is allowed, and why that may be.

The authorizer names the binding that allowed a request. What is there now may have changed since; or another
authorizer, which no role tells of, allowed it. Each is said, so that a mistake of ours would be, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from checks.access.index import Bound, index
from checks.access.subjects import MASTERS
from checks.access.usage.record import Done, allowing, record
from checks.cluster.snapshot import Snapshot, derived

_RBAC = "RBAC: allowed by "
_BINDING = re.compile(r'RBAC: allowed by (ClusterRoleBinding|RoleBinding) "([^"\s]*)" of ')


class Why(StrEnum):
    """Why a request that was allowed would be refused by the roles and bindings of now."""

    GONE = "the binding that allowed it is gone"
    CHANGED = "the binding that allowed it is there, and does not allow it now"
    OTHER = "something other than RBAC allowed it"


class Disagreement(Struct, frozen=True, gc=False):
    """A request that the log has as allowed and that is not, by what was read. `binding`: the log's."""

    done: Done
    why: Why
    binding: str = ""


@derived
def disagreements(snapshot: Snapshot) -> tuple[Disagreement, ...]:
    """Everything in the log that our own answer would have refused."""
    return tuple(_found(snapshot))


def _found(snapshot: Snapshot) -> Iterator[Disagreement]:
    known, rbac = record(snapshot), index(snapshot)
    if known is None:
        return
    there = frozenset(_as_reason(bound) for bound in rbac.bounds())
    for done in (each for of_one in known.done for each in of_one):
        if done.use.implied or MASTERS.name in done.actor.groups:
            continue
        by, named = {_as_reason(bound) for bound in allowing(rbac, done)}, _binding_of(done.use.reason)
        if not by:
            yield Disagreement(done, _why(done, named, there), named)
        elif named in there and named not in by:
            yield Disagreement(done, Why.CHANGED, named)


def _why(done: Done, named: str, there: frozenset[str]) -> Why:
    if not done.use.reason.startswith(_RBAC):
        return Why.OTHER
    return Why.CHANGED if named in there else Why.GONE


def _binding_of(reason: str) -> str:
    """The binding that a reason names, a RoleBinding as NAME/NAMESPACE; empty for another reason."""
    found = _BINDING.match(reason)
    return f"{found[1]} {found[2]}" if found else ""


def _as_reason(bound: Bound) -> str:
    """A binding as the authorizer names it."""
    where = f"/{bound.namespace}" if bound.namespace else ""
    return f"{bound.ref.kind} {bound.ref.name}{where}"

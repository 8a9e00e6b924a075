"""When what gives a right was last written to, and by what: as the objects themselves say (`managedFields`).

A client names itself there as it likes, so a name is a hint, no proof; when, the API server says.
"""

from __future__ import annotations

from collections.abc import Iterable

from checks.access.index import Bound
from checks.cluster import objects as o


def last_write(ways: Iterable[Bound]) -> o.ManagedField | None:
    """The newest write to one of these bindings or their roles; None where no object says."""
    found = (
        change
        for bound in ways
        for each in (bound.binding, bound.role)
        if (change := each.metadata.last_change) is not None
    )
    return max(found, key=lambda each: each.time or "", default=None)

"""Reading a target for a command: with progress, and with what may not be listed said before."""

from __future__ import annotations

from bot.commands.progress import Progress, Reading
from checks.cluster.snapshot import Snapshot
from checks.cluster.source import Target, take_snapshot
from checks.cluster.whole import Asked


def read(
    target: Target,
    progress: Progress,
    *,
    kinds: tuple[str, ...] = (),
    namespaces: tuple[str, ...] = (),
    whole: tuple[Asked, ...] = (),
) -> Snapshot:
    """These kinds of a target; the rest as in `take_snapshot`. Raises ClusterError."""
    reading = Reading(progress)
    return take_snapshot(
        target, progress=reading, missing=reading.missing, kinds=kinds, namespaces=namespaces, whole=whole
    )

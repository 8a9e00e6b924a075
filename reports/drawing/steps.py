"""Ways as they are kept, made into what is drawn."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from checks.model import WayStep
from reports.drawing.model import Act, Deed, Drawing
from reports.drawing.ways import drawn

GOAL = "cluster-admin"


def ways_drawn(
    ways: Sequence[Sequence[WayStep]],
    removed: Collection[str],
    *,
    within: tuple[int, int] | None = None,
    besides: int = 0,
) -> Drawing:
    """The picture of ways to cluster-admin.

    removed: what the cut takes away, in the words of the steps' `cuts`.
    besides: how many more there are whose ways are not even given.
    """
    picture = drawn([[_act(step, removed) for step in way] for way in ways], GOAL, within=within)
    return replace(picture, left_out=picture.left_out + besides)


def _act(step: WayStep, removed: Collection[str]) -> Act:
    gone = [each for each in step.cuts if each in removed]
    title = step.title if step.technique == "NODE" else f"{step.title} ({step.technique})"
    deed = Deed(title, step.rights, step.uses, ", ".join(gone or step.bindings), bool(gone))
    return Act(step.identity, deed, step.gains)

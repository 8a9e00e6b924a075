"""The ways of an answer as a picture: identities as boxes, acts as lines, what is to be removed dashed."""

from __future__ import annotations

from bot.answer import Answer
from bot.commands.rights import Ref
from bot.commands.ways import CutDocument, StepDocument, WayDocument
from checks.access.escalation.catalogue import CATALOGUE
from checks.access.escalation.places import Goal
from reports.render.page import picture
from reports.ways import Arrow, drawn


def drawing_of(answer: Answer) -> str:
    """The SVG of an answer of `escalate`."""
    ways: tuple[WayDocument, ...] = answer.extra["ways"]
    cut: CutDocument = answer.extra["cut"]
    gone = {each.binding for each in cut.remove}
    arrows = [[_arrow(step, gone) for step in way.steps] for way in ways]
    return picture(drawn(arrows, str(Goal.ADMIN)), f"Ways to cluster-admin ({answer.command})")


def _arrow(step: StepDocument, gone: set[Ref]) -> Arrow:
    by = [each.because.binding for each in step.permissions if each.because is not None]
    taken = next((each for each in by if each in gone), None)
    named = taken or next(iter(by), None)
    where = f"{named.namespace}/" if named and named.namespace else ""
    return Arrow(
        step.identity,
        step.gains,
        f"{step.technique} {CATALOGUE[step.technique].title}",
        f"{where}{named.name}" if named else step.uses,
        taken is not None,
    )

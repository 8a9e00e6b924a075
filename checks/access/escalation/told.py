"""Ways to more rights in words, for what is kept and drawn: a record of them that needs no snapshot."""

from __future__ import annotations

from checks.access.escalation.catalogue import CATALOGUE
from checks.access.escalation.places import in_words
from checks.access.escalation.steps import Chain, Step
from checks.access.matching import ALL, Request
from checks.model import WayStep


def told(chain: Chain) -> tuple[WayStep, ...]:
    """The steps of a way."""
    return tuple(_step(step) for step in chain.steps)


def _step(step: Step) -> WayStep:
    reasons = (each.because for each in step.permissions)
    return WayStep(
        in_words(step.identity),
        step.move.technique,
        CATALOGUE[step.move.technique].title,
        tuple(right(each.request) for each in step.permissions),
        "; ".join(filter(None, (step.uses, f"if {step.condition}" if step.condition else ""))),
        tuple(dict.fromkeys(str(each.binding) for each in reasons if each is not None)),
        tuple(sorted(map(str, step.move.cuts))),
        in_words(step.gains),
    )


def right(request: Request) -> str:
    """What is asked for, in short: the group of a kind that everybody knows is left out."""
    verb = "every verb on" if request.verb == ALL else request.verb
    if request.path:
        return f"{verb} {request.path}"
    what = f"{request.resource}/{request.subresource}" if request.subresource else request.resource
    known = "." not in request.group or request.group.endswith(".k8s.io")
    parts = (
        "every resource" if request.resource == ALL else what if known else f"{what}.{request.group}",
        request.name or "",
        f"in {request.namespace}" if request.namespace else "",
    )
    return " ".join((verb, *filter(None, parts)))

"""`what-if payments restricted`: which workloads would be refused if a namespace had that level."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from bot.answer import Answer, Table, Tone
from bot.errors import CommandError
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence
from checks.nearest import did_you_mean
from checks.pod_security.levels import Level
from checks.pod_security.whatif import Outcome, Refusal, what_if
from checks.workloads import POD_KINDS, workloads

KINDS = ("Namespace", *POD_KINDS)
_CAVEATS = (
    "Running pods are not evicted: they stay until they are next made, and are refused then.",
    "Deployments and other controllers are only warned about; it is their pods that are refused.",
    "Exemptions (users, namespaces, runtime classes) are in a file that the API does not show.",
)


class WhatIf(Struct, frozen=True, tag=True):
    """What would be refused if a namespace enforced a level of the Pod Security Standards."""

    namespace: str
    level: Level = Level.RESTRICTED
    cluster: str | None = None

    @property
    def canonical(self) -> str:
        return f"what-if {self.namespace} {self.level}" + (f" {self.cluster}" if self.cluster else "")


def describe(command: WhatIf, snapshot: Snapshot) -> Answer:
    """The workloads that would be refused, each with the controls it violates and where. Raises CommandError
    where there is no such namespace."""
    unread = [kind for kind in KINDS if not snapshot.saw(kind)]
    _must_be_there(command.namespace, snapshot, unread)
    outcome = what_if(snapshot, command.namespace, command.level)
    total = len(outcome.refused) + len(outcome.admitted)
    unseen = "; there may be more, as not everything could be read" if unread else ""
    said = f"{len(outcome.refused) or 'none'} of {total} workloads would be refused"
    ready = not outcome.refused and not unread
    return Answer(
        command=command.canonical,
        verdict=f"if {command.namespace} enforced {command.level}, {said}{unseen}.",
        tone=Tone.GOOD if ready else Tone.NEUTRAL,
        tables=(_refused(command, outcome),) if outcome.refused else (_label(command),) if ready else (),
        evidence=tuple(fact for refusal in outcome.refused for fact in _evidence(refusal)),
        caveats=(*_CAVEATS, *(f"{kind} could not be read: {snapshot.of(kind).reason}" for kind in unread)),
        extra={
            "namespace": command.namespace,
            "level": str(command.level),
            "refused": [
                {"workload": refusal.workload, "controls": list(refusal.violations)}
                for refusal in outcome.refused
            ],
            "admitted": list(outcome.admitted),
            "incomplete": bool(unread),
        },
    )


def _must_be_there(namespace: str, snapshot: Snapshot, unread: list[str]) -> None:
    known = {each.metadata.name for each in snapshot.all(o.Namespace)}
    known |= {each.namespace for each in workloads(snapshot) if each.namespace}
    if namespace in known or unread:
        return
    some = ", ".join(sorted(known)[:20]) or "none"
    raise CommandError(
        f"There is no namespace {namespace}.", f"{did_you_mean(namespace, known)}Known: {some}."
    )


def _refused(command: WhatIf, outcome: Outcome) -> Table:
    return Table(
        title=f"Refused by {command.level} (Kubernetes 1.{outcome.minor})",
        columns=("Workload", "Violates", "For example"),
        rows=tuple(_row(refusal) for refusal in outcome.refused),
        code=("Workload",),
    )


def _label(command: WhatIf) -> Table:
    """How the namespace would come to enforce it, where nothing speaks against that."""
    label = f"pod-security.kubernetes.io/enforce={command.level}"
    typed = f"kubectl label namespace {command.namespace} {label}"
    return Table("To enforce it", ("Command",), ((typed,),), code=("Command",))


def _row(refusal: Refusal) -> tuple[str, ...]:
    first = next(iter(refusal.violations.values()))[0]
    return (str(refusal.workload), ", ".join(refusal.violations), first.message)


def _evidence(refusal: Refusal) -> list[Evidence]:
    """Each fact with the object it is about: the workload itself where it is not one of its pods."""
    return [
        replace(violation.evidence, source=violation.evidence.source or str(refusal.workload))
        for violations in refusal.violations.values()
        for violation in violations
    ]

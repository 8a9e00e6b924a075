"""The walk that checks on workloads share: ask one question of every container, pod spec or volume.

A workload gets one pass when nothing was found, and one verdict for each place where something was. One that
has nothing to ask the question of never passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from checks.cluster.snapshot import Snapshot
from checks.images import Reference, reference
from checks.model import Evidence, Verdict
from checks.verdict import failed, manual, not_applicable, not_evaluated, passed
from checks.workloads import Placed, PlacedVolume, Spec, Workload, workloads


class Finding(Struct, frozen=True, gc=False):
    """Something is not as it should be: one sentence and the facts."""

    message: str
    evidence: tuple[Evidence, ...]


class Unknown(Struct, frozen=True, gc=False):
    """What it takes to answer is not in the snapshot."""

    reason: str


class Undecided(Struct, frozen=True, gc=False):
    """All is seen, and only a person can say whether it is right."""

    reason: str
    evidence: tuple[Evidence, ...]


Said = Finding | Unknown | Undecided | None
AskContainer = Callable[[Spec, Placed], Said]
AskImage = Callable[[Spec, Placed, Reference | None], Said]
AskPlaced = Callable[[Workload, Spec, Placed], Said]
AskSpec = Callable[[Workload, Spec], Said]
AskVolume = Callable[[Spec, PlacedVolume], Said]

_WINDOWS = "It runs on Windows, which does not have this setting."
_ENDS = "Its pods are made to run to their end, not to serve."
_RUN_TO_END = ("Job", "CronJob")
_EPHEMERAL = "ephemeralContainers/"
_EMPTY = "It names no container."
_NO_IMAGE = Unknown("The template names no image; something must fill it in when pods are made.")
NO_REFERENCE = Unknown("What stands there is no image reference that container runtimes accept.")


def by_container(snapshot: Snapshot, ask: AskContainer, *, linux_only: bool = False) -> Iterator[Verdict]:
    """Ask of every container. `linux_only`: the field means nothing on Windows, so such pods are left out."""
    for workload in workloads(snapshot):
        specs = [spec for spec in workload.specs if not (linux_only and spec.windows)]
        asked = [(c.locus, ask(spec, c)) for spec in specs for c in spec.containers]
        if asked:
            yield from _verdicts(workload, asked)
        elif specs:
            yield not_evaluated(workload.resource, _EMPTY)
        else:
            yield not_applicable(workload.resource, _WINDOWS)


def by_image(snapshot: Snapshot, ask: AskImage) -> Iterator[Verdict]:
    """Ask of every container's image, with its reference as runtimes read it, None if they refuse it."""

    def of(spec: Spec, placed: Placed) -> Said:
        image = placed.container.image
        return ask(spec, placed, reference(image)) if image else _NO_IMAGE

    return by_container(snapshot, of)


def by_service(snapshot: Snapshot, ask: AskPlaced) -> Iterator[Verdict]:
    """Ask of every container that keeps running: regular ones and sidecars, of workloads that are not made to
    end. An init container that ends, an ephemeral one, and the pods of a Job are left out."""
    for workload in workloads(snapshot):
        specs = [spec for spec in workload.specs if not _ends(workload, spec)]
        if not specs:
            yield not_applicable(workload.resource, _ENDS)
        elif _empty(workload):
            yield not_evaluated(workload.resource, _EMPTY)
        else:
            asked = [
                (c.locus, ask(workload, spec, c))
                for spec in specs
                for c in spec.containers
                if keeps_running(c)
            ]
            yield from _verdicts(workload, asked)


def by_started(snapshot: Snapshot, ask: AskPlaced) -> Iterator[Verdict]:
    """Ask of every container that a pod spec starts; an ephemeral one, which cannot say, is left out."""
    for workload in workloads(snapshot):
        if _empty(workload):
            yield not_evaluated(workload.resource, _EMPTY)
        else:
            asked = [
                (c.locus, ask(workload, spec, c))
                for spec in workload.specs
                for c in spec.containers
                if not c.locus.startswith(_EPHEMERAL)
            ]
            yield from _verdicts(workload, asked)


def keeps_running(placed: Placed) -> bool:
    """Whether a container runs as long as its pod: a regular one, or an init container that is a sidecar."""
    if placed.locus.startswith("initContainers/"):
        return placed.container.restart_policy == "Always"
    return not placed.locus.startswith(_EPHEMERAL)


def _ends(workload: Workload, spec: Spec) -> bool:
    return workload.resource.kind in _RUN_TO_END or spec.pod.restart_policy in ("Never", "OnFailure")


def _empty(workload: Workload) -> bool:
    return not any(spec.containers for spec in workload.specs)


def by_spec(snapshot: Snapshot, ask: AskSpec) -> Iterator[Verdict]:
    """Ask of every pod spec as a whole."""
    for workload in workloads(snapshot):
        yield from _verdicts(workload, [("", ask(workload, spec)) for spec in workload.specs if spec.whole])


def by_volume(snapshot: Snapshot, ask: AskVolume) -> Iterator[Verdict]:
    """Ask of every volume; a workload without one passes."""
    for workload in workloads(snapshot):
        asked = [(v.locus, ask(spec, v)) for spec in workload.specs for v in spec.volumes]
        yield from _verdicts(workload, asked)


def _verdicts(workload: Workload, asked: Sequence[tuple[str, Said]]) -> Sequence[Verdict]:
    found = [_verdict(workload, locus, said) for locus, said in asked if said is not None]
    return found or (passed(workload.resource),)


def _verdict(workload: Workload, locus: str, said: Finding | Unknown | Undecided) -> Verdict:
    match said:
        case Finding(message, evidence):
            return failed(workload.resource, message, evidence, locus)
        case Unknown(reason):
            return not_evaluated(workload.resource, reason, locus)
        case Undecided(reason, evidence):
            return manual(workload.resource, reason, evidence, locus)

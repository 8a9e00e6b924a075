"""Policies run against a snapshot's whole objects: what would be refused, and what could not be judged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct, field

from checks.admission.matching import Place, operation
from checks.admission.policy import REFUSES, Bound, Parameters, Policy
from checks.cel.bench import Bench, TooMuch
from checks.cel.protocol import Finding, Judged, Outcome, Subject, Task
from checks.cluster import objects as o
from checks.cluster.redaction import WholeKind, WholeObject
from checks.cluster.snapshot import Snapshot, derived
from checks.model import Evidence, Resource, Status, Verdict
from checks.network.selectors import selects
from checks.owners import Owners
from checks.verdict import cluster_resource, failed, not_applicable, not_evaluated, passed

_HELD_BACK = frozenset((("v1", "ConfigMap"), ("v1", "Secret")))


class _Head(Struct, frozen=True):
    metadata: o.Metadata = field(default_factory=o.Metadata)


class _Item(Struct, frozen=True):
    """An object with what the constraints ask about; `about`: the resource its result is about."""

    whole: WholeObject
    kind: WholeKind
    metadata: o.Metadata
    about: Resource
    source: str | None


@derived
def _items(snapshot: Snapshot) -> tuple[_Item, ...]:
    owners = Owners(snapshot)
    found = []
    for kind in snapshot.whole:
        for whole in kind.items:
            try:
                metadata = msgspec.json.decode(whole.raw, type=_Head).metadata
            except msgspec.ValidationError:
                metadata = o.Metadata()
            namespace = (metadata.namespace or "default") if kind.namespaced else None
            itself = Resource(kind.api_version, kind.kind, namespace, metadata.name, metadata.uid)
            about = _top(owners, kind, metadata, itself)
            found.append(_Item(whole, kind, metadata, about, None if about == itself else str(itself)))
    return tuple(found)


def _top(owners: Owners, kind: WholeKind, metadata: o.Metadata, itself: Resource) -> Resource:
    """Fifty replicas that a policy would refuse are one finding: their owner's."""
    makers = {"Pod": o.Pod, "ReplicaSet": o.ReplicaSet, "Job": o.Job}
    if kind.kind not in makers or not metadata.owner_references:
        return itself
    shape = makers[kind.kind](
        metadata=o.AnnotatedMetadata(
            metadata.name, itself.namespace, metadata.uid, owner_references=metadata.owner_references
        )
        if kind.kind == "Pod"
        else o.Metadata(
            metadata.name, itself.namespace, metadata.uid, owner_references=metadata.owner_references
        )
    )
    return owners.top(shape)


@derived
def _spaces(snapshot: Snapshot) -> dict[str, Any]:
    """Each namespace whole, by name."""
    found = {}
    for item in _items(snapshot):
        if item.kind.kind == "Namespace" and not item.kind.group:
            found[item.metadata.name] = msgspec.json.decode(item.whole.raw)
    return found


@derived
def _space_labels(snapshot: Snapshot) -> dict[str, dict[str, str]]:
    """The labels of each namespace, by name; none of one whose metadata is not what it should be."""
    return {
        item.metadata.name: item.metadata.labels or {}
        for item in _items(snapshot)
        if item.kind.kind == "Namespace" and not item.kind.group
    }


def judge(policies: tuple[Policy, ...], snapshot: Snapshot) -> dict[str, tuple[Verdict, ...]]:
    """What every policy says, by its id. One that takes too much is an error; the others are judged."""
    with Bench() as bench:
        return {policy.id: tuple(_verdicts(policy, snapshot, bench)) for policy in policies}


def _verdicts(policy: Policy, snapshot: Snapshot, bench: Bench) -> Iterator[Verdict]:
    cluster = cluster_resource(snapshot)
    if not policy.bound:
        yield not_applicable(cluster, f"No binding puts the policy {policy.source} into effect.")
        return
    yield from _gaps(policy, snapshot, cluster)
    said = False
    for bound in policy.bound:
        for verdict in _under(policy, bound, snapshot, bench):
            said = True
            yield verdict
    if not said:
        yield not_applicable(cluster, "Nothing that it judges is there.")


def _under(policy: Policy, bound: Bound, snapshot: Snapshot, bench: Bench) -> Iterator[Verdict]:
    """What the policy says under one of its bindings."""
    cluster = cluster_resource(snapshot)
    parameters = _parameters(policy, bound, snapshot)
    if parameters.reason:
        yield not_evaluated(cluster, parameters.reason, locus=f"bindings/{bound.name}")
        return
    chosen = tuple(_chosen(policy, bound, snapshot))
    runs = len(parameters.values)
    subjects = tuple(_subject(item, asked, snapshot) for item, asked in chosen)
    name = policy.source or policy.id
    try:
        reply = bench.ask(Task(policy.program, subjects, parameters.values)) if subjects else None
    except TooMuch as error:
        yield Verdict(Status.ERROR, cluster, "", "", f"{name}: {error}.")
        return
    if reply is None:
        return
    for place, reason in reply.broken.items():
        yield Verdict(Status.ERROR, cluster, "", place, f"{name}: {place}: {reason}.")
    if reply.broken:
        return
    for number, (item, _) in enumerate(chosen):
        for judged in reply.judged[number * runs : (number + 1) * runs]:
            yield from _said(policy, bound, item, judged)


def _gaps(policy: Policy, snapshot: Snapshot, cluster: Resource) -> Iterator[Verdict]:
    """Kinds that it judges and that could not be read whole."""
    for kind in snapshot.whole:
        if kind.reason and _may_cover(policy, kind):
            reason = f"{kind.kind or kind.plural} could not be read whole: {kind.reason}"
            yield not_evaluated(cluster, reason, locus=f"kinds/{kind.kind or kind.plural}")
    if policy.kind is not None and not any(
        (kind.api_version, kind.kind) == policy.kind for kind in snapshot.whole
    ):
        if snapshot.cluster.source == "manifests":
            return
        reason = f"No whole objects of {' '.join(policy.kind)} are in this snapshot; save it with --checks."
        yield not_evaluated(cluster, reason, locus=f"kinds/{policy.kind[1]}")


def _may_cover(policy: Policy, kind: WholeKind) -> bool:
    if policy.kind is not None:
        return policy.kind == (kind.api_version, kind.kind)
    return operation(policy.match, _place(kind, o.Metadata(), None)) is not None or (
        policy.match.object_selector is not None
    )


def _place(kind: WholeKind, metadata: o.Metadata, labels: dict[str, str] | None) -> Place:
    version = kind.api_version.rpartition("/")[2]
    return Place(
        kind.group, version, kind.plural, kind.namespaced, metadata.name, metadata.labels or {}, labels
    )


def _chosen(policy: Policy, bound: Bound, snapshot: Snapshot) -> Iterator[tuple[_Item, str]]:
    """The objects that it judges, each with the operation it is judged for."""
    for item in _items(snapshot):
        if policy.kind is not None:
            if policy.kind == (item.kind.api_version, item.kind.kind):
                yield item, "CREATE"
            continue
        place = _place(item.kind, item.metadata, _labels(item, snapshot))
        asked = operation(policy.match, place)
        if asked is not None and operation(bound.match, place) is not None:
            yield item, asked


def _labels(item: _Item, snapshot: Snapshot) -> dict[str, str] | None:
    """The labels of the namespace it is in, or is; None for what is in none."""
    if item.kind.kind == "Namespace" and not item.kind.group:
        return item.metadata.labels or {}
    if not item.kind.namespaced:
        return None
    name = item.metadata.namespace or "default"
    return {"kubernetes.io/metadata.name": name, **_space_labels(snapshot).get(name, {})}


@derived
def _subjects(_: Snapshot) -> dict[tuple[int, str], Subject]:
    """Each object as it was made ready to be judged: the very same for every policy, so it is sent once."""
    return {}


def _subject(item: _Item, asked: str, snapshot: Snapshot) -> Subject:
    made = _subjects(snapshot)
    key = (id(item), asked)  # the items live as long as the snapshot
    if key not in made:
        made[key] = _made(item, asked, snapshot)
    return made[key]


def _made(item: _Item, asked: str, snapshot: Snapshot) -> Subject:
    kind, namespace = item.kind, item.metadata.namespace or "default"
    version = kind.api_version.rpartition("/")[2]
    request = {
        "operation": asked,
        "kind": {"group": kind.group, "version": version, "kind": kind.kind},
        "resource": {"group": kind.group, "version": version, "resource": kind.plural},
        "name": item.metadata.name,
        "namespace": namespace if kind.namespaced else "",
    }
    space = _spaces(snapshot).get(namespace) if kind.namespaced else None
    if kind.namespaced and space is None:
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    return Subject(item.whole.raw, request, space, item.whole.redacted)


def _parameters(policy: Policy, bound: Bound, snapshot: Snapshot) -> Parameters:
    """What the policy's `params` are under this binding."""
    if policy.own:
        return Parameters((policy.params,))
    if policy.param_kind is None or bound.param_ref is None:
        return Parameters()
    wanted = (policy.param_kind.api_version, policy.param_kind.kind)
    if wanted in _HELD_BACK:
        return Parameters(
            (), f"Its parameters are in a {wanted[1]}, whose data is not read: it may be secret."
        )
    kind = next((each for each in snapshot.whole if (each.api_version, each.kind) == wanted), None)
    if kind is None or kind.reason:
        reason = kind.reason if kind is not None else "there are none"
        return Parameters((), f"Its parameters ({' '.join(wanted)}) could not be read: {reason}")
    reference = bound.param_ref
    found = tuple(
        msgspec.json.decode(item.whole.raw)
        for item in _items(snapshot)
        if item.kind is kind and _referred(reference, item)
    )
    if not found and reference.parameter_not_found_action == "Allow":
        return Parameters((), "Its parameters are not there, and it then lets everything in.")
    if not found:
        return Parameters((), "Its parameters are not there, and it then refuses everything.")
    return Parameters(found)


def _referred(reference: o.ParamRef, item: _Item) -> bool:
    if reference.namespace and (item.metadata.namespace or "default") != reference.namespace:
        return False
    if reference.name:
        return item.metadata.name == reference.name
    return reference.selector is not None and selects(reference.selector, item.metadata.labels or {})


def _said(policy: Policy, bound: Bound, item: _Item, judged: Judged) -> Iterator[Verdict]:
    if judged.outcome is Outcome.SKIPPED or judged.outcome is Outcome.HOLDS:
        yield passed(item.about)
        return
    quiet = True
    for finding in judged.findings:
        verdict = _verdict(policy, bound, item, finding)
        if verdict is not None:
            quiet = False
            yield verdict
    if quiet:
        yield passed(item.about)


def _verdict(policy: Policy, bound: Bound, item: _Item, finding: Finding) -> Verdict | None:
    locus = finding.expression.removesuffix(".expression")
    if finding.outcome is Outcome.UNKNOWN:
        return not_evaluated(item.about, f"{finding.expression}: {finding.message}", locus)
    message = finding.message
    if finding.outcome is Outcome.BROKEN:
        if policy.own:
            reason = f"{policy.source}: {finding.expression} ended in an error: {finding.message}."
            return Verdict(Status.ERROR, item.about, "", locus, reason)
        if policy.ignores_errors:
            return None
        message = f"the expression ends in an error, which refuses: {finding.message}"
    evidence = Evidence(
        finding.expression,
        _observed(item, finding),
        _expected(policy, bound),
        item.source,
        item.metadata.uid,
        item.metadata.resource_version,
    )
    return failed(item.about, _sentence(message), evidence, locus)


def _observed(item: _Item, finding: Finding) -> str:
    return f"{item.kind.kind} {item.metadata.name}: {finding.message}"[:500]


def _expected(policy: Policy, bound: Bound) -> str:
    if policy.own:
        return "the expression is true"
    if REFUSES in bound.actions:
        return f"true, or binding {bound.name} refuses the object"
    return f"true, or binding {bound.name} notes it ({', '.join(bound.actions)}) and lets the object in"


def _sentence(text: str) -> str:
    first = text.strip()
    return (first[:1].upper() + first[1:]).rstrip(".") + "."

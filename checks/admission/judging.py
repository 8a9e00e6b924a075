"""Policies run against a snapshot's whole objects: what would be refused, and what could not be judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from checks.admission.choosing import Chosen, chosen, may_cover
from checks.admission.items import Item
from checks.admission.parameters import Parameters, parameters
from checks.admission.policy import REFUSES, Bound, Policy
from checks.cel.bench import Bench, TooMuch
from checks.cel.protocol import Finding, Judged, Outcome, Run, Task
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Resource, Status, Verdict
from checks.verdict import cluster_resource, failed, not_applicable, not_evaluated, passed

MOST_RUNS = 2_000_000
"""Objects that all policies together judge: results for more would not fit into memory."""
_MOST_ALIKE = 20
"""Findings about one resource at one place: more replicas add nothing."""


def judge(policies: tuple[Policy, ...], snapshot: Snapshot) -> dict[str, tuple[Verdict, ...]]:
    """What every policy says, by its id. One that takes too much is an error; the others are judged."""
    with Bench(each.program for each in policies if each.bound) as bench:
        judging = _Judging(snapshot, bench)
        return {policy.id: tuple(judging.verdicts(policy)) for policy in policies}


class _Judging:
    def __init__(self, snapshot: Snapshot, bench: Bench) -> None:
        self._snapshot, self._bench = snapshot, bench
        self._cluster = cluster_resource(snapshot)
        self._left = MOST_RUNS

    def verdicts(self, policy: Policy) -> Iterator[Verdict]:
        if not policy.bound:
            yield not_applicable(self._cluster, f"No binding puts the policy {policy.source} into effect.")
            return
        yield from self._gaps(policy)
        said = False
        for bound in policy.bound:
            for verdict in self._under(policy, bound):
                said = True
                yield verdict
        if not said:
            yield not_applicable(self._cluster, "Nothing that it judges is there.")

    def _gaps(self, policy: Policy) -> Iterator[Verdict]:
        """Kinds that it judges and that could not be read whole."""
        kinds = self._snapshot.whole
        for kind in kinds:
            if kind.reason and may_cover(policy, kind):
                reason = f"{kind.kind or kind.plural} could not be read whole: {kind.reason}"
                yield not_evaluated(self._cluster, reason, locus=f"kinds/{kind.kind or kind.plural}")
        if policy.kind is not None and not any(
            (kind.api_version, kind.kind) == policy.kind for kind in kinds
        ):
            if self._snapshot.cluster.source == "manifests":
                return
            reason = (
                f"No whole objects of {' '.join(policy.kind)} are in this snapshot; save it with --checks."
            )
            yield not_evaluated(self._cluster, reason, locus=f"kinds/{policy.kind[1]}")

    def _under(self, policy: Policy, bound: Bound) -> Iterator[Verdict]:
        """What the policy says under one of its bindings."""
        given = parameters(policy, bound, self._snapshot)
        if given.reason:
            yield not_evaluated(self._cluster, given.reason, locus=f"bindings/{bound.name}")
            return
        judged = chosen(policy, bound, self._snapshot)
        runs, refused = _runs(judged, given)
        count = len(judged.items) if runs is None else len(runs)
        self._left -= count
        name = policy.source or policy.id
        if self._left < 0:
            reason = f"{name}: all policies together judge more than {MOST_RUNS} objects; this one did not."
            yield Verdict(Status.ERROR, self._cluster, "", "", reason)
            return
        said = _Said(policy, bound)
        if count:
            try:
                reply = self._bench.ask(Task(policy.program, judged.subjects, given.values, runs))
            except TooMuch as error:
                yield Verdict(Status.ERROR, self._cluster, "", "", f"{name}: {error}.")
                return
            for place, reason in reply.broken.items():
                yield Verdict(Status.ERROR, self._cluster, "", place, f"{name}: {place}: {reason}.")
            if reply.broken:
                return
            items = judged.items if runs is None else (judged.items[run.subject] for run in runs)
            for item, index in zip(items, reply.runs, strict=True):
                said.judged(item, reply.said[index])
        for item, why in refused:
            said.refused(item, why)
        yield from said.verdicts()


def _runs(judged: Chosen, given: Parameters) -> tuple[tuple[Run, ...] | None, list[tuple[Item, str]]]:
    """Each object with each of its parameters, None for the only one; and what the binding itself refuses."""
    if given.one_for_all:
        return None, []
    runs: list[Run] = []
    refused = []
    for number, item in enumerate(judged.items):
        found = given.for_(item.requested_in)
        if isinstance(found, str):
            refused.append((item, found))
        else:
            runs += (Run(number, which) for which in found)
    return tuple(runs), refused


class _Said:
    """What a policy said under a binding, gathered by what it is about: fifty replicas pass once."""

    def __init__(self, policy: Policy, bound: Bound) -> None:
        self._policy, self._bound = policy, bound
        self._passed: dict[Resource, None] = {}
        self._verdicts: list[Verdict] = []
        self._alike: Counter[tuple[Resource, str]] = Counter()

    def judged(self, item: Item, judged: Judged) -> None:
        self._passed[item.about] = None
        for finding in judged.findings:
            self._add(_verdict(self._policy, self._bound, item, finding))

    def refused(self, item: Item, why: str) -> None:
        """What a binding that is not as it should be does, whatever the expressions say."""
        self._passed[item.about] = None
        if not self._policy.ignores_errors:
            message = f"The binding {self._bound.name} {why}."
            facts = Evidence(
                f"bindings/{self._bound.name}",
                f"{item.kind.kind} {item.metadata.name}",
                "parameters that are there",
                item.source,
                item.metadata.uid,
                item.metadata.resource_version,
            )
            self._add(failed(item.about, message, facts, f"bindings/{self._bound.name}"))

    def _add(self, verdict: Verdict | None) -> None:
        if verdict is not None:
            key = verdict.resource, verdict.locus
            self._alike[key] += 1
            if self._alike[key] <= _MOST_ALIKE:
                self._verdicts.append(verdict)

    def verdicts(self) -> Iterable[Verdict]:
        about = {verdict.resource for verdict in self._verdicts}
        return (*(passed(each) for each in self._passed if each not in about), *self._verdicts)


def _verdict(policy: Policy, bound: Bound, item: Item, finding: Finding) -> Verdict | None:
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
        f"{item.kind.kind} {item.metadata.name}: {finding.message}"[:500],
        "the expression is true" if policy.own else f"true, or {_effect(bound)}",
        item.source,
        item.metadata.uid,
        item.metadata.resource_version,
    )
    more = "" if policy.own else f" {_sentence(_effect(bound))}"
    return failed(item.about, f"{_sentence(message)}{more}", evidence, locus)


_EFFECTS = {"Warn": "warns of it", "Audit": "notes it in the audit log"}


def _effect(bound: Bound) -> str:
    """What a binding does about an object that a policy finds fault with."""
    others = " and ".join(_EFFECTS.get(each, each) for each in sorted(bound.actions) if each != REFUSES)
    who = f"binding {bound.name} ({', '.join(bound.actions)})"
    if REFUSES in bound.actions:
        return f"{who} refuses it" + (f" and {others}" if others else "")
    return f"{who} {others or 'does nothing about it'} and lets it in"


def _sentence(text: str) -> str:
    first = text.strip()
    return (first[:1].upper() + first[1:]).rstrip(".") + "."

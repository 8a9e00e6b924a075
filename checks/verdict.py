"""How a check function says what it found: one short call a verdict.

The five statuses that are neither pass nor fail cannot be said without a reason.
"""

from __future__ import annotations

from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Resource, Status, Verdict


def passed(resource: Resource, message: str = "") -> Verdict:
    """The resource was judged and is as it should be."""
    return Verdict(Status.PASS, resource, message)


def failed(
    resource: Resource,
    message: str,
    evidence: Evidence | tuple[Evidence, ...] = (),
    locus: str = "",
) -> Verdict:
    """The resource was judged and is not as it should be: one sentence, and what was observed where."""
    facts = (evidence,) if isinstance(evidence, Evidence) else evidence
    return Verdict(Status.FAIL, resource, message, locus, None, facts)


def not_evaluated(resource: Resource, reason: str, locus: str = "") -> Verdict:
    """What it takes to judge could not be read."""
    return Verdict(Status.NOT_EVALUATED, resource, "", locus, reason)


def manual(
    resource: Resource, reason: str, evidence: Evidence | tuple[Evidence, ...] = (), locus: str = ""
) -> Verdict:
    """Everything there is to see was seen, and a person must decide."""
    facts = (evidence,) if isinstance(evidence, Evidence) else evidence
    return Verdict(Status.MANUAL, resource, "", locus, reason, facts)


def not_applicable(resource: Resource, reason: str, locus: str = "") -> Verdict:
    """The question does not arise for this resource."""
    return Verdict(Status.NOT_APPLICABLE, resource, "", locus, reason)


def cluster_resource(snapshot: Snapshot) -> Resource:
    """The cluster itself, for verdicts that are about no single object."""
    return Resource("v1", "Cluster", None, snapshot.cluster.name, snapshot.cluster.uid)

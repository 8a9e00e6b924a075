"""What the API server counts of its own auditing since it started: whether it records, and what it lost.

One level is counted for each request, where there is a policy and somewhere to write to; one event for each
stage that is sent there. That an event was sent does not say that it arrived; that one failed does.
"""

from __future__ import annotations

from msgspec import Struct

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Verdict
from checks.verdict import cluster_resource, failed, passed

_LEVELS, _EVENTS = "apiserver_audit_level_total", "apiserver_audit_event_total"
_ERRORS, _REJECTED = "apiserver_audit_error_total", "apiserver_audit_requests_rejected_total"
_ENOUGH = 1_000
"""Requests after which it says something that none of them was recorded."""
_SOURCE = "ApiServerMetrics"


class Counted(Struct, frozen=True):
    """`requests`: those that were looked at. `errors`: events that failed, by the plugin that failed."""

    requests: int
    events: int
    errors: dict[str, int]
    rejected: int

    @property
    def lost(self) -> tuple[Evidence, ...]:
        """What failed, plugin by plugin, and the requests that were refused for it."""
        facts = [
            Evidence(f'{_ERRORS}{{plugin="{plugin}"}}', number, "0", _SOURCE)
            for plugin, number in sorted(self.errors.items())
            if number
        ]
        if self.rejected:
            facts.append(Evidence(_REJECTED, self.rejected, "0", _SOURCE))
        return tuple(facts)


def counted(snapshot: Snapshot) -> Counted | None:
    """The counters of the API server that answered; None where they were not read or are not there."""
    found = snapshot.all(o.ApiServerMetrics)
    if not any(metrics.of(_EVENTS) for metrics in found):
        return None

    def total(name: str) -> int:
        return sum(int(sample.value) for metrics in found for sample in metrics.of(name))

    errors = {
        sample.label("plugin"): int(sample.value) for metrics in found for sample in metrics.of(_ERRORS)
    }
    return Counted(total(_LEVELS), total(_EVENTS), errors, total(_REJECTED))


def records(snapshot: Snapshot) -> Verdict | None:
    """Whether the API server that answered records requests, by its counters; None where they leave it open.

    The request for the counters is counted itself, so that none at all means that nothing is looked at. Where
    as many events failed as there are, another backend may have them or none.
    """
    found = counted(snapshot)
    if found is None:
        return None
    cluster = cluster_resource(snapshot)
    if found.events:
        sent = f"The API server that answered has sent {found.events:,} events to its audit backend."
        return passed(cluster, sent) if sum(found.errors.values()) < found.events else None
    if not found.requests:
        fact = Evidence(_LEVELS, 0, "one for each request", _SOURCE)
        return failed(cluster, "The API server that answered looks at no request to record it.", fact)
    if found.requests < _ENOUGH:
        return None
    fact = Evidence(_EVENTS, 0, "more than 0", _SOURCE)
    message = f"The API server that answered has looked at {found.requests:,} requests and recorded none."
    return failed(cluster, message, fact)

"""How a cluster stands: which service accounts reach cluster-admin without having it, and what ends that.

Part of every scan, for the report. People and groups are left to `escalate`: a service account is what
whoever breaks into a workload becomes.
"""

from __future__ import annotations

from checks.access.escalation.cut import cheapest
from checks.access.escalation.estate import KINDS
from checks.access.escalation.graph import graph
from checks.access.escalation.places import Goal
from checks.access.escalation.told import told
from checks.access.escalation.ways import holds, reaching
from checks.access.subjects import SERVICE_ACCOUNT
from checks.cluster.snapshot import Snapshot
from checks.model import Escalations

MOST_WAYS = 100
"""Ways that are kept with a scan: more than a page can show."""


def escalations(snapshot: Snapshot) -> Escalations | None:
    """The ways of service accounts by what people granted, shortest first; None where what they rest on could
    not all be read."""
    if not all(snapshot.saw(kind) for kind in KINDS):
        return None
    accounts = [
        each.subject
        for each in reaching(snapshot)
        if each.acts and not each.own and each.subject.kind == SERVICE_ACCOUNT
    ]
    if not accounts:
        return Escalations(0)
    whole = graph(snapshot)
    cut = cheapest(whole, accounts)
    ways = [way for way in whole.ways(accounts[:MOST_WAYS], Goal.ADMIN) if way is not None]
    return Escalations(
        len(accounts),
        tuple(told(way) for way in ways),
        tuple(map(str, cut.remove)),
        bool(cut.remove) and holds(snapshot, cut.remove, accounts),
    )

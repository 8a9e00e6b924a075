"""What the API server counts of its own writing: which transformer wrote a resource since it started."""

from __future__ import annotations

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.encryption.lookup import IDENTITY, Target
from checks.model import Evidence, Verdict
from checks.verdict import cluster_resource, failed, not_evaluated, passed

_WRITES = "apiserver_storage_transformation_operations_total"


def measured(snapshot: Snapshot, target: Target) -> Verdict | None:
    """What the counters say of a resource; None where they say nothing.

    Without an encryption configuration nothing is counted, so that no counter is no evidence of anything.
    """
    counted = _written(snapshot, target)
    if not counted:
        return None
    cluster = cluster_resource(snapshot)
    fact = Evidence(_WRITES, counted, "k8s:enc:… only", "ApiServerMetrics")
    plain = [prefix for prefix in counted if prefix == IDENTITY]
    if not plain:
        prefixes = ", ".join(counted)
        return passed(cluster, f"The API server that answered wrote {target} with {prefixes} only.")
    if len(plain) < len(counted):
        return not_evaluated(
            cluster,
            f"The API server that answered wrote {target} both encrypted and plain since it started: its "
            "configuration changed. Give a copy of the file.",
        )
    return failed(cluster, f"The API server that answered writes {target} as plain text.", fact)


def _written(snapshot: Snapshot, target: Target) -> dict[str, int]:
    """How often each prefix was written; plain text has none. A provider with keys counts a second time, with
    the key's name for a prefix: that is left out."""
    found: dict[str, int] = {}
    for metrics in snapshot.all(o.ApiServerMetrics):
        for sample in metrics.of(_WRITES):
            written = sample.label("transformation_type") == "to_storage" and sample.label("status") == "OK"
            if written and sample.value and sample.label("resource") == str(target):
                prefix = sample.label("transformer_prefix") or IDENTITY
                if prefix == IDENTITY or prefix.startswith("k8s:enc:"):
                    found[prefix] = found.get(prefix, 0) + int(sample.value)
    return dict(sorted(found.items()))

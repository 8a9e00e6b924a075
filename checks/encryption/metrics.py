"""What the API server counts of its own encrypting since it started: which transformer wrote a resource, and
whether it took up its configuration when that changed."""

from __future__ import annotations

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.encryption.lookup import IDENTITY, Target
from checks.model import Evidence, Verdict
from checks.verdict import cluster_resource, failed, not_evaluated, passed

_WRITES = "apiserver_storage_transformation_operations_total"
_TAKEN_UP = "apiserver_encryption_config_controller_automatic_reload_last_timestamp_seconds"


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


def taken_up(snapshot: Snapshot) -> Verdict | None:
    """Whether the configuration was taken up when its file last changed; None where that is not counted.

    Only an API server that looks for changes by itself counts, and only when there was one.
    """
    moments = {
        sample.label("status"): int(sample.value)
        for metrics in snapshot.all(o.ApiServerMetrics)
        for sample in metrics.of(_TAKEN_UP)
    }
    if not moments:
        return None
    cluster = cluster_resource(snapshot)
    if moments.get("failure", 0) > moments.get("success", 0):
        fact = Evidence(_TAKEN_UP, moments, "no failure after the last success", "ApiServerMetrics")
        said = "could not take up its encryption configuration when the file last changed"
        return failed(cluster, f"The API server that answered {said}, and goes on with the one before.", fact)
    return passed(cluster, "The API server that answered took up the file when it last changed.")

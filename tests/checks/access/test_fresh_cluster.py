"""A new cluster has nothing to find in its RBAC: all of it is Kubernetes' own, and is known to be.

The server is shared, so what other tests may have put there is left out: it lacks the API server's label.
"""

from __future__ import annotations

from msgspec.structs import replace

from checks.access.admins import cluster_admins
from checks.access.index import RBAC_KINDS
from checks.access.stock import labelled
from checks.cluster.source import LiveCluster, take_snapshot
from checks.model import Status
from checks.registry import all_checks
from checks.run import evaluate
from tests.harness.api_server import ApiServer


def test_a_new_api_server_has_no_finding(api_server: ApiServer) -> None:
    snapshot = take_snapshot(LiveCluster(api_server.kubeconfig), progress=lambda *_: None, kinds=RBAC_KINDS)
    own = {name: tuple(item for item in snapshot.objects[name] if labelled(item)) for name in RBAC_KINDS}
    assert all(own.values())
    snapshot = replace(snapshot, objects=own)
    checks = tuple(check for check in all_checks() if check.id.startswith("rbac-"))
    scan = evaluate(snapshot, checks, (), tool_version="test")
    found = [
        (result.check, str(result.resource), result.message or result.reason)
        for result in scan.results
        if result.status not in {Status.PASS, Status.NOT_APPLICABLE}
    ]
    assert not found
    assert {result.check for result in scan.results} == {check.id for check in checks}
    assert [holder.how for holder in cluster_admins(snapshot)] == ["implicit"]

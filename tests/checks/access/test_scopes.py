"""The table of what Kubernetes serves against a real API server's discovery."""

from __future__ import annotations

from operator import attrgetter

from checks.cluster.connect import open_api
from checks.cluster.discovery import discover
from checks.cluster.resources import BUILT_IN
from checks.cluster.source import LiveCluster
from tests.harness.api_server import ApiServer


def test_the_table_is_what_a_server_with_every_group_serves() -> None:
    with (
        ApiServer(flags=("--runtime-config=api/all=true",)) as server,
        open_api(LiveCluster(server.kubeconfig)) as api,
    ):
        served = discover(api).names
    key = attrgetter("group", "name")
    assert sorted(served, key=key) == sorted(BUILT_IN, key=key)

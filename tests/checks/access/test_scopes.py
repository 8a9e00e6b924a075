"""What is in a namespace and what is not, against a real API server's discovery and its answers."""

from __future__ import annotations

from operator import attrgetter

import pytest

from checks.access.engine import who_can
from checks.access.matching import Request
from checks.cluster.connect import open_api
from checks.cluster.discovery import discover
from checks.cluster.resources import BUILT_IN
from checks.cluster.source import LiveCluster
from checks.model import Subject
from tests.checks.access.rbac_objects import binding, cluster, role, rule
from tests.harness.api_server import ApiServer
from tests.harness.kubernetes_api import ApiError


@pytest.mark.kubernetes
def test_the_table_is_what_a_server_with_every_group_serves() -> None:
    with (
        ApiServer(flags=("--runtime-config=api/all=true",)) as server,
        open_api(LiveCluster(server.kubeconfig)) as api,
    ):
        served = discover(api).names
    key = attrgetter("group", "name")
    assert sorted(served, key=key) == sorted(BUILT_IN, key=key)


READER = role("one-namespace", rule("get watch list update", "core", "namespaces namespaces/status"))


@pytest.mark.parametrize(
    ("path", "request_", "allowed"),
    [
        ("/api/v1/namespaces/one", Request("get", "namespaces", name="one"), True),
        ("/api/v1/namespaces/one/status", Request("get", "namespaces", "", "status", "one"), True),
        ("/api/v1/watch/namespaces/one", Request("watch", "namespaces", name="one", namespace="one"), True),
        ("/api/v1/namespaces/default", Request("get", "namespaces", name="default"), False),
        ("/api/v1/namespaces", Request("list", "namespaces", name="", namespace=""), False),
    ],
)
def test_rule_16_with_real_requests(
    api_server: ApiServer, path: str, request_: Request, *, allowed: bool
) -> None:
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "one"}}
    docs = (space, READER, binding("b", "one-namespace", "user:auditor", namespace="one", kind="ClusterRole"))
    api_server.api.apply(*docs)
    try:
        holders = who_can(cluster(*docs[1:]), request_).holders
        assert (Subject("User", "auditor") in {each.subject for each in holders}) is allowed
        if allowed:
            api_server.api_as("auditor").get(path, timeoutSeconds=1)
        else:
            with pytest.raises(ApiError, match="403"):
                api_server.api_as("auditor").get(path)
    finally:
        api_server.api.delete(*docs)

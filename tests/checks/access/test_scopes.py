"""The table of resources outside of namespaces against a real API server's discovery."""

from __future__ import annotations

from checks.access.scopes import CLUSTER_SCOPED
from tests.harness.api_server import ApiServer
from tests.harness.kubernetes_api import Api, ApiError


def discovered(api: Api) -> dict[tuple[str, str], bool]:
    """Group and resource of what is built in -> whether it is namespaced."""
    paths = {"": ["/api/v1"]}
    for group in api.get("/apis")["groups"]:
        if group["name"].endswith(".k8s.io") or "." not in group["name"]:
            paths[group["name"]] = [f"/apis/{version['groupVersion']}" for version in group["versions"]]
    found = {}
    for name, versions in paths.items():
        for path in versions:
            try:
                resources = api.get(path)["resources"]
            except ApiError:
                continue
            found.update(
                {(name, each["name"]): each["namespaced"] for each in resources if "/" not in each["name"]}
            )
    return found


def test_the_table_agrees_with_discovery(api_server: ApiServer) -> None:
    found = discovered(api_server.api)
    assert len(found) > 50
    table = {(group, resource) for group, resources in CLUSTER_SCOPED.items() for resource in resources}
    assert {key for key, namespaced in found.items() if not namespaced} <= table
    assert not {key for key, namespaced in found.items() if namespaced} & table

"""A namespace as the install page sets it up."""

import pytest

from tests.harness.api_server import ApiServer

ENFORCE = "pod-security.kubernetes.io/enforce"


@pytest.fixture
def restricted(api_server: ApiServer, namespace: str) -> str:
    """A namespace that refuses every Pod below `restricted`."""
    metadata = {"name": namespace, "labels": {ENFORCE: "restricted"}}
    api_server.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    return namespace

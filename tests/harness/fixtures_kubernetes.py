"""pytest's view of the real API server: one for the whole run, and a namespace of its own for a test.

A plugin, loaded by `tests/conftest.py`, so that tests of every folder can ask for it.
"""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.harness.api_server import ApiServer


@pytest.fixture(scope="session")
def api_server() -> Iterator[ApiServer]:
    """The API server of this run. Shared: a test removes what it makes outside of its own namespace."""
    with ApiServer() as server:
        yield server


@pytest.fixture
def namespace(api_server: ApiServer) -> Iterator[str]:
    """A new namespace, emptied and removed afterwards."""
    name = f"test-{uuid4().hex[:12]}"
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    api_server.api.apply(manifest)
    yield name
    api_server.api.delete(manifest)

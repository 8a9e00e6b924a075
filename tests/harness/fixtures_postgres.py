"""Fixtures for tests against a real PostgreSQL server."""

from collections.abc import Iterator

import pytest

from tests.harness.postgres import Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The server of this run; it starts in about two seconds."""
    with Postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    """An empty database of its own for each test."""
    return postgres.url(postgres.create_database())

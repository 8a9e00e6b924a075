"""Everything here is tried on both databases, except what is about one of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reports.history import History


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'history.db'}"
    postgresql: str = request.getfixturevalue("postgres_url")
    return postgresql


@pytest.fixture
def history(url: str) -> Iterator[History]:
    opened = History.open(url)
    yield opened
    opened.close()

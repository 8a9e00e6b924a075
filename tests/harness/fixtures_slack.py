"""Fixtures for tests against the local Slack."""

from collections.abc import Iterator

import pytest

from tests.harness.local_slack import LocalSlack


@pytest.fixture
def local_slack() -> Iterator[LocalSlack]:
    """An empty workspace of its own for each test; it starts in about a tenth of a second."""
    with LocalSlack() as slack:
        yield slack

"""Fixtures for tests against the local Slack."""

from collections.abc import Iterator

import pytest

from tests.harness.local_slack import LocalSlack
from tests.harness.strict_slack import StrictSlack


@pytest.fixture
def local_slack() -> Iterator[LocalSlack]:
    """An empty workspace of its own for each test; it starts in about a tenth of a second."""
    with LocalSlack() as slack:
        yield slack


@pytest.fixture
def strict_slack(local_slack: LocalSlack) -> Iterator[StrictSlack]:
    """The same workspace behind Slack's own limits; `.slack` is the people's side of it."""
    with StrictSlack(local_slack) as strict:
        yield strict

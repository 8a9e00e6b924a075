"""Fixtures shared by all tests: the real components come from tests/harness."""

import hypothesis
import pytest

hypothesis.settings.register_profile("any speed", hypothesis.settings(deadline=None))
hypothesis.settings.load_profile("any speed")  # how long one example takes says what else the machine does

pytest_plugins = [
    "tests.harness.fixtures_kubernetes",
    "tests.harness.fixtures_postgres",
    "tests.harness.fixtures_slack",
]

COMPONENTS = {
    "api_server": pytest.mark.kubernetes,
    "local_slack": pytest.mark.slack,
    "strict_slack": pytest.mark.slack,
    "postgres": pytest.mark.postgres,
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a real component, so that the quick loop never meets one that is not there."""
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in COMPONENTS:
                item.add_marker(COMPONENTS[fixture])

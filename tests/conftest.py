"""Fixtures shared by all tests: the real components come from tests/harness."""

pytest_plugins = [
    "tests.harness.fixtures_kubernetes",
    "tests.harness.fixtures_postgres",
    "tests.harness.fixtures_slack",
]

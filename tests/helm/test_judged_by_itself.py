"""Quarterdeck's own chart under Quarterdeck's own checks: every finding left is one that we can defend."""

from pathlib import Path

import pytest
import yaml

from bot import __version__
from checks import frameworks, registry
from checks.cluster.source import Manifests, take_snapshot
from checks.model import Scan, Status
from checks.run import evaluate
from tests.helm.chart import render

pytestmark = pytest.mark.kubernetes

EXCEPTIONS: dict[str, str] = {}
"""Check id -> why the chart fails it and has to."""


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    """The chart as the install page sets it up, in a namespace that is set up likewise."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    namespace = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "quarterdeck", "labels": labels},
    }
    image = {"repository": "registry.example.com/quarterdeck", "digest": f"sha256:{'0' * 64}"}
    objects = [namespace, *render(image=image, slack={"existingSecret": "quarterdeck-slack"})]
    folder: Path = tmp_path_factory.mktemp("chart")
    (folder / "chart.yaml").write_text(yaml.safe_dump_all(objects), "utf-8")
    snapshot = take_snapshot(Manifests(folder), progress=lambda *_: None)
    assert snapshot.problems == ()
    loaded = frameworks.load(frameworks.framework_ids())
    return evaluate(snapshot, registry.all_checks(), loaded, tool_version=__version__)


def test_no_check_fails_but_the_exceptions(scan: Scan) -> None:
    failed = {each.check: each for each in scan.results if each.status is Status.FAIL}
    unexplained = [f"{each.check}: {each.message}" for name, each in failed.items() if name not in EXCEPTIONS]
    assert unexplained == []
    assert set(EXCEPTIONS) <= set(failed), "an exception that no longer fails: take it out"


def test_no_check_breaks_on_it_and_many_pass(scan: Scan) -> None:
    assert [each for each in scan.results if each.status is Status.ERROR] == []
    assert len({each.check for each in scan.results if each.status is Status.PASS}) >= 10

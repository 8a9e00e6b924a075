"""Quarterdeck's own chart under Quarterdeck's own checks: every finding left is one that we can defend."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import __version__
from checks import frameworks, registry
from checks.cluster.source import Manifests, take_snapshot
from checks.model import Scan, Status
from checks.run import evaluate
from tests.helm.chart import render

pytestmark = pytest.mark.kubernetes

IMAGE = {"repository": "registry.example.com/quarterdeck", "digest": f"sha256:{'0' * 64}"}
_NEIGHBOURS = (
    "The namespace may not be Quarterdeck's alone: isolating its other pods is the operator's to turn on."
)
_SHARED = {"namespace-default-deny-egress": _NEIGHBOURS, "namespace-default-deny-ingress": _NEIGHBOURS}
_BOUNDS = "How much a namespace may take is for whoever shares out the cluster."
_ALWAYS = {
    "namespace-no-limit-range": _BOUNDS,
    "namespace-no-resource-quota": _BOUNDS,
    "pod-no-user-namespace": "Whether the nodes' kernel and runtime can do it is not known to a chart.",
    "secret-not-from-store": "Where the Slack tokens' Secret comes from is the operator's choice.",
    "workload-internet-egress": "Slack is on the Internet, and has no fixed addresses.",
}
EXCEPTIONS = _SHARED | _ALWAYS
"""Check id -> why the chart fails it by default."""


def judge(folder: Path, **values: Any) -> Scan:
    """Judge the chart in a namespace as the install page makes it."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    metadata = {"name": "quarterdeck", "labels": labels}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    chosen = {"image": IMAGE, "slack": {"existingSecret": "quarterdeck-slack"}, **values}
    objects = [namespace, *render(**chosen)]
    (folder / "chart.yaml").write_text(yaml.safe_dump_all(objects), "utf-8")
    snapshot = take_snapshot(Manifests(folder), progress=lambda *_: None)
    assert snapshot.problems == ()
    loaded = frameworks.load(frameworks.framework_ids())
    return evaluate(snapshot, registry.all_checks(), loaded, tool_version=__version__)


def failed(scan: Scan) -> set[str]:
    return {each.check for each in scan.results if each.status is Status.FAIL}


def test_no_check_fails_but_the_exceptions(tmp_path: Path) -> None:
    assert failed(judge(tmp_path)) == set(EXCEPTIONS)


def test_no_check_fails_where_the_namespace_is_its_own(tmp_path: Path) -> None:
    assert failed(judge(tmp_path, networkPolicy={"defaultDeny": True})) == set(_ALWAYS)


def test_a_tag_is_found_where_a_digest_should_be(tmp_path: Path) -> None:
    """The control: the checks do look at the chart."""
    assert "image-no-digest" in failed(
        judge(tmp_path, networkPolicy={"defaultDeny": True}, image={"tag": "edge"})
    )


def test_no_check_breaks_on_it_and_many_pass(tmp_path: Path) -> None:
    scan = judge(tmp_path)
    assert [each for each in scan.results if each.status is Status.ERROR] == []
    assert len({each.check for each in scan.results if each.status is Status.PASS}) >= 10

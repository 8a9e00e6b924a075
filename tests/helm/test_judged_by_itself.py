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
_ROOM = "What a namespace may take is the operator's to say: a chart that limits itself limits nobody."
_ON_ANY_NODE = "Where a node cannot do it the pod would not start; `hostUsers: false` turns it on."
_BY_NAME = "It takes an existing Secret by name: whether a store fills it, the chart cannot see."
_SLACK = "Slack has no fixed addresses; `networkPolicy.egressTo` narrows it to a proxy's."
OF_ANY_CHART = {"namespace-no-limit-range": _ROOM, "namespace-no-resource-quota": _ROOM}
"""Check id -> why the chart fails it whatever the values."""
EXCEPTIONS = OF_ANY_CHART | {
    "namespace-default-deny-egress": _NEIGHBOURS,
    "namespace-default-deny-ingress": _NEIGHBOURS,
    "pod-no-user-namespace": _ON_ANY_NODE,
    "secret-not-from-store": _BY_NAME,
    "workload-internet-egress": _SLACK,
}
"""Check id -> why the chart fails it by default."""
CAREFUL = {
    "networkPolicy": {
        "defaultDeny": True,
        "egressTo": [{"ipBlock": {"cidr": "10.20.0.0/16"}}],
        "dnsTo": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}],
    },
    "hostUsers": False,
}
STORE = {
    "apiVersion": "external-secrets.io/v1",
    "kind": "ExternalSecret",
    "metadata": {"name": "quarterdeck-slack", "namespace": "quarterdeck"},
    "spec": {"secretStoreRef": {"kind": "ClusterSecretStore", "name": "vault"}},
}


def judge(folder: Path, *beside: dict[str, Any], **values: Any) -> Scan:
    """Judge the chart in a namespace as the install page makes it, the operator's objects beside it."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    metadata = {"name": "quarterdeck", "labels": labels}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    chosen = {"image": IMAGE, "slack": {"existingSecret": "quarterdeck-slack"}, **values}
    objects = [namespace, *beside, *render(**chosen)]
    (folder / "chart.yaml").write_text(yaml.safe_dump_all(objects), "utf-8")
    snapshot = take_snapshot(Manifests(folder), progress=lambda *_: None)
    assert snapshot.problems == ()
    loaded = frameworks.load(frameworks.framework_ids())
    return evaluate(snapshot, registry.all_checks(), loaded, tool_version=__version__)


def failed(scan: Scan) -> set[str]:
    return {each.check for each in scan.results if each.status is Status.FAIL}


def test_no_check_fails_but_the_exceptions(tmp_path: Path) -> None:
    assert failed(judge(tmp_path)) == set(EXCEPTIONS)


def test_no_check_fails_where_the_operator_does_their_part(tmp_path: Path) -> None:
    assert failed(judge(tmp_path, STORE, **CAREFUL)) == set(OF_ANY_CHART)


def test_a_tag_is_found_where_a_digest_should_be(tmp_path: Path) -> None:
    """The control: the checks do look at the chart."""
    assert "image-no-digest" in failed(judge(tmp_path, image={"tag": "edge"}))


def test_no_check_breaks_on_it_and_many_pass(tmp_path: Path) -> None:
    scan = judge(tmp_path)
    assert [each for each in scan.results if each.status is Status.ERROR] == []
    assert len({each.check for each in scan.results if each.status is Status.PASS}) >= 10

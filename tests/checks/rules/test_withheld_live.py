"""Rights withheld from the scanning account on the real API server, kind by kind: no scan looks better.

Every kind that a list has is withheld once, those of add-ons too: their resources are defined first. The rule
is in `tests.harness.withheld`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from checks import frameworks
from checks.cluster.kinds import KINDS, Kind
from checks.cluster.objects import ANY
from checks.cluster.source import LiveCluster, take_snapshot
from checks.model import CoverageState, Scan
from checks.registry import all_checks
from checks.run import evaluate, kinds_read
from tests.harness.api_server import ApiServer
from tests.harness.kubernetes_api import Object
from tests.harness.sample_cluster import load_sample, remove_sample
from tests.harness.withheld import wrongs

RBAC = "rbac.authorization.k8s.io"
READER = "nobody"
NAME = "qd-withheld"
FOR_EVERYBODY = "cluster-overview"
"""Of the sample: it lets everybody list namespaces and nodes, so that nothing could be withheld."""
LISTED = {kind.name: kind for kind in KINDS.values() if not kind.elsewhere}
CHECKS = all_checks()
FRAMEWORKS = frameworks.load(("cis-kubernetes-2.0.1",))


def definition(kind: Kind) -> Object:
    """The CustomResourceDefinition of an add-on's kind, with a schema that takes everything."""
    group, _, version = kind.api_version.rpartition("/")
    plural, name = (kind.plural, kind.type.kind) if kind.plural != ANY else ("qdlabels", "QdLabels")
    names = {"plural": plural, "kind": name, "singular": name.lower()}
    protected = {"api-approved.kubernetes.io": "unapproved, experimental-only"}
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    served = {"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}", "annotations": protected},
        "spec": {
            "group": group,
            "names": names,
            "scope": "Namespaced" if kind.namespaced else "Cluster",
            "versions": [served],
        },
    }


def rights(*withheld: Kind) -> list[Object]:
    """The reader's role and binding: every kind but these."""
    gone = {(kind.group, kind.plural) for kind in withheld}
    resources = sorted({(kind.group, kind.plural) for kind in LISTED.values()} - gone)
    rules = [
        {"apiGroups": [group], "resources": [plural], "verbs": ["get", "list"]} for group, plural in resources
    ]
    named = {"apiVersion": f"{RBAC}/v1", "metadata": {"name": NAME}}
    subject = {"apiGroup": RBAC, "kind": "User", "name": READER}
    reference = {"apiGroup": RBAC, "kind": "ClusterRole", "name": NAME}
    return [
        {**named, "kind": "ClusterRole", "rules": rules},
        {**named, "kind": "ClusterRoleBinding", "roleRef": reference, "subjects": [subject]},
    ]


def scan(server: ApiServer) -> Scan:
    target = LiveCluster(server.kubeconfig_for(READER))
    snapshot = take_snapshot(target, progress=lambda *_: None, kinds=kinds_read(CHECKS))
    judged = evaluate(snapshot, CHECKS, FRAMEWORKS, tool_version="test")
    others = tuple(each for each in judged.results if each.resource.name != NAME)
    return replace(judged, results=others)  # the reader's own rights change from one test to the next


def wait_until_denied(server: ApiServer, kind: Kind) -> None:
    """The authorizer takes notice of a changed role a moment later."""
    end = time.monotonic() + 20
    where = {"group": kind.group, "namespace": kind.namespace, "name": next(iter(kind.names), "")}
    while server.api.sar(READER, ["system:authenticated"], "list", kind.plural, **where):
        assert time.monotonic() < end, f"the right to list {kind.plural} is not taken away"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def cluster(api_server: ApiServer) -> Iterator[ApiServer]:
    definitions = {
        made["metadata"]["name"]: made
        for kind in LISTED.values()
        if kind.custom
        for made in [definition(kind)]
    }
    api_server.api.apply(*definitions.values())
    stored = load_sample(api_server.api)
    api_server.api.delete(*(each for each in stored if each["metadata"]["name"] == FOR_EVERYBODY))
    api_server.api.apply(*rights())
    yield api_server
    remove_sample(api_server.api)
    api_server.api.delete(*rights(), *definitions.values())


@pytest.fixture(scope="module")
def full(cluster: ApiServer) -> Scan:
    whole = scan(cluster)
    assert not any(each.gap for each in whole.coverage)
    return whole


@pytest.mark.parametrize("name", LISTED)
def test_a_right_that_is_withheld_never_turns_a_failure_into_a_pass(
    cluster: ApiServer, full: Scan, name: str
) -> None:
    kind = LISTED[name]
    cluster.api.apply(*rights(kind))
    wait_until_denied(cluster, kind)
    less = scan(cluster)
    alike = tuple(
        each.name for each in LISTED.values() if (each.group, each.plural) == (kind.group, kind.plural)
    )
    unread = {each.kind for each in less.coverage if each.state is CoverageState.FORBIDDEN}
    assert unread == set(alike) & {each.kind for each in full.coverage}
    assert list(wrongs(full, less, alike)) == []

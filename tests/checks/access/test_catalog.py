"""What people call a resource, and that what is none is asked back."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from checks.access.catalog import Named, UnknownResource, cluster_scoped, find
from checks.access.engine import who_can
from checks.access.matching import Request
from checks.cluster.manifests import read_manifests
from checks.cluster.resources import BUILT_IN, ApiResource
from tests.checks.access.rbac_objects import binding, cluster, role, rule
from tests.harness.fixture_snapshot import MOMENT

CERTIFICATES = "certificates.k8s.io"


@pytest.mark.parametrize(
    ("text", "resource", "group", "subresource"),
    [
        ("pods", "pods", "", ""),
        ("po", "pods", "", ""),
        ("Pod", "pods", "", ""),
        ("pods/exec", "pods", "", "exec"),
        ("deploy", "deployments", "apps", ""),
        ("deployments.apps", "deployments", "apps", ""),
        ("deployments.v1.apps", "deployments", "apps", ""),
        ("deployment.apps/scale", "deployments", "apps", "scale"),
        ("CSRs", "certificatesigningrequests", CERTIFICATES, ""),
        ("netpol", "networkpolicies", "networking.k8s.io", ""),
        ("csr/approval", "certificatesigningrequests", CERTIFICATES, "approval"),
        ("signers", "signers", CERTIFICATES, ""),
        ("users", "users", "", ""),
        ("userextras/scopes", "userextras", "authentication.k8s.io", "scopes"),
        ("nodes/metrics", "nodes", "", "metrics"),
        ("*", "*", "*", ""),
        ("*.apps", "*", "apps", ""),
        ("*/scale", "*", "*", "scale"),
    ],
)
def test_names_as_kubectl_knows_them(text: str, resource: str, group: str, subresource: str) -> None:
    assert find(cluster(), text) == Named(resource, group, subresource)


def test_the_core_group_comes_first_and_the_others_are_told() -> None:
    events = find(cluster(), "events")
    assert events.group == ""
    assert [str(each) for each in events.others] == ["events.events.k8s.io"]


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("secretz", "secrets"),
        ("deployments.app", "deployments.apps"),
        ("pods/exce", "pods/exec"),
        ("networkpolices", "networkpolicies.networking.k8s.io"),
        ("secrets/x", "Ask about secrets"),
        ("pods/", "pods/exec"),
        ("love", "pods, deployments.apps"),
    ],
)
def test_an_unknown_resource_is_a_question_back(text: str, near: str) -> None:
    with pytest.raises(UnknownResource) as raised:
        find(cluster(), text)
    assert near in raised.value.next_step


def test_names_far_from_what_was_meant_are_not_offered() -> None:
    with pytest.raises(UnknownResource) as raised:
        find(cluster(), "secrts")
    assert raised.value.next_step == "Did you mean secrets?"


def test_a_resource_that_only_a_rule_names_is_known_and_marked() -> None:
    snapshot = cluster(role("r", rule("get", "canals.example", "locks locks/keys")))
    assert find(snapshot, "locks") == Named("locks", "canals.example", served=False)
    assert find(snapshot, "locks.canals.example/keys").subresource == "keys"
    with pytest.raises(UnknownResource, match="no resource called lock"):
        find(snapshot, "lock.other.example")


def test_a_rule_with_thousands_of_names_and_groups_is_looked_through_at_once() -> None:
    many = " ".join(f"things-{number}" for number in range(20_000))
    groups = " ".join(f"group-{number}.example" for number in range(20_000))
    snapshot = cluster(role("huge", rule("get", groups, many)), binding("b", "huge", "user:ann"))
    assert find(snapshot, "things-7").group == "group-0.example"
    assert find(snapshot, "things-7.group-19999.example").group == "group-19999.example"


def test_what_the_cluster_serves_decides_names_and_scopes() -> None:
    tide = ApiResource("sea.example", "tides", "Tide", namespaced=False, singular="tide", short_names=("td",))
    granted = (
        role("r", rule("list", "sea.example", "tides")),
        binding("b", "r", "user:alice", namespace="web", kind="ClusterRole"),
    )
    snapshot = replace(cluster(*granted), resources=(*BUILT_IN, tide))
    assert find(snapshot, "td") == Named("tides", "sea.example")
    assert ("sea.example", "tides") in cluster_scoped(snapshot)
    request = Request("list", "tides", "sea.example", name="")
    assert len(who_can(snapshot, request).holders) == 1
    assert len(who_can(cluster(*granted), request).holders) == 2, "taken to be namespaced where nobody says"


DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: tides.sea.example}
spec:
  group: sea.example
  scope: Cluster
  names: {plural: tides, kind: Tide, shortNames: [td]}
  versions: [{name: v1, subresources: {status: {}, scale: {specReplicasPath: .spec.replicas}}}]
"""


def test_files_with_definitions_name_their_resources(tmp_path: Path) -> None:
    (tmp_path / "crd.yaml").write_text(DEFINITION)
    snapshot = read_manifests(tmp_path, version=None, now=MOMENT)
    assert find(snapshot, "Tide/scale") == Named("tides", "sea.example", "scale")
    assert ("sea.example", "tides") in cluster_scoped(snapshot)
    assert find(snapshot, "pods").group == ""

"""The built-in sample cluster: the same in every run, whole, and showing what it is there to show."""

from collections import Counter

import pytest

from checks.cluster import objects as o
from checks.cluster.manifests import objects_of
from checks.cluster.sample import UID
from checks.cluster.snapshot import Snapshot
from checks.cluster.source import Sample, take_snapshot
from checks.model import CoverageState

OLD_FASHIONED = ("ReplicationController", "PodTemplate")
"""Kinds that clusters have and hardly anybody uses any more: the sample has none."""
CONTROLLERS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob")


@pytest.fixture(scope="module")
def sample() -> Snapshot:
    return take_snapshot(Sample(), progress=lambda *_: None)


def test_it_is_always_the_same_cluster(sample: Snapshot) -> None:
    again = take_snapshot(Sample(), progress=lambda *_: None)
    assert list(objects_of(again)) == list(objects_of(sample))
    assert again.cluster == sample.cluster
    assert sample.cluster.source == "sample"
    [kube_system] = [each for each in sample.all(o.Namespace) if each.metadata.name == "kube-system"]
    assert kube_system.metadata.uid == sample.cluster.uid == UID


def test_everything_in_it_could_be_read(sample: Snapshot) -> None:
    assert sample.problems == ()
    assert sample.skipped == {}
    assert all(each.state is CoverageState.COLLECTED for each in sample.coverage)
    listed = {each.kind for each in sample.coverage if each.listed or each.custom}
    assert {each.kind for each in sample.coverage} - listed <= set(OLD_FASHIONED)


def test_every_object_is_as_an_api_server_gives_it(sample: Snapshot) -> None:
    metadata = [each.metadata for each in objects_of(sample)]
    assert all(each.uid and each.resource_version and each.creation_timestamp for each in metadata)
    objects = {(each.resource, each.metadata.uid) for each in objects_of(sample)}
    assert max(Counter(uid for _, uid in objects).values()) == 1


def test_owners_exist(sample: Snapshot) -> None:
    known = {(each.kind, each.metadata.name, each.metadata.uid) for each in objects_of(sample)}
    owned = [each for each in objects_of(sample) if each.metadata.owner_references]
    assert owned
    for each in owned:
        for owner in each.metadata.owner_references or ():
            assert (owner.kind, owner.name, owner.uid) in known, f"{each.resource} is owned by {owner.name}"


def test_namespaces_and_nodes_that_are_named_exist(sample: Snapshot) -> None:
    namespaces = {each.metadata.name for each in sample.all(o.Namespace)}
    nodes = {each.metadata.name for each in sample.all(o.Node)}
    for each in objects_of(sample):
        assert each.metadata.namespace is None or each.metadata.namespace in namespaces, each.resource
    assert {pod.spec.node_name for pod in sample.all(o.Pod)} <= nodes


def test_it_shows_what_it_is_there_to_show(sample: Snapshot) -> None:
    workloads = {kind: sample.of(kind).listed for kind in CONTROLLERS}
    assert all(workloads.values())
    assert 25 <= sum(workloads.values()) <= 50
    bare = [pod.metadata.name for pod in sample.all(o.Pod) if not pod.metadata.owner_references]
    assert bare == ["debug-shell"]
    roles = {each.metadata.name for each in sample.all(o.ClusterRole)}
    dangling = {
        each.metadata.name for each in sample.all(o.ClusterRoleBinding) if each.role_ref.name not in roles
    }
    assert dangling == {"velero"}


def test_the_aggregated_roles_have_their_rules(sample: Snapshot) -> None:
    rules = {each.metadata.name: each.rules or () for each in sample.all(o.ClusterRole)}
    assert len(rules["admin"]) > len(rules["edit"]) > len(rules["view"]) > 0

"""Which cluster it is: by the kube-system namespace's uid, and what is said when that may not be read."""

from pathlib import Path

import pytest

from checks.cluster import objects as o
from checks.cluster.errors import Unreachable
from checks.cluster.identity import introduce, provider
from checks.cluster.kinds import KINDS
from checks.cluster.snapshot import Snapshot
from checks.cluster.source import LiveCluster, take_snapshot
from tests.checks.cluster.wire import (
    Answer,
    Wire,
    api_of,
    items,
    named,
    reply,
    reset,
    status,
    write_kubeconfig,
)

KUBE_SYSTEM = "/api/v1/namespaces/kube-system"
METADATA = {
    kind.path: items(kind="PartialObjectMetadataList") for kind in KINDS.values() if kind.metadata_only
}


def snapshot(wire: Wire, folder: Path, *kinds: str) -> Snapshot:
    target = LiveCluster(write_kubeconfig(folder / "kubeconfig", wire.url))
    return take_snapshot(target, progress=lambda *_: None, kinds=kinds)


def plan(**more: Answer) -> dict[str, Answer]:
    return {"/version": reply({"gitVersion": "v1.37.2"}), **METADATA, **more}


def test_the_uid_comes_with_the_namespaces_where_it_may_not_be_asked_for(tmp_path: Path) -> None:
    listed = {"/api/v1/namespaces": items(named("default"), named("kube-system")), KUBE_SYSTEM: status(403)}
    with Wire(plan(**listed), items()) as wire:
        cluster = snapshot(wire, tmp_path).cluster
    assert cluster.uid == "uid-of-kube-system"
    assert (cluster.name, cluster.version, cluster.source) == ("test", "v1.37.2", "cluster")


def test_the_uid_is_asked_for_alone(tmp_path: Path) -> None:
    alone = plan(**{KUBE_SYSTEM: reply(named("kube-system")), "/api/v1/namespaces": status(403)})
    with Wire(alone, items()) as wire:
        taken = snapshot(wire, tmp_path)
        assert taken.cluster.uid == "uid-of-kube-system"
        assert taken.problems == ()
        assert snapshot(wire, tmp_path, "Pod").cluster.uid == "uid-of-kube-system"


def test_without_the_right_it_is_unknown_and_said(tmp_path: Path) -> None:
    denied = plan(**{KUBE_SYSTEM: status(403), "/api/v1/namespaces": status(403)})
    with Wire(denied, items()) as wire:
        first, again = snapshot(wire, tmp_path), snapshot(wire, tmp_path)
    assert first.cluster.uid.startswith("unknown:")
    assert first.cluster.uid == again.cluster.uid
    [problem] = first.problems
    assert "kube-system" in str(problem)


def test_only_the_kinds_that_were_asked_for(tmp_path: Path) -> None:
    with Wire(plan(), items()) as wire:
        taken = snapshot(wire, tmp_path, "Role", "Namespace")
        assert KINDS["Pod"].path not in " ".join(wire.asked)
    assert [each.kind for each in taken.coverage] == ["Namespace", "Role"]
    assert not taken.saw("Pod")


@pytest.mark.parametrize("answer", [status(403), status(404), reply([]), reply({"gitVersion": 7})])
def test_a_version_that_is_not_told(tmp_path: Path, answer: Answer) -> None:
    with Wire({"/version": answer}) as wire, api_of(tmp_path, wire.url) as api:
        assert introduce(api).version == ""


def test_no_connection_is_the_first_thing_said(tmp_path: Path) -> None:
    with (
        Wire({}, reset) as wire,
        api_of(tmp_path, wire.url) as api,
        pytest.raises(Unreachable, match="broke"),
    ):
        introduce(api)


EVERYWHERE: frozenset[str] = frozenset(("apps", "batch"))


@pytest.mark.parametrize(
    ("version", "named"),
    [
        ("v1.35.3-eks-2d98532", "eks"),
        ("v1.35.3-eks-1-35-7", ""),  # EKS Distro: its control plane is the operator's
        ("v1.36.1-gke.1050000", "gke"),
        ("v1.36.1+k3s1", "k3s"),
        ("v1.36.1+rke2r1", "rke2"),
        ("v1.37.2", ""),
        ("", ""),
    ],
)
def test_whose_kubernetes_by_its_version(version: str, named: str) -> None:
    assert provider(version, EVERYWHERE, (), kubeadm=False) == named


@pytest.mark.parametrize(
    ("provider_id", "labels", "named"),
    [
        ("aws:///eu-north-1a/i-0", {}, ""),
        ("azure:///subscriptions/x", {"kubernetes.azure.com/cluster": "c"}, "aks"),
        ("azure:///subscriptions/x", {}, ""),
        ("", {"kubernetes.azure.com/cluster": "c"}, ""),
        ("k3s://n", {}, "k3s"),
        ("rke2://n", {}, "rke2"),
        ("kind://docker/kind/kind-control-plane", {}, "kind"),
        ("aws:///eu-north-1a/i-0", {"node.openshift.io/os_id": "rhcos"}, "openshift"),
        ("", {}, ""),
    ],
)
def test_whose_kubernetes_by_its_nodes(provider_id: str, labels: dict[str, str], named: str) -> None:
    node = o.Node(metadata=o.Metadata(name="n", labels=labels), spec=o.NodeSpec(provider_id=provider_id))
    assert provider("v1.36.1", EVERYWHERE, (o.Node(), node), kubeadm=False) == named


def test_openshift_says_it_with_its_groups() -> None:
    assert provider("v1.36.1", EVERYWHERE | {"config.openshift.io"}, (), kubeadm=False) == "openshift"


def test_kubeadm_comes_after_everything_that_is_built_with_it() -> None:
    kind = o.Node(spec=o.NodeSpec(provider_id="kind://docker/kind/kind-control-plane"))
    assert provider("v1.37.2", EVERYWHERE, (), kubeadm=True) == "kubeadm"
    assert provider("v1.37.2", EVERYWHERE, (kind,), kubeadm=True) == "kind"
    assert provider("v1.35.3-eks-2d98532", EVERYWHERE, (), kubeadm=True) == "eks"


def test_kubeadm_is_known_by_the_configuration_it_leaves(tmp_path: Path) -> None:
    config = reply(named("kubeadm-config", data={"ClusterConfiguration": "clusterName: harbour"}))
    with Wire(plan(**{f"{KUBE_SYSTEM}/configmaps/kubeadm-config": config}), items()) as wire:
        assert snapshot(wire, tmp_path).cluster.provider == "kubeadm"
    with Wire(plan(**{f"{KUBE_SYSTEM}/configmaps/kubeadm-config": status(404)}), items()) as wire:
        assert snapshot(wire, tmp_path).cluster.provider == ""

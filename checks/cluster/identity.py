"""Which cluster this is: its uid, name, version and provider, from little and cheaply."""

from __future__ import annotations

import hashlib
import re
from typing import TypeVar

import msgspec
from msgspec import Struct, field

from checks.cluster import objects as o
from checks.cluster.connect import Api
from checks.cluster.errors import Absent, Forbidden
from checks.cluster.kubeconfig import IN_CLUSTER
from checks.cluster.objects import wire
from checks.model import ClusterInfo, Problem

T = TypeVar("T")

_KUBE_SYSTEM = "kube-system"
_BY_VERSION = (
    (re.compile(r"-eks-(?!\d+-\d+-\d+$)"), "eks"),  # EKS Distro, which anybody may run, ends in three numbers
    (re.compile(r"-gke\."), "gke"),
    (re.compile(r"\+k3s"), "k3s"),
    (re.compile(r"\+rke2"), "rke2"),
)
_BY_NODE = (("kind://", "kind"), ("k3s://", "k3s"), ("rke2://", "rke2"))
_AKS_LABEL = "kubernetes.azure.com/cluster"
_OPENSHIFT_GROUP = "config.openshift.io"
_OPENSHIFT_LABEL = "node.openshift.io/os_id"
_CLUSTER_NAME = re.compile(r"^clusterName: *\"?([^\s\"]+)", re.MULTILINE)
_KUBEADM_DEFAULT = "kubernetes"
_BY_ADDRESS = (
    "the cluster is known by its address only, so its history breaks when that changes: grant the verb get on"
    f" the namespace {_KUBE_SYSTEM}, whose uid is the cluster's"
)


class _Version(Struct, frozen=True, rename="camel"):
    git_version: str = ""


class _KubeadmConfig(Struct, frozen=True):
    data: dict[str, str] = field(default_factory=dict)


class Introduction(Struct, frozen=True):
    """What a cluster says of itself when asked first. Empty where it does not say or we may not ask.

    kubeadm: whether it has the configuration that kubeadm leaves.
    """

    version: str = ""
    uid: str = ""
    name: str = ""
    kubeadm: bool = False


def introduce(api: Api) -> Introduction:
    """Ask a cluster who it is, before anything else, so that one clear error is raised when there is none.

    Raises ClusterError.
    """
    version = _asked(api, "/version", _Version)
    kube_system = _asked(api, f"/api/v1/namespaces/{_KUBE_SYSTEM}", o.Namespace)
    kubeadm = _asked(api, f"/api/v1/namespaces/{_KUBE_SYSTEM}/configmaps/kubeadm-config", _KubeadmConfig)
    return Introduction(
        version=version.git_version if version else "",
        uid=(kube_system.metadata.uid or "") if kube_system else "",
        name=(_kubeadm_name(kubeadm) or api.name) if api.name == IN_CLUSTER else api.name,
        kubeadm=kubeadm is not None,
    )


def identify(
    api: Api,
    introduction: Introduction,
    groups: frozenset[str],
    namespaces: tuple[o.Namespace, ...],
    nodes: tuple[o.Node, ...],
) -> tuple[ClusterInfo, tuple[Problem, ...]]:
    """The cluster's identity, and a Problem when it is known by nothing better than its address.

    groups: the API groups it serves.
    """
    uid = introduction.uid or _uid_among(namespaces)
    cluster = ClusterInfo(
        uid=uid or f"unknown:{hashlib.sha256(api.server.encode() + api.authority).hexdigest()[:16]}",
        name=introduction.name,
        version=introduction.version,
        provider=provider(introduction.version, groups, nodes, kubeadm=introduction.kubeadm),
        source="cluster",
        origin=IN_CLUSTER if api.name == IN_CLUSTER else f"context {api.name}",
    )
    return cluster, () if uid else (Problem("", None, _BY_ADDRESS),)


def provider(version: str, groups: frozenset[str], nodes: tuple[o.Node, ...], *, kubeadm: bool) -> str:
    """Whose Kubernetes it is: eks, gke, aks, openshift, k3s, rke2, kind or kubeadm; empty when unknown.

    What the server says of itself (version, groups) comes before what nodes say, which may be of many kinds,
    and kubeadm last, because others are built with it.
    """
    for mark, name in _BY_VERSION:
        if mark.search(version):
            return name
    if _OPENSHIFT_GROUP in groups:
        return "openshift"
    for node in nodes:
        if name := _provider_of_node(node):
            return name
    return "kubeadm" if kubeadm else ""


def _provider_of_node(node: o.Node) -> str:
    labels = node.metadata.labels or {}
    for prefix, name in _BY_NODE:
        if node.spec.provider_id.startswith(prefix):
            return name
    if node.spec.provider_id.startswith("azure://") and _AKS_LABEL in labels:
        return "aks"
    return "openshift" if _OPENSHIFT_LABEL in labels else ""


def _uid_among(namespaces: tuple[o.Namespace, ...]) -> str:
    found = (each.metadata.uid for each in namespaces if each.metadata.name == _KUBE_SYSTEM)
    return next(found, None) or ""


def _kubeadm_name(config: _KubeadmConfig | None) -> str:
    """The name kubeadm gave the cluster, unless it is the one it gives every cluster."""
    found = _CLUSTER_NAME.search(config.data.get("ClusterConfiguration", "")) if config else None
    return found.group(1) if found and found.group(1) != _KUBEADM_DEFAULT else ""


def _asked(api: Api, path: str, kind: type[T]) -> T | None:
    """What is at a path; None when it may not be read, is not there or is something else."""
    try:
        found: T = wire.decoder(kind).decode(api.get(path))
    except (Forbidden, Absent, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found

"""Which cluster this is: its uid, name, version and provider, from little and cheaply."""

from __future__ import annotations

import hashlib
import re

import msgspec
from msgspec import Struct, field

from checks.cluster import objects as o
from checks.cluster.connect import Api
from checks.cluster.errors import Absent, Forbidden
from checks.cluster.kubeconfig import IN_CLUSTER
from checks.model import ClusterInfo, Problem

_KUBE_SYSTEM = "kube-system"
_BY_VERSION = (("-eks-", "eks"), ("-gke.", "gke"), ("+k3s", "k3s"), ("+rke2", "rke2"))
_BY_NODE = (("kind://", "kind"), ("k3s://", "k3s"))
_AKS_LABEL = "kubernetes.azure.com/cluster"
_CLUSTER_NAME = re.compile(r"^clusterName: *\"?([^\s\"]+)", re.MULTILINE)
_KUBEADM_DEFAULT = "kubernetes"


class _Version(Struct, frozen=True, rename="camel"):
    git_version: str = ""


class _KubeadmConfig(Struct, frozen=True):
    data: dict[str, str] = field(default_factory=dict)


def server_version(api: Api) -> str:
    """The API server's version, such as `v1.37.2`; empty when it does not say.

    The first request to a cluster, so that one clear error is raised when there is none. Raises ClusterError.
    """
    try:
        return msgspec.json.decode(api.get("/version"), type=_Version).git_version
    except (Forbidden, Absent, msgspec.DecodeError, UnicodeDecodeError):
        return ""


def identify(
    api: Api, version: str, namespaces: tuple[o.Namespace, ...], nodes: tuple[o.Node, ...]
) -> tuple[ClusterInfo, tuple[Problem, ...]]:
    """The cluster's identity, from what was collected where that is enough. Raises ClusterError."""
    uid = _uid(api, namespaces)
    problems: tuple[Problem, ...] = ()
    if not uid:
        uid = f"unknown:{hashlib.sha256(api.server.encode() + api.authority).hexdigest()[:16]}"
        problems = (
            Problem(
                "",
                None,
                "the cluster is known by its address only, so its history breaks when that changes: grant"
                f" the verb get on the namespace {_KUBE_SYSTEM}, whose uid is the cluster's",
            ),
        )
    name = _kubeadm_name(api) or api.name if api.name == IN_CLUSTER else api.name
    return ClusterInfo(
        uid, name, version, provider(version, nodes), "cluster", f"context {api.name}"
    ), problems


def provider(version: str, nodes: tuple[o.Node, ...]) -> str:
    """Whose Kubernetes it is (eks, gke, aks, k3s, rke2, kind), from version and nodes; empty when unknown."""
    for mark, name in _BY_VERSION:
        if mark in version:
            return name
    for node in nodes:
        for prefix, name in _BY_NODE:
            if node.spec.provider_id.startswith(prefix):
                return name
        if node.spec.provider_id.startswith("azure://") and _AKS_LABEL in (node.metadata.labels or {}):
            return "aks"
    return ""


def _uid(api: Api, namespaces: tuple[o.Namespace, ...]) -> str:
    for namespace in namespaces:
        if namespace.metadata.name == _KUBE_SYSTEM:
            return namespace.metadata.uid or ""
    try:
        body = api.get(f"/api/v1/namespaces/{_KUBE_SYSTEM}")
        return msgspec.json.decode(body, type=o.Namespace).metadata.uid or ""
    except (Forbidden, Absent, msgspec.DecodeError, UnicodeDecodeError):
        return ""


def _kubeadm_name(api: Api) -> str:
    """The name kubeadm gave the cluster, unless it is the one it gives every cluster."""
    try:
        body = api.get(f"/api/v1/namespaces/{_KUBE_SYSTEM}/configmaps/kubeadm-config")
        config = msgspec.json.decode(body, type=_KubeadmConfig)
    except (Forbidden, Absent, msgspec.DecodeError, UnicodeDecodeError):
        return ""
    found = _CLUSTER_NAME.search(config.data.get("ClusterConfiguration", ""))
    return found.group(1) if found and found.group(1) != _KUBEADM_DEFAULT else ""

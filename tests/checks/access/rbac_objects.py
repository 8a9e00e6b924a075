"""Roles and bindings in one line each, as the tests of this folder write them."""

from __future__ import annotations

from typing import Any

from checks.cluster.snapshot import Snapshot
from tests.harness.fixture_snapshot import snapshot_of

Doc = dict[str, Any]
_API = "rbac.authorization.k8s.io/v1"


def rule(verbs: str, groups: str = "", resources: str = "", names: str = "", urls: str = "") -> Doc:
    """A rule; words separated by blanks, `core` for the core group."""
    made: Doc = {"verbs": verbs.split()}
    if resources:
        made["apiGroups"] = ["" if group == "core" else group for group in (groups or "core").split()]
        made["resources"] = resources.split()
    if names:
        made["resourceNames"] = names.split()
    if urls:
        made["nonResourceURLs"] = urls.split()
    return made


def role(name: str, *rules: Doc, namespace: str | None = None, **metadata: Any) -> Doc:
    """A ClusterRole, or a Role where a namespace is given."""
    kind = "Role" if namespace else "ClusterRole"
    return {
        "apiVersion": _API,
        "kind": kind,
        "metadata": _meta(name, namespace, metadata),
        "rules": list(rules),
    }


def binding(
    name: str, to: str, *subjects: str, namespace: str | None = None, kind: str = "", **metadata: Any
) -> Doc:
    """A ClusterRoleBinding, or a RoleBinding where a namespace is given; `kind` is the role's."""
    kind = kind or ("Role" if namespace else "ClusterRole")
    return {
        "apiVersion": _API,
        "kind": "RoleBinding" if namespace else "ClusterRoleBinding",
        "metadata": _meta(name, namespace, metadata),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": to},
        "subjects": [subject(each) for each in subjects],
    }


def subject(text: str) -> Doc:
    """`user:alice`, `group:sre`, `sa:web/shop`, or `sa:shop` of the binding's own namespace."""
    kind, _, name = text.partition(":")
    if kind == "sa":
        namespace, _, account = name.rpartition("/")
        return {"kind": "ServiceAccount", "name": account} | ({"namespace": namespace} if namespace else {})
    return {"kind": kind.capitalize(), "apiGroup": "rbac.authorization.k8s.io", "name": name}


def cluster(*docs: Doc, **options: Any) -> Snapshot:
    """A snapshot of these objects."""
    return snapshot_of(*docs, **options)


def _meta(name: str, namespace: str | None, more: Doc) -> Doc:
    return {"name": name, **({"namespace": namespace} if namespace else {}), **more}

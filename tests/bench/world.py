"""A cluster as large as one likes, with what goes with its pods: owners, accounts, rights, policies."""

from collections.abc import Iterator

from tests.harness.kubernetes_api import Object
from tests.harness.kubernetes_load import pod

REPLICAS = 5
_PODS_A_NAMESPACE = 250
_RBAC = "rbac.authorization.k8s.io"
_GROUPS = 40


def world(pods: int) -> Iterator[Object]:
    """`pods` pods of a fifth as many Deployments, each with ReplicaSets, account, role, service, settings."""
    namespaces = max(4, pods // _PODS_A_NAMESPACE)
    for number in range(max(3, pods // 100)):
        yield _named("v1", "Node", f"node-{number}") | {"status": {"nodeInfo": {"kubeletVersion": "v1.37.2"}}}
    for number in range(namespaces):
        yield from _namespace(f"load-{number}", number)
    for number in range(_GROUPS):
        yield from _cluster_wide(number)
    for number in range(pods // REPLICAS):
        yield from _application(number, f"load-{number % namespaces}")
    for number in range(pods):
        yield pod(number, f"load-{number // REPLICAS % namespaces}")


def _named(version: str, kind: str, name: str, namespace: str | None = None) -> Object:
    metadata: Object = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata}


def _namespace(name: str, number: int) -> Iterator[Object]:
    labels = {"kubernetes.io/metadata.name": name, "pod-security.kubernetes.io/enforce": "baseline"}
    yield {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": labels},
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }
    yield _named("v1", "ServiceAccount", "default", name)
    spec: Object = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"] if number % 2 else ["Ingress"]}
    yield _named("networking.k8s.io/v1", "NetworkPolicy", "default-deny", name) | {"spec": spec}


def _cluster_wide(number: int) -> Iterator[Object]:
    rules = [{"apiGroups": ["", "apps"], "resources": ["pods", "deployments"], "verbs": ["get", "list"]}]
    yield _named(f"{_RBAC}/v1", "ClusterRole", f"reader-{number}") | {"rules": rules}
    yield _named(f"{_RBAC}/v1", "ClusterRoleBinding", f"reader-{number}") | {
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": f"reader-{number}"},
        "subjects": [{"apiGroup": _RBAC, "kind": "Group", "name": f"team-{number}"}],
    }


def _application(number: int, namespace: str) -> Iterator[Object]:
    name = f"app-{number}"
    template = pod(number * REPLICAS, namespace)
    labels = {"app.kubernetes.io/name": name}
    template_metadata = {"labels": template["metadata"]["labels"]}
    spec: Object = {
        "replicas": REPLICAS,
        "selector": {"matchLabels": labels},
        "template": {"metadata": template_metadata, "spec": template["spec"]},
    }
    deployment = _named("apps/v1", "Deployment", name, namespace) | {"spec": spec}
    deployment["metadata"]["uid"] = f"11111111-0000-4000-8000-{number:012}"
    yield deployment
    for suffix, replicas in (("6d4cf56db6", REPLICAS), ("5b7d9c8f44", 0)):
        made = _named("apps/v1", "ReplicaSet", f"{name}-{suffix}", namespace) | {
            "spec": spec | {"replicas": replicas}
        }
        made["metadata"]["ownerReferences"] = [
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "name": name,
                "uid": deployment["metadata"]["uid"],
                "controller": True,
            }
        ]
        if replicas:
            made["metadata"]["uid"] = template["metadata"]["ownerReferences"][0]["uid"]
        yield made
    yield _named("v1", "ServiceAccount", name, namespace)
    yield _named("v1", "ConfigMap", f"{name}-config", namespace) | {"data": {"settings": "x" * 500}}
    yield _named("v1", "Service", name, namespace) | {
        "spec": {"clusterIP": "None", "selector": labels, "ports": [{"port": 80}], "type": "ClusterIP"}
    }
    yield from _rights(name, namespace)
    yield _named("networking.k8s.io/v1", "NetworkPolicy", name, namespace) | {
        "spec": {
            "podSelector": {"matchLabels": labels},
            "policyTypes": ["Ingress"],
            "ingress": [
                {
                    "from": [{"podSelector": {"matchLabels": {"app.kubernetes.io/part-of": "shop"}}}],
                    "ports": [{"port": 8080}],
                }
            ],
        }
    }


def _rights(name: str, namespace: str) -> Iterator[Object]:
    rules = [
        {
            "apiGroups": [""],
            "resources": ["configmaps"],
            "resourceNames": [f"{name}-config"],
            "verbs": ["get"],
        },
        {"apiGroups": ["apps"], "resources": ["deployments", "deployments/scale"], "verbs": ["get", "patch"]},
    ]
    yield _named(f"{_RBAC}/v1", "Role", name, namespace) | {"rules": rules}
    yield _named(f"{_RBAC}/v1", "RoleBinding", name, namespace) | {
        "roleRef": {"apiGroup": _RBAC, "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
    }

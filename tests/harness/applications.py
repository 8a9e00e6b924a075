"""Two applications of the kind that people really run, made here: a shop of small services, and a delivery
system with custom resources, wide rights and hardened pods."""

from typing import Any

Object = dict[str, Any]

SHOP = (
    "ads",
    "basket",
    "catalogue",
    "checkout",
    "currency",
    "email",
    "front",
    "payment",
    "shipping",
    "stock",
)
DELIVERY = {
    "controller": "StatefulSet",
    "server": "Deployment",
    "repository": "Deployment",
    "login": "Deployment",
}
_HARDENED: Object = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def shop() -> list[Object]:
    """Ten services in the namespace `shop`, each a Deployment, a Service and a ServiceAccount, and a cache
    without any security context: plain as published examples are."""
    objects = [_object("v1", "Namespace", "shop", None)]
    for name in SHOP:
        labels = {"app": name}
        objects += [
            _object("v1", "ServiceAccount", name, "shop"),
            _object("v1", "Service", name, "shop", spec={"selector": labels, "ports": [{"port": 8080}]}),
            _workload(
                "Deployment", name, "shop", f"registry.example/shop/{name}:v1.4", _HARDENED, account=name
            ),
        ]
    return [*objects, _workload("Deployment", "cache", "shop", "redis:alpine", None)]


def delivery() -> list[Object]:
    """A delivery system in the namespace `delivery`: a custom resource, a role with every right under a name
    of its own, hardened pods, network policies for its own parts."""
    name = "delivery-controller"
    objects = [
        _object("v1", "Namespace", "delivery", None),
        _custom_resource(),
        _object(
            "rbac.authorization.k8s.io/v1",
            "ClusterRole",
            name,
            None,
            rules=[
                {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
                {"nonResourceURLs": ["*"], "verbs": ["*"]},
            ],
        ),
        _object(
            "rbac.authorization.k8s.io/v1",
            "ClusterRoleBinding",
            name,
            None,
            roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            subjects=[{"kind": "ServiceAccount", "name": "controller", "namespace": "delivery"}],
        ),
    ]
    for part, kind in DELIVERY.items():
        objects += [
            _object("v1", "ServiceAccount", part, "delivery"),
            _workload(kind, part, "delivery", "registry.example/delivery:v3", _HARDENED, account=part),
            _object(
                "networking.k8s.io/v1",
                "NetworkPolicy",
                part,
                "delivery",
                spec={
                    "podSelector": {"matchLabels": {"app": part}},
                    "policyTypes": ["Ingress"],
                    "ingress": [{"from": [{"namespaceSelector": {}}]}],
                },
            ),
        ]
    return objects


def _object(version: str, kind: str, name: str, namespace: str | None, **rest: Any) -> Object:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}


def _workload(
    kind: str, name: str, namespace: str, image: str, context: Object | None, account: str | None = None
) -> Object:
    container = {"name": "server", "image": image, "ports": [{"containerPort": 8080}]}
    labels = {"app": name}
    spec: Object = {
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {"labels": labels},
            "spec": {
                "containers": [container | ({"securityContext": context} if context else {})],
                **({"serviceAccountName": account} if account else {}),
            },
        },
    }
    if kind == "StatefulSet":
        spec["serviceName"] = name
    return _object("apps/v1", kind, name, namespace, spec=spec)


def _custom_resource() -> Object:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return _object(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "applications.delivery.example",
        None,
        spec={
            "group": "delivery.example",
            "scope": "Namespaced",
            "names": {"kind": "Application", "plural": "applications", "singular": "application"},
            "versions": [
                {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
            ],
        },
    )

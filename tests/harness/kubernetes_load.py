"""Many objects, fast: a cluster as large as the benchmark needs."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.harness.kubernetes_api import Api, Object

_CONNECTIONS = 16


def create_all(
    api: Api, objects: Iterable[Mapping[str, Any]], done: Callable[[int], None] | None = None
) -> int:
    """Create objects over parallel connections and return how many; `done` is told the count at each hundred.

    Raises ApiError with the first refusal.
    """
    made = 0
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        for _ in pool.map(api.create, objects):
            made += 1
            if done is not None and made % 100 == 0:
                done(made)
    return made


def create_pods(
    api: Api, count: int, *, namespaces: int = 20, done: Callable[[int], None] | None = None
) -> int:
    """Create `count` pods as large as real ones, five an owner, over `namespaces` named load-0, load-1 …"""
    api.apply(*(_namespace(f"load-{number}") for number in range(namespaces)))
    return create_all(api, (pod(number, f"load-{number // 5 % namespaces}") for number in range(count)), done)


def pod(number: int, namespace: str) -> Object:
    """Return a pod such as a Deployment makes: an application and a sidecar, probes, volumes, an owner."""
    app = f"app-{number // 5}"
    owner = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "name": f"{app}-6d4cf56db6",
        "uid": f"00000000-0000-4000-8000-{number // 5:012}",
        "controller": True,
        "blockOwnerDeletion": True,
    }
    metadata: Object = {
        "name": f"{app}-6d4cf56db6-{number:05}",
        "namespace": namespace,
        "labels": {
            "app.kubernetes.io/name": app,
            "app.kubernetes.io/part-of": "shop",
            "pod-template-hash": "6d4cf56db6",
        },
        "annotations": {
            "prometheus.io/scrape": "true",
            "checksum/config": "9f86d081884c7d659a2feaa0c55ad015" * 2,
        },
        "ownerReferences": [owner],
    }
    spec: Object = {
        "serviceAccountName": app,
        "automountServiceAccountToken": False,
        "containers": [_container("server", 8080), _container("proxy", 15001)],
        "volumes": [
            {"name": "config", "configMap": {"name": f"{app}-config"}},
            {"name": "scratch", "emptyDir": {}},
            {"name": "certificates", "secret": {"secretName": f"{app}-tls"}},
        ],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _container(name: str, port: int) -> Object:
    probe = {"httpGet": {"path": "/healthz", "port": port}, "periodSeconds": 10}
    mounts = {"config": "/etc/app", "scratch": "/tmp", "certificates": "/etc/tls"}
    variables = {
        "LOG_LEVEL": "info",
        "PORT": str(port),
        "UPSTREAM": "http://upstream.shop.svc:8080",
        "REGION": "eu",
    }
    return {
        "name": name,
        "image": f"registry.example.com/shop/{name}@sha256:{'0123456789abcdef' * 4}",
        "ports": [{"name": "http", "containerPort": port}],
        "env": [{"name": key, "value": value} for key, value in variables.items()],
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        "livenessProbe": probe,
        "readinessProbe": probe,
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": volume, "mountPath": where} for volume, where in mounts.items()],
    }


def _namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}

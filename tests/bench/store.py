"""Many objects in an API server fast: written to its etcd as it would store them.

The API server takes about 170 pods a second; written to etcd, 50,000 are there in a minute. It then serves
them as it serves any others: it decodes, defaults and encodes them itself.
"""

import base64
import hashlib
import json
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import urllib3

from checks.cluster.kinds import Kind
from checks.cluster.paging import PAGE
from tests.harness.kubernetes_api import Api, Object

_BATCH = 100
_CREATED = "2026-11-01T08:00:00Z"
_PLACES = {
    "Namespace": "namespaces",
    "Node": "minions",
    "Pod": "pods",
    "Deployment": "deployments",
    "ReplicaSet": "replicasets",
    "ServiceAccount": "serviceaccounts",
    "Service": "services/specs",
    "ConfigMap": "configmaps",
    "Role": "roles",
    "RoleBinding": "rolebindings",
    "ClusterRole": "clusterroles",
    "ClusterRoleBinding": "clusterrolebindings",
    "NetworkPolicy": "networkpolicies",
}


def store(etcd_url: str, objects: Iterable[Object]) -> int:
    """Write objects and return how many. Raises RuntimeError when etcd refuses them."""
    pool = urllib3.PoolManager(maxsize=4)
    with ThreadPoolExecutor(4) as threads:
        return sum(threads.map(lambda batch: _write(pool, etcd_url, batch), _batches(objects)))


def stir(api: Api, kinds: Iterable[Kind]) -> None:
    """Change an object of each kind that fills several pages, as happens all the time in a cluster in use.

    An API server where nothing changes for five minutes forgets what it kept of the moment that is asked for,
    and reads every page but the first from etcd, which takes it twice as long.
    """
    for kind in kinds:
        listed = api.get(kind.path, limit=1)
        if listed["metadata"].get("remainingItemCount", 0) >= PAGE:
            (first,) = listed["items"]
            place = {"apiVersion": kind.api_version, "kind": kind.type.kind, "metadata": first["metadata"]}
            change = {"metadata": {"annotations": {"bench/stirred": str(time.time())}}}
            api.request("PATCH", api.path(place), change, content_type="application/merge-patch+json")


def _batches(objects: Iterable[Object]) -> Iterable[list[Object]]:
    left = iter(objects)
    return iter(lambda: list(islice(left, _BATCH)), [])


def _write(pool: urllib3.PoolManager, etcd_url: str, batch: list[Object]) -> int:
    puts = [{"requestPut": {"key": _base64(_key(each)), "value": _base64(_stored(each))}} for each in batch]
    answer = pool.request("POST", f"{etcd_url}/v3/kv/txn", json={"success": puts}, timeout=60)
    if answer.status != 200:
        raise RuntimeError(f"etcd refuses the objects: {answer.data[:300]!r}")
    return len(batch)


def _key(item: Object) -> str:
    metadata = item["metadata"]
    place = (_PLACES[item["kind"]], metadata.get("namespace"), metadata["name"])
    return "/registry/" + "/".join(part for part in place if part)


def _stored(item: Object) -> str:
    uid = hashlib.md5(_key(item).encode(), usedforsecurity=False).hexdigest()
    whole: dict[str, Any] = {"uid": uid, "creationTimestamp": _CREATED} | item["metadata"]
    return json.dumps(item | {"metadata": whole})


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()

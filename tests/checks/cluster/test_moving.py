"""A cluster that changes while it is read, on the real API server: nothing is reported that never was."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3

from checks.access.index import index
from checks.cluster import objects as o
from checks.cluster.collect import list_kind
from checks.cluster.connect import open_api
from checks.cluster.errors import Expired
from checks.cluster.kinds import KINDS
from checks.cluster.paging import Moment, now
from checks.cluster.snapshot import Snapshot
from checks.cluster.source import LiveCluster, take_snapshot
from checks.model import CoverageState
from checks.owners import Owners
from tests.harness.add_ons import definitions
from tests.harness.api_server import ApiServer
from tests.harness.kubernetes_api import Api, Object

RBAC = "rbac.authorization.k8s.io"
WRITERS = 4
ROUNDS = 25
ROLES = ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
READ = ("Namespace", "Pod", "ReplicaSet", "Deployment", *ROLES)


def pair(name: str, prefix: str) -> list[Object]:
    reference = {"apiGroup": RBAC, "kind": f"{prefix}Role", "name": name}
    subject = {"apiGroup": RBAC, "kind": "Group", "name": "team"}
    body: Object = {"apiVersion": f"{RBAC}/v1", "metadata": {"name": name}}
    return [
        {**body, "kind": f"{prefix}Role", "rules": []},
        {**body, "kind": f"{prefix}RoleBinding", "roleRef": reference, "subjects": [subject]},
    ]


def owned(body: Object, owner: Object | None) -> Object:
    if owner is None:
        return body
    named = {key: owner["metadata"][key] for key in ("name", "uid")}
    reference = {"apiVersion": "apps/v1", "kind": owner["kind"], "controller": True, **named}
    return {**body, "metadata": {**body["metadata"], "ownerReferences": [reference]}}


def application(name: str) -> list[Object]:
    """A Deployment, its ReplicaSet and its pod: each is to be owned by the one before it."""
    pod: Object = {"containers": [{"name": "app", "image": "example"}]}
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": pod}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    controller: Object = {"apiVersion": "apps/v1", "metadata": {"name": name}, "spec": spec}
    return [
        {**controller, "kind": "Deployment"},
        {**controller, "kind": "ReplicaSet"},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": pod},
    ]


def write(api: Api, namespace: str, number: int, stop: threading.Event) -> None:
    """Make and remove, again and again, what is whole at every moment: what is referred to is there first."""
    for round_ in itertools.count():
        name = f"moving-{number}-{round_}"
        for chain in (pair(name, ""), pair(name, "Cluster"), application(name)):
            made: list[Object] = []
            for each in chain:
                above = made[-1] if made and each["kind"] in {"ReplicaSet", "Pod"} else None
                made.append({**each, **api.create(owned(each, above), namespace=namespace)})
            for each in reversed(made):
                api.request("DELETE", api.path(each, namespace), query={"gracePeriodSeconds": 0})
        if stop.is_set():
            return


@contextmanager
def moving(api: Api, namespace: str) -> Iterator[None]:
    """Several writers at work for as long as the block."""
    stop = threading.Event()
    with ThreadPoolExecutor(WRITERS) as pool:
        writers = [pool.submit(write, api, namespace, number, stop) for number in range(WRITERS)]
        try:
            yield
        finally:
            stop.set()
    for writer in writers:
        writer.result()


def take(kubeconfig: Path) -> Snapshot:
    return take_snapshot(LiveCluster(kubeconfig), progress=lambda *_: None, kinds=READ)


def never_true(snapshot: Snapshot) -> Iterator[str]:
    """What of the writers' objects is reported and never was so."""
    for binding in (each.binding for each in index(snapshot).dangling):
        if binding.metadata.name.startswith("moving-"):
            yield f"{binding.kind} {binding.metadata.name} has no role"
    owners, known = Owners(snapshot), {each.metadata.uid for each in snapshot.all(o.Deployment)}
    for pod in snapshot.all(o.Pod):
        if pod.metadata.name.startswith("moving-"):
            top = owners.top(pod)
            if top.kind != "Deployment" or top.uid not in known:
                yield f"{pod.metadata.name} is judged at {top.kind}"


def test_nothing_is_reported_that_never_was(api_server: ApiServer, namespace: str) -> None:
    seen = 0
    with moving(api_server.api, namespace):
        for _ in range(ROUNDS):
            snapshot = take(api_server.kubeconfig)
            assert list(never_true(snapshot)) == []
            assert {each.reason for each in snapshot.coverage} == {None}
            seen += sum(each.metadata.name.startswith("moving-") for each in snapshot.all(o.Pod))
    assert seen > ROUNDS / 5, "the writers were not at work while it was read"


@pytest.fixture
def secret_store(api_server: ApiServer) -> Iterator[None]:
    """An add-on's kind, just installed, and one object of it."""
    store = {"apiVersion": "external-secrets.io/v1", "kind": "SecretStore", "metadata": {"name": "moving"}}
    made = [*definitions([store]), store]
    api_server.api.apply(*made)
    yield
    api_server.api.delete(*made)


@pytest.mark.usefixtures("secret_store")
def test_moments_of_an_add_ons_kind(api_server: ApiServer) -> None:
    """One that is shown, one that a compaction has taken, one of another etcd with a count of its own."""
    kind = KINDS["SecretStore"]
    with open_api(LiveCluster(api_server.kubeconfig)) as api:
        moment = now(api, [KINDS["Namespace"]])
        assert moment is not None
        shown = list_kind(api, kind, moment=moment)
        assert (shown.coverage.listed, shown.coverage.reason) == (1, None)
        compact(api_server.etcd_url, int(moment.resource_version))
        with pytest.raises(Expired):
            api.get(kind.path, Moment("2").query)
        for version in ("2", moment.resource_version + "000"):
            apart = list_kind(api, kind, moment=Moment(version))
            assert (apart.coverage.listed, apart.coverage.state) == (1, CoverageState.COLLECTED)
            assert "another moment" in str(apart.coverage.reason)


def compact(etcd_url: str, revision: int) -> None:
    answer = urllib3.request("POST", f"{etcd_url}/v3/kv/compaction", json={"revision": str(revision)})
    assert answer.status == 200, answer.data

"""Owner roll-up: who a pod belongs to, and what of a live pod is judged beside the template."""

from __future__ import annotations

import time
from typing import Any

import pytest

from checks.workloads import Workload, workloads
from tests.harness.fixture_snapshot import snapshot_of

Object = dict[str, Any]
APP = {"name": "app", "image": "shop:1"}
SIDECAR = {"name": "proxy", "image": "proxy:1"}


def owner(kind: str, name: str, api: str = "apps/v1", uid: str | None = None) -> Object:
    return {"apiVersion": api, "kind": kind, "name": name, "uid": uid or f"{kind}-{name}", "controller": True}


def thing(
    kind: str, name: str, spec: Object, *, api: str = "apps/v1", by: Object | None = None, **more: Any
) -> Object:
    metadata = {"name": name, "namespace": "web", "uid": f"{kind}-{name}"}
    if by:
        metadata["ownerReferences"] = [by]  # type: ignore[assignment]
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec, **more}


def template(*containers: Object, **pod: Any) -> Object:
    return {"template": {"spec": {"containers": list(containers or (APP,)), **pod}}}


def pod(
    name: str, *containers: Object, by: Object | None = None, phase: str = "Running", **spec: Any
) -> Object:
    """A live pod as the API server shows it: defaults filled in, token mounted, placed on a node."""
    mount = {"name": f"kube-api-access-{name}", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}
    live = [{"imagePullPolicy": "IfNotPresent", **c, "volumeMounts": [mount]} for c in containers or (APP,)]
    volumes = [
        {"name": mount["name"], "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}},
        *spec.pop("volumes", ()),
    ]
    filled = {"nodeName": f"node-{name}", "serviceAccountName": "default", "securityContext": {}, **spec}
    whole = {"containers": live, "volumes": volumes, **filled}
    return thing("Pod", name, whole, api="v1", by=by, status={"phase": phase})


def only(*documents: Object, missing: dict[str, str] | None = None) -> Workload:
    (workload,) = workloads(snapshot_of(*documents, missing=missing))
    return workload


def chain() -> tuple[Object, Object, Object]:
    return (
        thing("Deployment", "shop", template()),
        thing("ReplicaSet", "shop-1", template() | {"replicas": 1}, by=owner("Deployment", "shop")),
        owner("ReplicaSet", "shop-1"),
    )


def test_pods_that_repeat_the_template_add_nothing() -> None:
    deployment, replica_set, by = chain()
    workload = only(deployment, replica_set, pod("shop-1-a", by=by), pod("shop-1-b", by=by))
    assert str(workload.resource) == "Deployment web/shop"
    assert [spec.path for spec in workload.specs] == ["spec.template.spec"]
    assert workload.specs[0].source is None


def test_injected_sidecar_is_seen_once_and_names_its_pod() -> None:
    deployment, replica_set, by = chain()
    pods = [pod(f"shop-1-{n}", APP, SIDECAR, by=by) for n in "ba"]
    workload = only(deployment, replica_set, *pods)
    live = workload.specs[1]
    assert [(c.locus, c.path) for c in live.containers] == [("containers/proxy", "spec.containers[1]")]
    assert (live.source, live.uid, live.whole) == ("Pod web/shop-1-a", "Pod-shop-1-a", False)
    assert len(workload.specs) == 2


def test_injected_host_path_is_seen_without_judging_the_containers_again() -> None:
    deployment, replica_set, by = chain()
    volumes = [{"name": "harmless", "emptyDir": {}}, {"name": "root", "hostPath": {"path": "/"}}]
    workload = only(deployment, replica_set, pod("shop-1-a", by=by, volumes=volumes))
    live = workload.specs[1]
    assert [(v.locus, v.path) for v in live.volumes] == [("volumes/root", "volumes[2]")]
    assert (live.containers, live.whole) == ((), False)


def test_pod_that_differs_in_its_own_fields_is_judged_whole() -> None:
    deployment, replica_set, by = chain()
    workload = only(deployment, replica_set, pod("shop-1-a", by=by, securityContext={"runAsUser": 0}))
    live = workload.specs[1]
    assert live.whole
    assert [c.locus for c in live.containers] == ["containers/app"]


def test_host_path_that_calls_itself_a_token_volume_is_still_seen() -> None:
    workload = only(pod("sly", volumes=[{"name": "kube-api-access-zzzzz", "hostPath": {"path": "/"}}]))
    assert "volumes/kube-api-access-zzzzz" in [v.locus for v in workload.specs[0].volumes]


def test_ephemeral_container_of_a_live_pod_is_seen() -> None:
    deployment, replica_set, by = chain()
    debug = pod("shop-1-a", by=by, ephemeralContainers=[{"name": "debugger", "image": "debug:1"}])
    assert [c.locus for c in only(deployment, replica_set, debug).specs[1].containers] == [
        "ephemeralContainers/debugger"
    ]


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_pod_of_a_direct_controller(kind: str) -> None:
    workload = only(thing(kind, "db", template()), pod("db-0", by=owner(kind, "db")))
    assert (workload.resource.kind, len(workload.specs)) == (kind, 1)


def test_job_of_a_cron_job_is_not_judged_by_itself() -> None:
    cron = thing("CronJob", "nightly", {"jobTemplate": {"spec": template()}}, api="batch/v1")
    by = owner("CronJob", "nightly", api="batch/v1")
    job = thing("Job", "nightly-1", template(SIDECAR), api="batch/v1", by=by)
    live = pod("nightly-1-x", by=owner("Job", "nightly-1", api="batch/v1"))
    workload = only(cron, job, live)
    assert str(workload.resource) == "CronJob web/nightly"
    assert [spec.path for spec in workload.specs] == ["spec.jobTemplate.spec.template.spec"]


def test_replica_set_and_job_that_nobody_owns_are_workloads() -> None:
    found = workloads(
        snapshot_of(
            thing("ReplicaSet", "old", template() | {"replicas": 0}),
            thing("Job", "once", template(), api="batch/v1"),
        )
    )
    assert [str(workload.resource) for workload in found] == ["Job web/once", "ReplicaSet web/old"]


def test_rollout_is_named_by_reference_and_judged_by_its_running_replica_sets() -> None:
    by = owner("Rollout", "shop", api="argoproj.io/v1alpha1")
    workload = only(
        thing("ReplicaSet", "shop-1", template(SIDECAR) | {"replicas": 0}, by=by),
        thing("ReplicaSet", "shop-2", template() | {"replicas": 1}, by=by),
        pod("shop-2-a", by=owner("ReplicaSet", "shop-2")),
    )
    assert str(workload.resource) == "Rollout web/shop"
    assert workload.resource.api_version == "argoproj.io/v1alpha1"
    assert [(spec.path, spec.source) for spec in workload.specs] == [
        ("spec.template.spec", "ReplicaSet web/shop-2")
    ]


def test_deployment_of_a_custom_resource_stays_itself() -> None:
    by = owner("Prometheus", "main", api="monitoring.coreos.com/v1")
    found = workloads(
        snapshot_of(thing("Deployment", "a", template(), by=by), thing("StatefulSet", "b", template(), by=by))
    )
    assert [str(workload.resource) for workload in found] == ["Deployment web/a", "StatefulSet web/b"]


def test_owner_stays_the_replica_set_when_replica_sets_may_not_be_listed() -> None:
    deployment, _, by = chain()
    found = workloads(snapshot_of(deployment, pod("shop-1-a", by=by), missing={"ReplicaSet": "403"}))
    assert [str(workload.resource) for workload in found] == ["Deployment web/shop", "ReplicaSet web/shop-1"]


def test_reference_with_another_uid_is_not_that_controller() -> None:
    stale = owner("StatefulSet", "db", uid="another")
    found = workloads(snapshot_of(thing("StatefulSet", "db", template()), pod("db-0", SIDECAR, by=stale)))
    assert {container.locus for w in found for s in w.specs for container in s.containers} == {
        "containers/app",
        "containers/proxy",
    }


def test_mirror_pods_of_one_node_are_workloads_of_their_own() -> None:
    by = owner("Node", "node1", api="v1")
    found = workloads(snapshot_of(pod("etcd-node1", by=by), pod("kube-apiserver-node1", by=by)))
    assert [str(w.resource) for w in found] == ["Pod web/etcd-node1", "Pod web/kube-apiserver-node1"]
    assert all(w.static for w in found)


def test_bare_pod_is_a_workload_even_when_it_has_finished() -> None:
    workload = only(pod("once", phase="Succeeded"))
    assert (str(workload.resource), workload.static) == ("Pod web/once", False)


def test_finished_pod_says_nothing_beside_a_template() -> None:
    deployment, replica_set, by = chain()
    assert len(only(deployment, replica_set, pod("shop-1-a", SIDECAR, by=by, phase="Failed")).specs) == 1


def test_owners_in_a_circle_end() -> None:
    found = workloads(
        snapshot_of(
            thing("ReplicaSet", "a", template(), by=owner("ReplicaSet", "b")),
            thing("ReplicaSet", "b", template(), by=owner("ReplicaSet", "a")),
        )
    )
    assert {container.locus for w in found for s in w.specs for container in s.containers} == {
        "containers/app"
    }


def test_windows_pods_are_recognised() -> None:
    workload = only(thing("Deployment", "shop", template(os={"name": "windows"})))
    assert workload.specs[0].windows


def test_time_grows_with_the_pods_even_when_all_differ() -> None:
    by = owner("Rollout", "shop", api="argoproj.io/v1alpha1")

    def seconds(count: int) -> float:
        snapshot = snapshot_of(
            *(pod(f"p{n}", {"name": "app", "image": f"i:{n}"}, by=by) for n in range(count))
        )
        start = time.process_time()
        (workload,) = workloads(snapshot)
        assert len(workload.specs) == count
        return time.process_time() - start

    few = min(seconds(500) for _ in range(3))
    assert seconds(5000) < few * 10 * 4

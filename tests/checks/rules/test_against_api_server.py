"""The checks and the API server agree: what Pod Security refuses is what the checks find, and nothing else.

Each case is a pod that the level `restricted` admits, with one thing changed. Where a check deliberately says
more than Pod Security (a privileged container has every capability whatever it drops) it is not asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from checks.cluster.source import LiveCluster, take_snapshot
from checks.model import Status
from checks.registry import all_checks
from checks.run import evaluate
from checks.workloads import workloads
from tests.harness.api_server import ApiServer
from tests.harness.fixture_snapshot import snapshot_of
from tests.harness.kubernetes_api import ApiError

Object = dict[str, Any]
SAFE: Object = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
BASELINE = {
    "pod-privileged": "privileged",
    "pod-host-pid": "hostPID=true",
    "pod-host-ipc": "hostIPC=true",
    "pod-host-network": "hostNetwork=true",
    "pod-added-capabilities": "non-default capabilities",
    "pod-host-path": "hostPath volumes",
    "pod-host-port": "hostPort ",
    "pod-host-process": "hostProcess ",
    "pod-unmasked-proc": "procMount ",
}
"""A check, and what the API server's refusal says of the same thing. So also below."""
RESTRICTED = {
    "pod-privilege-escalation": "allowPrivilegeEscalation != false",
    "pod-capabilities-not-dropped": "must set securityContext.capabilities.drop",
    "pod-no-seccomp-profile": "seccompProfile",
    "pod-root-not-prevented": "runAsNonRoot != true",
    "pod-runs-as-root": "runAsUser=0",
}
CHECKS = tuple(check for check in all_checks() if check.id in BASELINE | RESTRICTED)


def context(**changes: Any) -> Object:
    """The one container with these changes to its safe security context; None takes a field away."""
    merged = {**SAFE, **changes}
    return {
        "name": "app",
        "image": "shop:1",
        "securityContext": {k: v for k, v in merged.items() if v is not None},
    }


def spec(container: Object | None = None, **pod: Any) -> Object:
    return {"containers": [container or context()], **pod}


BARE = {"name": "app", "image": "shop:1"}
OTHER = {"name": "other", "image": "other:1"}
CASES: dict[str, Object] = {
    "safe": spec(),
    "privileged": spec(context(privileged=True, allowPrivilegeEscalation=None)),
    "not-privileged": spec(context(privileged=False)),
    "escalation-unset": spec(context(allowPrivilegeEscalation=None)),
    "escalation-allowed": spec(context(allowPrivilegeEscalation=True)),
    "caps-unset": spec(context(capabilities=None)),
    "caps-some-dropped": spec(context(capabilities={"drop": ["NET_RAW"]})),
    "caps-dropped-in-small-letters": spec(context(capabilities={"drop": ["all"]})),
    "caps-bind-added": spec(context(capabilities={"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]})),
    "caps-chown-added": spec(context(capabilities={"drop": ["ALL"], "add": ["CHOWN"]})),
    "caps-net-raw-added": spec(context(capabilities={"drop": ["ALL"], "add": ["NET_RAW"]})),
    "caps-prefixed-name-added": spec(context(capabilities={"drop": ["ALL"], "add": ["CAP_CHOWN"]})),
    "seccomp-unset": spec(context(seccompProfile=None)),
    "seccomp-inherited": spec(
        context(seccompProfile=None), securityContext={"seccompProfile": {"type": "RuntimeDefault"}}
    ),
    "seccomp-inherited-unconfined": spec(
        context(seccompProfile=None), securityContext={"seccompProfile": {"type": "Unconfined"}}
    ),
    "seccomp-overridden": spec(
        context(seccompProfile={"type": "Unconfined"}),
        securityContext={"seccompProfile": {"type": "RuntimeDefault"}},
    ),
    "non-root-unset": spec(context(runAsNonRoot=None)),
    "non-root-inherited": spec(context(runAsNonRoot=None), securityContext={"runAsNonRoot": True}),
    "non-root-overridden": spec(context(runAsNonRoot=False), securityContext={"runAsNonRoot": True}),
    "user-zero": spec(context(runAsUser=0)),
    "user-zero-inherited": spec(context(), securityContext={"runAsUser": 0}),
    "user-named": spec(context(runAsUser=1000)),
    "host-pid": spec(hostPID=True),
    "host-ipc": spec(hostIPC=True),
    "host-network": spec(hostNetwork=True),
    "host-path": spec(volumes=[{"name": "v", "hostPath": {"path": "/"}}]),
    "other-volume": spec(volumes=[{"name": "v", "emptyDir": {}}]),
    "host-port": spec({**context(), "ports": [{"containerPort": 80, "hostPort": 80}]}),
    "host-port-zero": spec({**context(), "ports": [{"containerPort": 80, "hostPort": 0}]}),
    "host-network-fills-in-ports": spec({**context(), "ports": [{"containerPort": 80}]}, hostNetwork=True),
    "unmasked-proc": spec(context(procMount="Unmasked"), hostUsers=False),
    "init-container": spec(initContainers=[OTHER]),
    "sidecar": spec(initContainers=[{**OTHER, "restartPolicy": "Always"}]),
    "second-container": {"containers": [context(), OTHER]},
    "nothing-set": spec(BARE),
    "windows": spec({**BARE, "securityContext": {"runAsNonRoot": True}}, os={"name": "windows"}),
    "windows-host-process": spec(
        {**BARE, "securityContext": {"runAsNonRoot": True, "windowsOptions": {"hostProcess": True}}},
        os={"name": "windows"},
        hostNetwork=True,
    ),
}


@pytest.fixture(scope="module")
def levels(api_server: ApiServer) -> Iterator[dict[str, str]]:
    """A namespace that enforces each level."""
    names = {level: f"enforces-{level}" for level in ("baseline", "restricted")}
    manifests = [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "labels": {"pod-security.kubernetes.io/enforce": level}},
        }
        for level, name in names.items()
    ]
    api_server.api.apply(*manifests)
    yield names
    api_server.api.delete(*manifests)


ASKED = [(case, "baseline") for case in CASES] + [
    (case, "restricted") for case in CASES if case != "privileged"
]


@pytest.mark.parametrize(("case", "level"), ASKED)
def test_checks_find_what_pod_security_refuses(
    api_server: ApiServer, levels: dict[str, str], case: str, level: str
) -> None:
    controls = BASELINE if level == "baseline" else RESTRICTED
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": case, "namespace": levels[level]}}
    refusal = _refusal(api_server, {**pod, "spec": CASES[case]})
    stored = _as_stored(api_server, {**pod, "spec": CASES[case]})
    scan = evaluate(snapshot_of(stored), CHECKS, (), tool_version="test")
    found = {result.check for result in scan.results if result.status is Status.FAIL} & set(controls)
    assert found == {check for check, says in controls.items() if says in refusal}, refusal


def _refusal(server: ApiServer, pod: Object) -> str:
    try:
        server.api.apply(pod, dry_run=True)
    except ApiError as error:
        return error.message.split("violates PodSecurity")[1]
    return ""


def _as_stored(server: ApiServer, pod: Object) -> Object:
    """The pod with the defaults that the API server fills in."""
    (stored,) = server.api.apply(
        {**pod, "metadata": {**pod["metadata"], "namespace": "default"}}, dry_run=True
    )
    return stored


def test_stored_pod_means_the_same_as_the_template_it_was_made_from(
    api_server: ApiServer, namespace: str
) -> None:
    """Defaults, the node and the token's volume are no difference; an injected container is one."""
    written: Object = {
        "containers": [{**BARE, "ports": [{"containerPort": 80}], "env": [{"name": "A", "value": "b"}]}],
        "initContainers": [OTHER],
        "volumes": [{"name": "key", "secret": {"secretName": "key"}}],
    }
    labels = {"app": "shop"}
    stored: dict[str, Object] = {}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "shop", "namespace": namespace},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": written},
        },
    }
    (stored["Deployment"],) = api_server.api.apply(deployment)
    replica_set = {
        **deployment,
        "kind": "ReplicaSet",
        "metadata": {
            "name": "shop-1",
            "namespace": namespace,
            "ownerReferences": [_owned_by(stored["Deployment"])],
        },
    }
    (stored["ReplicaSet"],) = api_server.api.apply(replica_set)
    mount = {"name": "kube-api-access-x1", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}
    token = {"name": mount["name"], "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}
    for name, injected in (("plain", []), ("meshed", [{"name": "proxy", "image": "proxy:1"}])):
        containers = [{**written["containers"][0], "volumeMounts": [mount]}, *injected]
        api_server.api.apply(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": name,
                    "namespace": namespace,
                    "labels": labels,
                    "ownerReferences": [_owned_by(stored["ReplicaSet"])],
                },
                "spec": {
                    **written,
                    "containers": containers,
                    "volumes": [token, *written["volumes"]],
                    "nodeName": "node-1",
                    "serviceAccountName": "default",
                },
            }
        )
    snapshot = take_snapshot(
        LiveCluster(api_server.kubeconfig, None), progress=lambda *_: None, namespaces=(namespace,)
    )
    (workload,) = (w for w in workloads(snapshot) if w.namespace == namespace)
    assert str(workload.resource) == f"Deployment {namespace}/shop"
    template, live = workload.specs
    assert [c.locus for c in template.containers] == ["initContainers/other", "containers/app"]
    assert [c.locus for c in live.containers] == ["containers/proxy"]
    assert (live.source, live.whole, live.volumes) == (f"Pod {namespace}/meshed", False, ())


def _owned_by(owner: Object) -> Object:
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
    }

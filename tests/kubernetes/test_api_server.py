"""The real API server behaves as the tests of every folder rely on."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config

from tests.harness.api_server import ApiServer, ApiServerError
from tests.harness.kubernetes_api import Api, ApiError, Object
from tests.harness.kubernetes_load import create_all, create_pods, pod
from tests.harness.processes import free_ports
from tests.kubernetes.build import BuildError, version_of

RBAC = "rbac.authorization.k8s.io"
ROOT = Path(__file__).parents[2]


def test_it_is_ready_and_says_its_version(api_server: ApiServer) -> None:
    version = api_server.api.get("/version")

    assert api_server.api.get("/readyz") == {"text": "ok"}
    assert version["gitVersion"] == version_of("k8s.io/kubernetes")
    assert (version["major"], version["minor"]) == ("1", "37")


def test_the_official_client_connects_by_the_kubeconfig(api_server: ApiServer) -> None:
    settings = client.Configuration()
    path = str(api_server.kubeconfig)
    config.load_kube_config(path, client_configuration=settings)  # type: ignore[no-untyped-call]

    with client.ApiClient(settings) as connection:
        answer = client.CoreV1Api(connection).list_namespace().to_dict()

    assert {"default", "kube-system"} <= {each["metadata"]["name"] for each in answer["items"]}


def test_a_user_without_rights_is_forbidden(api_server: ApiServer) -> None:
    with pytest.raises(ApiError, match=r'User "nobody" cannot list resource "pods"') as refused:
        api_server.api_as("nobody").get("/api/v1/pods")

    assert refused.value.status == 403


def test_an_unknown_token_is_unauthorized(api_server: ApiServer) -> None:
    with (
        closing(Api(api_server.url, api_server.ca, "not-a-token")) as api,
        pytest.raises(ApiError) as refused,
    ):
        api.get("/api/v1/pods")

    assert refused.value.status == 401


def test_a_grant_is_in_force_when_apply_returns_and_gone_when_delete_does(
    api_server: ApiServer, namespace: str
) -> None:
    role, binding = reader_of_pods(namespace, {"apiGroup": RBAC, "kind": "Group", "name": "auditors"})
    asked: dict[str, Any] = {"verb": "list", "resource": "pods", "namespace": namespace}

    assert not api_server.api.sar("auditor", ["auditors"], **asked)
    api_server.api.apply(role, binding)
    assert api_server.api.sar("auditor", ["auditors"], **asked)
    assert not api_server.api.sar("auditor", [], **asked)
    assert not api_server.api.sar("auditor", ["auditors"], **{**asked, "namespace": "default"})
    assert api_server.api_as("auditor").get(f"/api/v1/namespaces/{namespace}/pods")["items"] == []

    api_server.api.delete(role, binding)
    assert not api_server.api.sar("auditor", ["auditors"], **asked)


def test_system_masters_may_do_everything(api_server: ApiServer) -> None:
    assert api_server.api.sar("anyone", ["system:masters"], "get", path="/metrics")
    assert not api_server.api.sar("anyone", [], "get", path="/metrics")


def test_a_service_account_has_a_token(api_server: ApiServer, namespace: str) -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "reader"}}
    role, binding = reader_of_pods(
        namespace, {"kind": "ServiceAccount", "name": "reader", "namespace": namespace}
    )
    api_server.api.apply(account, role, binding, namespace=namespace)

    token = api_server.api.service_account_token(namespace, "reader")

    with closing(Api(api_server.url, api_server.ca, token)) as api:
        assert api.get(f"/api/v1/namespaces/{namespace}/pods")["items"] == []


def test_pod_security_refuses_a_privileged_pod_on_dry_run(api_server: ApiServer, namespace: str) -> None:
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    name = f"{namespace}-restricted"
    restricted = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    privileged = simple_pod(securityContext={"privileged": True})
    api_server.api.apply(restricted)
    try:
        with pytest.raises(
            ApiError, match=r'violates PodSecurity "restricted:latest": privileged'
        ) as refused:
            api_server.api.apply(privileged, namespace=name, dry_run=True)
    finally:
        api_server.api.delete(restricted)

    assert refused.value.status == 403
    assert api_server.api.apply(privileged, namespace=namespace, dry_run=True)
    assert api_server.api.get(f"/api/v1/namespaces/{namespace}/pods")["items"] == []


def test_long_lists_come_in_pages(api_server: ApiServer, namespace: str) -> None:
    made = create_all(api_server.api, (pod(number, namespace) for number in range(7)))
    path, names, pages = f"/api/v1/namespaces/{namespace}/pods", [], 0
    query: dict[str, str | int] = {"limit": 3}
    while True:
        page = api_server.api.get(path, **query)
        names += [each["metadata"]["name"] for each in page["items"]]
        pages += 1
        query["continue"] = page["metadata"].get("continue", "")
        if not query["continue"]:
            break

    assert (made, pages, len(names)) == (7, 3, 7)
    assert names == sorted(set(names))


def test_metadata_of_secrets_holds_no_data(api_server: ApiServer, namespace: str) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "key"},
        "stringData": {"password": "tops3cret"},
    }
    path = f"/api/v1/namespaces/{namespace}/secrets"
    api_server.api.apply(secret, namespace=namespace)

    accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    answer = api_server.api.request("GET", path, accept=accept)

    assert answer["kind"] == "PartialObjectMetadataList"
    assert [each["metadata"]["name"] for each in answer["items"]] == ["key"]
    assert all("data" not in each for each in answer["items"])
    assert "data" in api_server.api.get(path)["items"][0]


def test_a_custom_resource_follows_its_definition(api_server: ApiServer) -> None:
    names = {"plural": "anchors", "singular": "anchor", "kind": "Anchor", "listKind": "AnchorList"}
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "anchors.ship.example.com"},
        "spec": {"group": "ship.example.com", "scope": "Namespaced", "names": names, "versions": [version]},
    }
    anchor = {
        "apiVersion": "ship.example.com/v1",
        "kind": "Anchor",
        "metadata": {"name": "port"},
        "weight": 4,
    }
    try:
        _, stored = api_server.api.apply(anchor, definition)
    finally:
        api_server.api.delete(definition)

    assert stored["weight"] == 4


def test_a_kind_that_is_not_served_is_named(api_server: ApiServer) -> None:
    with pytest.raises(ApiError, match="no resource of kind Rigging"):
        api_server.api.apply({"apiVersion": "v1", "kind": "Rigging", "metadata": {"name": "main"}})


def test_a_file_of_many_documents_is_applied(api_server: ApiServer, namespace: str, tmp_path: Path) -> None:
    path = tmp_path / "objects.yaml"
    path.write_text(
        "---\n---\napiVersion: v1\nkind: List\n"
        "items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}]\n"
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata: {key: old}\n"
    )
    newer = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}, "data": {"key": "new"}}
    api_server.api.apply(path, namespace=namespace)
    api_server.api.apply(newer, namespace=namespace)

    listed = api_server.api.get(f"/api/v1/namespaces/{namespace}/configmaps")["items"]

    assert [(each["metadata"]["name"], each.get("data")) for each in listed] == [
        ("a", None),
        ("b", {"key": "new"}),
    ]


def test_a_deleted_namespace_is_gone_with_its_pods(api_server: ApiServer) -> None:
    create_pods(api_server.api, 4, namespaces=2)
    namespaces = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"load-{n}"}} for n in range(2)
    ]
    api_server.api.delete(*namespaces)

    names = [each["metadata"]["name"] for each in api_server.api.get("/api/v1/namespaces")["items"]]
    pods = api_server.api.get("/api/v1/pods")["items"]

    assert not [name for name in names if name.startswith("load-")]
    assert not [each for each in pods if each["metadata"]["namespace"].startswith("load-")]


def test_a_server_that_cannot_start_shows_its_log() -> None:
    with pytest.raises(
        ApiServerError, match=r"kube-apiserver ended\nlast lines of .*\n(.*\n)*.*no-such-flag"
    ):
        ApiServer(flags=["--no-such-flag"]).__enter__()


def test_a_component_that_is_not_built_is_a_failure_that_says_how_to_build_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("QUARTERDECK_CACHE", str(tmp_path))

    with pytest.raises(
        BuildError, match=r"kube-apiserver is not built\. Run: python \S+build\.py kube-apiserver"
    ):
        ApiServer().__enter__()


def test_a_port_taken_by_another_program_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    offers = [free_ports(3), free_ports(3)]
    with socket.socket() as other:
        other.bind(("127.0.0.1", offers[0][2]))
        other.listen()
        monkeypatch.setattr("tests.harness.api_server.free_ports", lambda _: offers.pop(0))
        with ApiServer() as server:
            assert server.api.get("/readyz") == {"text": "ok"}

    assert offers == []


def test_the_servers_do_not_outlive_a_killed_test_run(tmp_path: Path) -> None:
    program = """
from tests.harness.api_server import ApiServer
import time
with ApiServer() as server:
    print(*server.pids, flush=True)
    time.sleep(600)
"""
    command, environment = [sys.executable, "-c", program], {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        pids = [int(pid) for pid in run.stdout.readline().split()]
        assert len(pids) == 2
        assert all(alive(pid) for pid in pids)
        run.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert not any(alive(pid) for pid in pids)


def reader_of_pods(namespace: str, subject: Object) -> tuple[Object, Object]:
    metadata = {"name": "pod-reader", "namespace": namespace}
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]
    role_ref = {"apiGroup": RBAC, "kind": "Role", "name": "pod-reader"}
    body: Object = {"apiVersion": f"{RBAC}/v1", "metadata": metadata}
    return (
        {**body, "kind": "Role", "rules": rules},
        {**body, "kind": "RoleBinding", "roleRef": role_ref, "subjects": [subject]},
    )


def simple_pod(**container: object) -> Object:
    spec = {"containers": [{"name": "app", "image": "app:1", **container}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "app"}, "spec": spec}


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.is_file() or stat.read_text().rpartition(")")[2].split()[0] != "Z"

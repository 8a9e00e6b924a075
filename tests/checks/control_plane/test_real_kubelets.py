"""What is said of kubelets is true of what they run with: real ones are asked, by a scan and directly."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from bot.cli.app import app
from checks.cluster import objects as o
from checks.cluster.objects import wire
from checks.cluster.snapshot import Snapshot
from checks.control_plane.flags import read
from checks.model import Status
from checks.registry import all_checks
from tests.harness.api_server import ApiServer
from tests.harness.certificate import write_certificate
from tests.harness.fixture_snapshot import snapshot_of
from tests.harness.nodes import KubeletError, cluster_with_kubelets, effective
from tests.harness.processes import free_ports

pytestmark = pytest.mark.kubernetes

RBAC = "rbac.authorization.k8s.io"
CHECKS = {check.id: check for check in all_checks() if check.id.startswith("kubelet-")}
BY_DEFAULT = {
    "kubelet-client-rotation",
    "kubelet-hostname-override",
    "kubelet-pod-pids-limit",
    "kubelet-seccomp-default",
    "kubelet-serving-rotation",
    "kubelet-tls-ciphers",
}
"""What a kubelet that is told nothing but its node's name does wrong; of its certificate, in this folder, a
person must judge."""
AUTHENTICATION = {"anonymous": {"enabled": True}, "webhook": {"enabled": False}, "x509": {"clientCAFile": ""}}
CHOICES: Mapping[str, tuple[Any, ...]] = {
    "authentication": (
        {"anonymous": {"enabled": True}},
        {"anonymous": {"enabled": False}},
        {"x509": {"clientCAFile": "/etc/ca.crt"}},
        AUTHENTICATION,
        {},
    ),
    "authorization": ({"mode": "AlwaysAllow"}, {"mode": "Webhook"}, {"mode": ""}, {}),
    "readOnlyPort": (0, 10255),
    "streamingConnectionIdleTimeout": ("0s", "0", "5m", "1h30m", "-1s"),
    "makeIPTablesUtilChains": (True, False),
    "eventRecordQPS": (0, 1, 5, 50),
    "tlsCertFile": ("", "/etc/serving.crt"),
    "tlsPrivateKeyFile": ("", "/etc/serving.key"),
    "tlsCipherSuites": (["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"], ["TLS_RSA_WITH_AES_128_CBC_SHA"], []),
    "tlsMinVersion": ("VersionTLS12", "VersionTLS13", ""),
    "rotateCertificates": (True, False),
    "serverTLSBootstrap": (True, False),
    "podPidsLimit": (-1, 0, 100),
    "seccompDefault": (True, False),
    "featureGates": ({"RotateKubeletServerCertificate": False}, {}),
}
FILES = 60


def kubelet(settings: Mapping[str, Any], uid: str | None = None) -> Snapshot:
    """A snapshot with one kubelet's configuration: by its file, or as it says itself with the node's uid."""
    config = wire.convert({**settings, "metadata": {"name": "n", "uid": uid}}, o.KubeletConfiguration)
    return msgspec.structs.replace(snapshot_of(), objects={"KubeletConfiguration": (config,)})


def statuses(snapshot: Snapshot) -> dict[str, list[Status]]:
    return {id_: [verdict.status for verdict in check.function(snapshot)] for id_, check in CHECKS.items()}


def a_file(random: Random) -> dict[str, Any]:
    chosen = {name: random.choice(values) for name, values in CHOICES.items() if random.random() < 0.5}
    return {"staticPodPath": "", **chosen}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    folder = tmp_path_factory.mktemp("certificates")
    certificate, key = folder / "serving.crt", folder / "serving.key"
    write_certificate("careful", certificate, key)
    careful = {
        "streamingConnectionIdleTimeout": "5m",
        "tlsCertFile": str(certificate),
        "tlsPrivateKeyFile": str(key),
        "tlsMinVersion": "VersionTLS13",
        "podPidsLimit": 4096,
        "seccompDefault": True,
    }
    (port,) = free_ports(1)
    careless = {
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        "readOnlyPort": port,
        "makeIPTablesUtilChains": False,
        "eventRecordQPS": 1,
    }
    nodes = {"careful": careful, "careless": careless, "plain": {}}
    with cluster_with_kubelets(nodes, {"auditor": [], "nobody": []}) as server:
        yield server


def scan(server: ApiServer, user: str) -> dict[str, Any]:
    words = ["scan", "--kubeconfig", str(server.kubeconfig_for(user)), "--read-kubelet-config"]
    done = CliRunner().invoke(app, [*words, "--format", "json"], catch_exceptions=False)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def failing(found: dict[str, Any], node: str) -> set[str]:
    return {
        each["check"]
        for each in found["results"]
        if each["check"] in CHECKS and each["resource"]["name"] == node and each["status"] == "fail"
    }


def test_a_scan_judges_what_kubelets_say_that_they_run_with(cluster: ApiServer) -> None:
    found = scan(cluster, "admin")

    assert failing(found, "careful") == {"kubelet-client-rotation", "kubelet-hostname-override"}
    assert failing(found, "plain") == BY_DEFAULT
    assert failing(found, "careless") == BY_DEFAULT | {
        "kubelet-always-allow",
        "kubelet-anonymous-auth",
        "kubelet-client-authority",
        "kubelet-event-rate",
        "kubelet-iptables-chains",
        "kubelet-read-only-port",
    }
    certificates = [each for each in found["results"] if each["check"] == "kubelet-serving-certificate"]
    assert {each["resource"]["name"]: each["status"] for each in certificates} == {
        "careful": "pass",
        "careless": "manual",
        "plain": "manual",
    }
    uids = {each["metadata"]["uid"] for each in cluster.api.get("/api/v1/nodes")["items"]}
    assert {each["resource"]["uid"] for each in certificates} == uids


def test_it_takes_the_right_to_proxy_to_nodes_and_no_other(cluster: ApiServer) -> None:
    def coverage() -> dict[str, Any]:
        (found,) = (
            each for each in scan(cluster, "auditor")["coverage"] if each["kind"] == "KubeletConfiguration"
        )
        return dict(found)

    role = {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "auditor"},
        "rules": [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "list"]}],
    }
    binding = {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "auditor"},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "auditor"},
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": "auditor"}],
    }
    cluster.api.apply(role, binding)
    assert coverage()["state"] == "forbidden"

    role["rules"] = [*role["rules"], {"apiGroups": [""], "resources": ["nodes/proxy"], "verbs": ["get"]}]
    cluster.api.apply(role)
    assert coverage() == coverage() | {"state": "collected", "listed": 3, "reason": None}


def test_what_is_not_written_is_what_a_kubelet_takes_for_it() -> None:
    """With an empty file each check says what it says of the kubelet's own defaults."""
    assert statuses(kubelet({})) == statuses(kubelet(effective(settings={}), "uid"))


def test_a_file_is_judged_as_what_the_kubelet_makes_of_it() -> None:
    """Every setting that checks read, in every form; a file that the kubelet refuses says nothing."""
    random = Random(41)
    files = [a_file(random) for _ in range(FILES)]

    def run(settings: dict[str, Any]) -> dict[str, Any] | None:
        try:
            return effective(settings=settings)
        except KubeletError:
            return None

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(run, files))

    accepted = [(file, config) for file, config in zip(files, made, strict=True) if config is not None]
    assert len(accepted) > FILES / 2
    for file, config in accepted:
        assert statuses(kubelet(file)) == statuses(kubelet(config, "uid")), file


@pytest.mark.parametrize(
    "words",
    [
        ("--anonymous-auth",),
        ("--anonymous-auth=true",),
        ("--anonymous_auth=1",),
        ("--anonymous-auth=T", "--read-only-port=10255"),
        ("--anonymous-auth=false", "--anonymous-auth"),
        ("--anonymous-auth", "--anonymous-auth=false"),
        ("--authorization-mode", "AlwaysAllow"),
        ("--authorization_mode=AlwaysAllow",),
        ("--streaming-connection-idle-timeout=0",),
    ],
)
def test_a_flag_has_precedence_over_the_file(words: tuple[str, ...]) -> None:
    """Why a pass by a file says that flags are not seen. They are read here as the kubelet reads them."""
    file = {
        "authentication": {"anonymous": {"enabled": False}},
        "authorization": {"mode": "Webhook"},
        "readOnlyPort": 0,
        "streamingConnectionIdleTimeout": "5m",
    }
    runs = effective(*words, settings=file)
    ours = read(words, words).flags
    anonymous, mode = ours.get("anonymous-auth"), ours.get("authorization-mode")

    assert runs["authentication"]["anonymous"]["enabled"] is (anonymous.switch if anonymous else False)
    assert runs["authorization"]["mode"] == (mode.text if mode else "Webhook")
    assert runs.get("readOnlyPort", 0) == (10255 if "--read-only-port=10255" in words else 0)
    idle = "0s" if "--streaming-connection-idle-timeout=0" in words else "5m0s"
    assert runs["streamingConnectionIdleTimeout"] == idle


def test_without_a_file_other_defaults_hold_and_configz_tells() -> None:
    found = statuses(kubelet(effective(), "uid"))
    open_ = {id_ for id_, said in found.items() if said == [Status.FAIL]}
    assert open_ >= {"kubelet-anonymous-auth", "kubelet-always-allow", "kubelet-read-only-port"}

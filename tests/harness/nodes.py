"""A real API server with real kubelets behind it, on loopback, for as long as a `with` block.

The kubelets are the kubelet's own code (`rig kubelet`): they load their files, verify the API server's client
certificate, ask it who may do what, and serve. They run no containers and change nothing of the machine. An
API server proxies to no loopback address, so each node has one of a documentation network, and a tunnel
between brings what is sent there to loopback.
"""

import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.harness.api_server import ApiServer
from tests.harness.certificate import write_certificate
from tests.harness.kubernetes_api import ApiError
from tests.harness.processes import Server, free_ports
from tests.kubernetes.build import binary

_CLIENT = "kube-apiserver-kubelet-client"
_RBAC = "rbac.authorization.k8s.io"
_ADDRESS = "203.0.113.1"
_READY_SECONDS = 60.0


class KubeletError(Exception):
    """A kubelet did not start; the message ends with its log."""


@contextmanager
def cluster_with_kubelets(
    nodes: Mapping[str, Mapping[str, Any]], users: Mapping[str, Sequence[str]] | None = None
) -> Iterator[ApiServer]:
    """An API server with these nodes: name -> what its kubelet's configuration file says.

    The port, the address and the authority for client certificates are added where they are not given.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kubelets-")))
        write_certificate(_CLIENT, folder / "client.crt", folder / "client.key")
        tunnel = Server([binary("rig"), "tunnel", folder / "tunnel.sock"], folder / "tunnel.log")
        stack.callback(tunnel.kill)
        kubelets = {f"system:node:{name}": ["system:nodes"] for name in nodes}
        server = stack.enter_context(ApiServer({**kubelets, **(users or {})}, _flags(folder)))
        server.api.apply(_grant())
        for name, settings in nodes.items():
            kubelet = _start(server, folder, name, settings)
            stack.callback(kubelet.kill)
            _wait(server, name, kubelet)
        yield server


def effective(*flags: str, settings: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What the kubelet's own command makes of a file's settings and of flags, as it logs it when it starts.

    It is given no container runtime, so that it ends right then. Without `settings` it has no file.
    """
    with tempfile.TemporaryDirectory(prefix="kubelet-") as folder:
        file = [f"--config={_write_configuration(Path(folder), settings)}"] if settings is not None else []
        command = [str(binary("rig")), "kubelet-command", *file, *flags, "--container-runtime-endpoint="]
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stderr
    _, found, rest = said.partition('"Effective KubeletConfiguration" config=<\n')
    if not found:
        raise KubeletError(said[-2000:])
    lines = rest.partition("\n >")[0].splitlines()
    config: dict[str, Any] = yaml.safe_load("\n".join(line.removeprefix("\t") for line in lines))
    return config


def _flags(folder: Path) -> list[str]:
    transport = {"uds": {"udsName": str(folder / "tunnel.sock")}}
    connection = {"proxyProtocol": "HTTPConnect", "transport": transport}
    selector = {
        "apiVersion": "apiserver.k8s.io/v1beta1",
        "kind": "EgressSelectorConfiguration",
        "egressSelections": [{"name": "cluster", "connection": connection}],
    }
    (folder / "egress.yaml").write_text(yaml.safe_dump(selector))
    return [
        f"--egress-selector-config-file={folder / 'egress.yaml'}",
        f"--kubelet-client-certificate={folder / 'client.crt'}",
        f"--kubelet-client-key={folder / 'client.key'}",
        "--kubelet-preferred-address-types=InternalIP",
    ]


def _grant() -> dict[str, Any]:
    """What kubeadm grants the API server: Kubernetes' own role for talking to kubelets."""
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "kubelet-client"},
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": "system:kubelet-api-admin"},
        "subjects": [{"apiGroup": _RBAC, "kind": "User", "name": _CLIENT}],
    }


def _start(server: ApiServer, folder: Path, name: str, settings: Mapping[str, Any]) -> Server:
    own = folder / name
    own.mkdir()
    (port,) = free_ports(1)
    authentication = {"x509": {"clientCAFile": str(folder / "client.crt")}}
    needed = {"address": "127.0.0.1", "port": port, "authentication": authentication}
    config = _write_configuration(own, needed | dict(settings))
    kubeconfig = server.kubeconfig_for(f"system:node:{name}")
    return Server([binary("rig"), "kubelet", config, kubeconfig, own, name], own / "kubelet.log")


def _write_configuration(folder: Path, settings: Mapping[str, Any]) -> Path:
    path = folder / "config.yaml"
    kind = {"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration"}
    path.write_text(yaml.safe_dump(kind | dict(settings)))
    return path


def _wait(server: ApiServer, name: str, kubelet: Server) -> None:
    """Until the node is there, has its address, and its kubelet answers through the API server."""
    deadline = time.monotonic() + _READY_SECONDS
    addresses = {"status": {"addresses": [{"type": "InternalIP", "address": _ADDRESS}]}}
    path, merge = f"/api/v1/nodes/{name}", "application/merge-patch+json"
    answered = False
    while not answered:
        try:
            server.api.request("PATCH", f"{path}/status", addresses, content_type=merge)
            server.api.get(f"{path}/proxy/healthz")
            answered = True
        except ApiError as error:
            if not kubelet.running or time.monotonic() > deadline:
                raise KubeletError(f"{name}: {error}\n{kubelet.tail()}") from error
            time.sleep(0.1)

"""A real Kubernetes API server with its etcd, on loopback, for as long as a `with` block.

It authenticates, authorizes by RBAC, validates and admits (Pod Security too) as in any cluster. There are no
controllers, no scheduler and no kubelet: pods stay pending, owners make nothing, aggregated ClusterRoles
(admin, edit, view) have no rules unless a test writes them, and ServiceAccounts are made by the tests.
"""

import base64
import http.client
import secrets
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Self

import yaml

from tests.harness.kubernetes_api import Api, ApiError
from tests.harness.processes import Server, free_ports
from tests.kubernetes.build import binary

CONTEXT = "test-cluster"
USERS: Mapping[str, Sequence[str]] = {
    "admin": ["system:masters"],
    "auditor": ["auditors"],
    "nobody": [],
}
_READY_SECONDS = 60.0
_ANSWER_SECONDS = 2.0
_ATTEMPTS = 3


class ApiServerError(Exception):
    """The API server did not start; the message ends with its log."""


class ApiServer:
    """A running API server. `api` is the tests' own client as admin; `kubeconfig` is for the code under test.

    users: name -> groups of the users to know, each with a token. `admin` is in `system:masters`; the others
        hold nothing but what a test grants.
    flags: more flags of kube-apiserver.

    Raises BuildError when a component is not built, ApiServerError when one does not start.
    """

    def __init__(self, users: Mapping[str, Sequence[str]] = USERS, flags: Sequence[str] = ()) -> None:
        self.users = {"admin": ["system:masters"], **users}
        self.url = ""
        self.etcd_url = ""
        self.etcd_url = ""
        self._flags = flags
        self._tokens = {user: secrets.token_urlsafe(24) for user in self.users}
        self._stack = ExitStack()
        self._apis: dict[str, Api] = {}
        self._servers: list[Server] = []

    def __enter__(self) -> Self:
        kube_apiserver, etcd = binary("kube-apiserver"), binary("etcd")
        with ExitStack() as stack:
            folder = tempfile.TemporaryDirectory(prefix="kube-apiserver-", ignore_cleanup_errors=True)
            self.directory = Path(stack.enter_context(folder))
            self._write_inputs()
            for attempt in range(1, _ATTEMPTS + 1):
                self._servers = self._start(kube_apiserver, etcd)
                for server in self._servers:
                    stack.callback(server.kill)
                if self._ready(self._servers, last=attempt == _ATTEMPTS):
                    break
            self.kubeconfig = self.kubeconfig_for("admin")
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the servers and remove their folder, as the block's end does; a second call does nothing."""
        for api in self._apis.values():
            api.close()
        self._stack.close()

    @property
    def pids(self) -> list[int]:
        """The processes of etcd and of the API server, for what measures them."""
        return [server.pid for server in self._servers]

    @property
    def ca(self) -> Path:
        """The certificate authority's file, in PEM."""
        return self.directory / "certificates" / "apiserver.crt"

    @property
    def api(self) -> Api:
        return self.api_as("admin")

    def api_as(self, user: str) -> Api:
        """Return the tests' own client as `user`."""
        if user not in self._apis:
            self._apis[user] = Api(self.url, self.ca, self.token(user))
        return self._apis[user]

    def token(self, user: str) -> str:
        """Return the bearer token of one of `users`."""
        return self._tokens[user]

    def kubeconfig_for(self, user: str, *, token: str | None = None) -> Path:
        """Write and return a kubeconfig for `user`, who need not be known when a `token` is given."""
        path = self.directory / f"kubeconfig-{user.replace('/', '_')}.yaml"
        cluster = {"server": self.url, "certificate-authority": str(self.ca)}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": CONTEXT,
            "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": user}}],
            "clusters": [{"name": CONTEXT, "cluster": cluster}],
            "users": [{"name": user, "user": {"token": token or self.token(user)}}],
        }
        path.touch(mode=0o600)
        path.write_text(yaml.safe_dump(content, sort_keys=False))
        return path

    def _write_inputs(self) -> None:
        (self.directory / "service-accounts.key").write_text(_private_key())
        rows = [
            f'{self._tokens[user]},{user},{user},"{",".join(groups)}"' for user, groups in self.users.items()
        ]
        (self.directory / "tokens.csv").write_text("\n".join(rows) + "\n")

    def _start(self, kube_apiserver: Path, etcd: Path) -> list[Server]:
        here = self.directory
        self._apis.clear()
        client, peer, secure = free_ports(3)
        self.url = f"https://127.0.0.1:{secure}"
        self.etcd_url = f"http://127.0.0.1:{client}"
        database = Server(
            [
                etcd,
                f"--data-dir={here / f'etcd-{client}'}",
                f"--listen-client-urls={self.etcd_url}",
                f"--advertise-client-urls={self.etcd_url}",
                f"--listen-peer-urls=http://127.0.0.1:{peer}",
                f"--initial-advertise-peer-urls=http://127.0.0.1:{peer}",
                f"--initial-cluster=default=http://127.0.0.1:{peer}",
                "--unsafe-no-fsync",
                f"--quota-backend-bytes={4 << 30}",
                "--log-level=warn",
            ],
            here / "etcd.log",
        )
        server = Server(
            [
                kube_apiserver,
                f"--etcd-servers={self.etcd_url}",
                "--bind-address=127.0.0.1",
                "--advertise-address=127.0.0.1",
                f"--secure-port={secure}",
                "--endpoint-reconciler-type=none",
                f"--cert-dir={here / 'certificates'}",
                f"--token-auth-file={here / 'tokens.csv'}",
                "--authorization-mode=Node,RBAC",
                f"--service-account-key-file={here / 'service-accounts.key'}",
                f"--service-account-signing-key-file={here / 'service-accounts.key'}",
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-cluster-ip-range=10.0.0.0/16",
                "--disable-admission-plugins=ServiceAccount",
                "--allow-privileged=true",
                "--profiling=false",
                *self._flags,
            ],
            here / "kube-apiserver.log",
        )
        return [database, server]

    def _ready(self, servers: Sequence[Server], *, last: bool) -> bool:
        """Wait for the servers. False when another program took one of their ports and a retry may help."""
        deadline = time.monotonic() + _READY_SECONDS
        problem = "not asked yet"
        while time.monotonic() < deadline:
            for server in servers:
                if not server.running:
                    return self._failed(servers, f"{server.name} ended", server, last=last)
            try:
                if self.ca.is_file():
                    self._ask()
                    return True
            except (ApiError, OSError, http.client.HTTPException) as error:
                problem = str(error)
            time.sleep(0.05)
        return self._failed(
            servers, f"not ready in {_READY_SECONDS:.0f} s: {problem}", servers[-1], last=True
        )

    def _ask(self) -> None:
        with closing(Api(self.url, self.ca, self.token("admin"), timeout=_ANSWER_SECONDS)) as api:
            api.get("/readyz")
            api.get("/api/v1/namespaces/kube-system")

    def _failed(self, servers: Sequence[Server], reason: str, culprit: Server, *, last: bool) -> bool:
        for server in servers:
            server.kill()
        if "address already in use" in culprit.log.read_text(errors="replace") and not last:
            return False
        raise ApiServerError(f"The test API server did not start: {reason}\n{culprit.tail()}")


def _private_key() -> str:
    """Return a new P-256 key in PEM (SEC 1, RFC 5915; the public half is optional and left out).

    It signs the tokens of one throw-away server. A first byte below 255 keeps it below the group's order.
    """
    number = bytes([secrets.randbelow(255)]) + secrets.token_bytes(31)
    p256 = bytes.fromhex("a00a06082a8648ce3d030107")
    content = bytes.fromhex("020101") + b"\x04\x20" + number + p256
    text = base64.encodebytes(b"\x30" + bytes([len(content)]) + content).decode()
    return f"-----BEGIN EC PRIVATE KEY-----\n{text}-----END EC PRIVATE KEY-----\n"

"""The real Pod Security admission, asked about many pods: which controls does it say a pod would violate?

A namespace warns of one level in one version and enforces nothing, so that one dry-run request names every
control that a pod violates there, in a Warning header.
"""

from __future__ import annotations

import http.client
import json
import re
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import local
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from checks.pod_security.levels import NEWEST, PREFIX, Level
from tests.checks.pod_security.pods import SAFE
from tests.harness.api_server import ApiServer

Object = dict[str, Any]
THREADS = 4
REASONS = {
    "allowPrivilegeEscalation": "allowPrivilegeEscalation != false",
    "appArmorProfile": "forbidden AppArmor profile",
    "capabilities_baseline": "non-default capabilities",
    "capabilities_restricted": "unrestricted capabilities",
    "hostNamespaces": "host namespaces",
    "hostPathVolumes": "hostPath volumes",
    "hostPorts": "hostPort",
    "hostProbesAndHostLifecycle": "probe or lifecycle host",
    "privileged": "privileged",
    "procMount": "procMount",
    "procMount_restricted": "procMount",
    "restrictedVolumes": "restricted volume types",
    "runAsNonRoot": "runAsNonRoot != true",
    "runAsUser": "runAsUser=0",
    "seLinuxOptions": "seLinuxOptions",
    "seccompProfile_baseline": "seccompProfile",
    "seccompProfile_restricted": "seccompProfile",
    "sysctls": "forbidden sysctls",
    "windowsHostProcess": "hostProcess",
}
"""How the API server names each control in its warnings."""
STANDING: dict[str, Object] = {
    "safe": {},
    "windows": {"os": {"name": "windows"}},
    "apart": {"hostUsers": False},
}
"""Stored pods (what their spec has besides a container) that ephemeral containers are added to."""


class Case(Struct, frozen=True):
    """One question. `kind`: Pod, ephemeral (then `into` is a pod of STANDING), or PodTemplate."""

    kind: str
    pod: Object
    level: Level
    version: int | None
    into: str = "safe"

    @property
    def namespace(self) -> str:
        return f"{self.level}-{'latest' if self.version is None else f'v1.{self.version}'}".replace(".", "-")


class Said(Struct, frozen=True):
    """The API server's answer: the reasons of what is violated and the object as it would be stored; None
    where the object is invalid whatever Pod Security says, with the API server's words."""

    reasons: frozenset[str] | None
    stored: Object
    words: str


class Oracle:
    """Asks in parallel, each thread on a connection of its own."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self._address = urlsplit(server.url).netloc
        self._tls = ssl.create_default_context(cafile=str(server.ca))
        self._local = local()
        self._connections: list[http.client.HTTPSConnection] = []
        self._pool = ThreadPoolExecutor(THREADS)

    def close(self) -> None:
        self._pool.shutdown()
        for connection in self._connections:
            connection.close()

    def ask(self, cases: list[Case]) -> list[Said]:
        """What the API server says of each."""
        return list(self._pool.map(self._one, cases))

    def _one(self, case: Case) -> Said:
        method, path, body = request(case)
        status, headers, content = self._exchange(method, path, json.dumps(body).encode())
        answer = json.loads(content)
        if status >= http.client.BAD_REQUEST:
            assert status == http.client.UNPROCESSABLE_ENTITY, (status, content)
            return Said(None, {}, answer["message"])
        words = [each for each in headers if "would violate PodSecurity" in each]
        return Said(frozenset(r for each in words for r in reasons(each)), answer, " ".join(words))

    def _exchange(self, method: str, path: str, body: bytes) -> tuple[int, list[str], bytes]:
        connection: http.client.HTTPSConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPSConnection(self._address, timeout=60, context=self._tls)
            self._local.connection = connection
            self._connections.append(connection)
        headers = {
            "Authorization": f"Bearer {self._server.token('admin')}",
            "Content-Type": "application/json"
            if method == "POST"
            else "application/strategic-merge-patch+json",
        }
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.headers.get_all("Warning") or [], response.read()


def request(case: Case) -> tuple[str, str, Object]:
    """The request that asks a case."""
    root, query = f"/api/v1/namespaces/{case.namespace}", "?dryRun=All"
    pod = case.pod
    match case.kind:
        case "Pod":
            body = {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "asked", **pod["metadata"]},
                "spec": pod["spec"],
            }
            return "POST", f"{root}/pods{query}", body
        case "PodTemplate":
            labels = {"metadata": {"name": "asked"}, "template": pod}
            return (
                "POST",
                f"{root}/podtemplates{query}",
                {"apiVersion": "v1", "kind": "PodTemplate", **labels},
            )
        case _:
            added = {"spec": {"ephemeralContainers": pod["spec"].get("ephemeralContainers", [])}}
            return "PATCH", f"{root}/pods/{case.into}/ephemeralcontainers{query}", added


def reasons(warning: str) -> Iterator[str]:
    """The reasons in a Warning header: each is followed by its detail in parentheses."""
    text = re.sub(r"\\(.)", r"\1", warning.partition('would violate PodSecurity \\"')[2])
    text = text.partition('": ')[2]
    while " (" in text:
        reason, _, rest = text.partition(" (")
        depth = 1
        for index, char in enumerate(rest):  # noqa: B007 - where it stops is the answer
            depth += {"(": 1, ")": -1}.get(char, 0)
            if not depth:
                break
        yield reason.removesuffix("s") if "AppArmor" in reason else reason
        text = rest[index + 1 :].removeprefix(", ")


@contextmanager
def oracle(server: ApiServer) -> Iterator[Oracle]:
    """The oracle with a namespace for every level and version, and the pods that stand in each."""
    versions = (None, *range(NEWEST + 1))
    cases = [Case("Pod", {}, level, v) for level in (Level.BASELINE, Level.RESTRICTED) for v in versions]
    namespaces = [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "name": case.namespace,
                "labels": {
                    f"{PREFIX}enforce": "privileged",
                    f"{PREFIX}warn": str(case.level),
                    f"{PREFIX}warn-version": "latest" if case.version is None else f"v1.{case.version}",
                },
            },
        }
        for case in cases
    ]
    container = {"name": "c0", "image": "shop:1"}
    for namespace in namespaces:
        server.api.create(namespace)
        for name, more in STANDING.items():
            context = {"runAsNonRoot": True} if "os" in more else SAFE
            pod = {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": name},
                "spec": {"containers": [{**container, "securityContext": context}], **more},
            }
            server.api.create(pod, namespace=namespace["metadata"]["name"])  # type: ignore[index]
    asked = Oracle(server)
    try:
        yield asked
    finally:
        asked.close()
        server.api.delete(*namespaces)

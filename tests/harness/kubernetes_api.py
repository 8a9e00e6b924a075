"""A small client of the Kubernetes API for the tests.

It shares nothing with the code under test, so that a mistake in how Quarterdeck talks to Kubernetes is not
made here too.
"""

import http.client
import json
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from uuid import uuid4

import yaml

Object = dict[str, Any]
Manifest = Path | Mapping[str, Any]

_RBAC = "rbac.authorization.k8s.io"
_FIRST = ("Namespace", "CustomResourceDefinition")
_CRD_WAIT_SECONDS = 20.0
_SETTLE_SECONDS = 20.0


class ApiError(Exception):
    """The API server refused a request: `status` is the HTTP code, `message` its own words."""

    def __init__(self, method: str, path: str, status: int, message: str) -> None:
        super().__init__(f"{method} {path}: {status} {message}")
        self.status = status
        self.message = message


class Api:
    """The API server as one user. Safe for threads: each has its own connection."""

    def __init__(self, url: str, ca: Path, token: str, *, timeout: float = 60) -> None:
        self._address = urlsplit(url).netloc
        self._tls = ssl.create_default_context(cafile=str(ca))
        self._token = token
        self._timeout = timeout
        self._local = threading.local()
        self._connections: list[http.client.HTTPSConnection] = []
        self._resources: dict[str, list[Object]] = {}

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str | int] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> Object:
        """Send one request and return the decoded answer. Raises ApiError for every status from 400 on."""
        headers = {"Authorization": f"Bearer {self._token}", "Accept": accept, "Content-Type": content_type}
        target = f"{path}?{urlencode(query)}" if query else path
        payload = None if body is None else json.dumps(body).encode()
        status, content = self._exchange(method, target, payload, headers)
        if status >= http.client.BAD_REQUEST:
            raise ApiError(method, target, status, _message(content))
        try:
            answer = json.loads(content)
        except ValueError:
            answer = None
        return answer if isinstance(answer, dict) else {"text": content.decode(errors="replace")}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What this thread's last request was warned of."""
        return tuple(getattr(self._local, "warnings", ()))

    def get(self, path: str, **query: str | int) -> Object:
        """Return the object or list at `path`."""
        return self.request("GET", path, query=query)

    def create(self, obj: Mapping[str, Any], *, namespace: str = "default") -> Object:
        """Create one object and return it as stored."""
        return self.request("POST", self.path(obj, namespace).rpartition("/")[0], obj)

    def apply(self, *manifests: Manifest, namespace: str = "default", dry_run: bool = False) -> list[Object]:
        """Create or update objects by server-side apply and return them as stored.

        A manifest is a file of YAML documents, or an object. `namespace` is for those that name none.
        Namespaces and CRDs go first. What it returns is in force: the authorizer has seen new RBAC objects.
        With `dry_run` the server admits and validates everything and stores nothing.
        """
        objects = sorted(objects_in(manifests), key=lambda each: each.get("kind") not in _FIRST)
        patient = any(each.get("kind") == "CustomResourceDefinition" for each in objects) and not dry_run
        query = {"fieldManager": "tests", "force": "true"} | ({"dryRun": "All"} if dry_run else {})
        stored = [
            self.request(
                "PATCH",
                self.path(each, namespace, patient=patient),
                each,
                query=query,
                content_type="application/apply-patch+yaml",
            )
            for each in objects
        ]
        if not dry_run:
            self._settle(objects)
        return stored

    def delete(self, *manifests: Manifest, namespace: str = "default") -> None:
        """Delete objects at once, without grace; those that are gone already do not matter.

        Nothing else empties a namespace here (that is the controller-manager's work), so this does.
        """
        objects = list(objects_in(manifests))
        if any(each.get("kind") == "CustomResourceDefinition" for each in objects):
            self._resources.clear()
        for each in reversed(objects):
            if each.get("kind") == "Namespace":
                self._delete_namespace(each["metadata"]["name"])
            else:
                self._delete(self.path(each, namespace))
        self._settle(objects)

    def sar(
        self,
        user: str,
        groups: Sequence[str],
        verb: str,
        resource: str = "",
        *,
        group: str = "",
        subresource: str = "",
        namespace: str = "",
        name: str = "",
        path: str = "",
    ) -> bool:
        """Ask the API server itself, by SubjectAccessReview, whether `user` may do this; `path` for a URL."""
        asked: Object = {"nonResourceAttributes": {"path": path, "verb": verb}}
        if not path:
            attributes = {"group": group, "resource": resource, "subresource": subresource, "name": name}
            asked = {"resourceAttributes": {**attributes, "namespace": namespace, "verb": verb}}
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {"user": user, "groups": list(groups), **asked},
        }
        answer = self.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
        return bool(answer["status"]["allowed"])

    def service_account_token(self, namespace: str, name: str, pod: str = "", *, seconds: int = 3600) -> str:
        """Return a token of an existing ServiceAccount, bound to a pod of it if one is named."""
        bound = {"boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": pod}} if pod else {}
        spec = {"expirationSeconds": seconds, **bound}
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        answer = self.request("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token", body)
        return str(answer["status"]["token"])

    def path(self, obj: Mapping[str, Any], namespace: str = "default", *, patient: bool = False) -> str:
        """Return the path of an object. With `patient`, waits for a kind whose CRD has just been made."""
        version, kind, metadata = obj["apiVersion"], obj["kind"], obj["metadata"]
        resource = self._resource(version, kind, patient=patient)
        inside = f"/namespaces/{metadata.get('namespace') or namespace}" if resource["namespaced"] else ""
        return f"{_root(version)}{inside}/{resource['name']}/{quote(metadata['name'])}"

    def serves(self, version: str, kind: str) -> bool:
        """Whether the server has this kind now."""
        self._resources[version] = self._served(version)
        return any(each["kind"] == kind for each in self._resources[version])

    def _resource(self, version: str, kind: str, *, patient: bool) -> Object:
        deadline = time.monotonic() + (_CRD_WAIT_SECONDS if patient else 0)
        while True:
            known = [each for each in self._resources.get(version, []) if each["kind"] == kind]
            if known:
                return known[0]
            if self.serves(version, kind):
                continue
            if time.monotonic() >= deadline:
                problem = f"no resource of kind {kind} is served"
                raise ApiError("GET", _root(version), http.client.NOT_FOUND, problem)
            time.sleep(0.1)

    def _served(self, version: str) -> list[Object]:
        """Return the resources of a group version; none when it is not served, or no longer."""
        try:
            listed = self.get(_root(version))["resources"]
        except ApiError as error:
            if error.status != http.client.NOT_FOUND:
                raise
            return []
        return [each for each in listed if "/" not in each["name"]]

    def _delete(self, path: str) -> None:
        try:
            self.request("DELETE", path, query={"gracePeriodSeconds": 0, "propagationPolicy": "Background"})
        except ApiError as error:
            if error.status != http.client.NOT_FOUND:
                raise

    def _delete_namespace(self, name: str) -> None:
        groups = self.get("/apis")["groups"]
        for version in ["v1", *(group["preferredVersion"]["groupVersion"] for group in groups)]:
            for resource in self._served(version):
                if resource["namespaced"] and "deletecollection" in resource["verbs"]:
                    self._delete(f"{_root(version)}/namespaces/{name}/{resource['name']}")
        self._delete(f"/api/v1/namespaces/{name}")
        body = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name},
            "spec": {"finalizers": []},
        }
        try:
            self.request("PUT", f"/api/v1/namespaces/{name}/finalize", body)
        except ApiError as error:
            if error.status != http.client.NOT_FOUND:
                raise

    def _settle(self, changed: Iterable[Mapping[str, Any]]) -> None:
        """Wait until the authorizer has seen RBAC changes: send a mark after them down its watches."""
        if not any(str(each.get("apiVersion", "")).startswith(_RBAC) for each in changed):
            return
        mark = f"settle-{uuid4()}"
        objects = [object_ for cluster in ("", "Cluster") for object_ in _mark(mark, cluster)]
        paths = [self.path(each) for each in objects]
        for each in objects:
            self.create(each)
        deadline = time.monotonic() + _SETTLE_SECONDS
        for user in (mark, f"Cluster{mark}"):
            while not self.sar(user, [], "get", "settles", group="tests", namespace="default"):
                assert time.monotonic() < deadline, "the authorizer does not follow RBAC changes"
                time.sleep(0.01)
        for path in paths:
            self._delete(path)

    def _exchange(
        self, method: str, target: str, payload: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        connection = self._connection()
        fresh = connection.sock is None
        try:
            connection.request(method, target, payload, headers)
            response = connection.getresponse()
            self._local.warnings = response.headers.get_all("Warning", [])
            return response.status, response.read()
        except (ConnectionError, ssl.SSLEOFError):  # a kept connection that the server has closed meanwhile
            connection.close()
            if fresh:
                raise
        except BaseException:
            connection.close()
            raise
        return self._exchange(method, target, payload, headers)

    def _connection(self) -> http.client.HTTPSConnection:
        connection: http.client.HTTPSConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPSConnection(self._address, timeout=self._timeout, context=self._tls)
            self._local.connection = connection
            self._connections.append(connection)
        return connection

    def close(self) -> None:
        """Close the connections of all threads. A later request opens a new one."""
        for connection in self._connections:
            connection.close()


def objects_in(manifests: Iterable[Manifest]) -> Iterator[Object]:
    """Yield every object of files of YAML documents and of objects, lists taken apart."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for manifest in manifests:
        documents = yaml.load_all(manifest.read_text(), loader) if isinstance(manifest, Path) else [manifest]
        for document in documents:
            if document is None:
                continue
            if str(document.get("kind", "")).endswith("List") and "items" in document:
                yield from objects_in(document["items"])
            else:
                yield dict(document)


def _root(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


def _message(content: bytes) -> str:
    try:
        return str(json.loads(content)["message"])
    except (ValueError, KeyError, TypeError):
        return content.decode(errors="replace").strip()


def _mark(name: str, cluster: str) -> list[Object]:
    version = f"{_RBAC}/v1"
    rules = [{"apiGroups": ["tests"], "resources": ["settles"], "verbs": ["get"]}]
    role = {"apiGroup": _RBAC, "kind": f"{cluster}Role", "name": name}
    subjects = [{"apiGroup": _RBAC, "kind": "User", "name": f"{cluster}{name}"}]
    body: Object = {"apiVersion": version, "metadata": {"name": name}}
    return [
        {**body, "kind": f"{cluster}Role", "rules": rules},
        {**body, "kind": f"{cluster}RoleBinding", "roleRef": role, "subjects": subjects},
    ]

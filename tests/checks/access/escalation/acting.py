"""Doing for real, as somebody, what a way says that they can do: on a real API server, mostly as dry runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Self

from checks.model import Subject
from tests.harness.api_server import ApiServer
from tests.harness.kubernetes_api import Api, ApiError

RBAC = "/apis/rbac.authorization.k8s.io/v1"
MERGE = "application/merge-patch+json"
EVERY_RULE = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}


class Actor:
    """One service account with a token of its own, or with that of one of its pods."""

    def __init__(self, server: ApiServer, account: Subject, pod: str = "") -> None:
        token = server.api.service_account_token(account.namespace or "", account.name, pod)
        self.api = Api(server.url, server.ca, token)
        self.user = f"system:serviceaccount:{account.namespace}:{account.name}"
        self._token = token

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.api.close()

    def may(
        self, method: str, path: str, body: Mapping[str, Any], kind: str = "application/json", **query: str
    ) -> bool:
        """Whether this request is let through, tried without keeping anything."""
        try:
            self.api.request(method, path, body, query={"dryRun": "All", **query}, content_type=kind)
        except ApiError as error:
            if error.status != 403:
                raise
            return False
        return True

    def impersonates(self, user: str, groups: Sequence[str] = ()) -> bool:
        """Whether it may act as somebody: as whom, the API server says itself."""
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        found = self._as(user, groups, "/apis/authentication.k8s.io/v1/selfsubjectreviews", body)
        if found is None:
            return False
        who = found["status"]["userInfo"]
        assert who["username"] == user
        assert set(groups) <= set(who["groups"])
        return True

    def binds_as(self, user: str, role: str) -> bool:
        """Whether it may bind a role to itself while it acts as somebody."""
        path = f"{RBAC}/clusterrolebindings?dryRun=All"
        return self._as(user, (), path, self._binding(role, "", "ClusterRole")) is not None

    def _as(self, user: str, groups: Sequence[str], path: str, body: Mapping[str, Any]) -> Any:
        """A POST as somebody else: the answer, None if it is refused."""
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "Impersonate-User": user,
        }
        if groups:
            (headers["Impersonate-Group"],) = groups
        status, content = self.api._exchange("POST", path, json.dumps(body).encode(), headers)
        assert status in (200, 201, 403), content
        return None if status == 403 else json.loads(content)

    def binds(self, role: str, namespace: str = "", kind: str = "ClusterRole") -> bool:
        """Whether it may bind a role to itself."""
        where = f"{RBAC}/namespaces/{namespace}/rolebindings" if namespace else f"{RBAC}/clusterrolebindings"
        return self.may("POST", where, self._binding(role, namespace, kind))

    def _binding(self, role: str, namespace: str, kind: str) -> dict[str, Any]:
        return {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding" if namespace else "ClusterRoleBinding",
            "metadata": {"name": "taken"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
            "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": self.user}],
        }

    def makes_binding(self, name: str, role: str) -> bool:
        """Whether it may make a ClusterRoleBinding of this name, not by POST: by apply or by update."""
        body = self._binding(role, "", "ClusterRole") | {"metadata": {"name": name}}
        path, apply = f"{RBAC}/clusterrolebindings/{name}", "application/apply-patch+yaml"
        return self.may("PATCH", path, body, apply, fieldManager="tests") or self.may("PUT", path, body)

    def takes(self, role: str) -> Mapping[str, Any]:
        """Bind a ClusterRole to itself for good; the binding."""
        return self.api.create(self._binding(role, "", "ClusterRole"))

    def widens(self, role: str) -> bool:
        """Whether it may write everything into a ClusterRole."""
        return self.may("PATCH", f"{RBAC}/clusterroles/{role}", {"rules": [EVERY_RULE]}, MERGE)

    def mints(self, namespace: str, name: str) -> bool:
        """Whether it may have a token made for a service account."""
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        return self.may("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token", body)

    def mints_as(self, user: str, namespace: str, name: str, *, pod: str) -> bool:
        """Whether it may, acting as somebody, have a token made that is bound to a pod."""
        bound = {"apiVersion": "v1", "kind": "Pod", "name": pod}
        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"boundObjectRef": bound},
        }
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token?dryRun=All"
        return self._as(user, (), path, body) is not None

    def starts_pod(self, namespace: str, account: str, *, privileged: bool = False) -> bool:
        """Whether it may start a pod as a service account. Pod Security's refusal is one as well."""
        return self.may("POST", f"/api/v1/namespaces/{namespace}/pods", _pod(account, privileged=privileged))

    def applies_pod(self, namespace: str, name: str) -> bool:
        """Whether it may make a pod of this name by server-side apply."""
        path, apply = f"/api/v1/namespaces/{namespace}/pods/{name}", "application/apply-patch+yaml"
        return self.may("PATCH", path, _pod("x"), apply, fieldManager="tests")


def _pod(account: str, *, privileged: bool = False) -> dict[str, Any]:
    container = {"name": "app", "image": "x", "securityContext": {"privileged": privileged}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "taken"},
        "spec": {"serviceAccountName": account, "containers": [container]},
    }

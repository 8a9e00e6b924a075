"""Helm installs, upgrades and removes the release on the real API server, under `restricted`."""

from http import HTTPStatus
from typing import Any

import pytest

from tests.harness.api_server import ApiServer
from tests.harness.kubernetes_api import ApiError
from tests.helm.chart import CHART, RELEASE, helm

NAME = f"{RELEASE}-quarterdeck"


def test_it_is_installed_upgraded_and_removed_but_for_the_history(
    api_server: ApiServer, restricted: str
) -> None:
    def run(verb: str, *arguments: str, **values: Any) -> str:
        where = ("--kubeconfig", str(api_server.kubeconfig), "--namespace", restricted)
        return helm(verb, RELEASE, *arguments, *where, values=values if arguments else None)

    def has(path: str) -> bool:
        try:
            return bool(api_server.api.get(path))
        except ApiError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return False

    deployment = f"/apis/apps/v1/namespaces/{restricted}/deployments/{NAME}"
    claim = f"/api/v1/namespaces/{restricted}/persistentvolumeclaims/{NAME}"
    role = f"/apis/rbac.authorization.k8s.io/v1/clusterroles/{restricted}-{NAME}"

    run("install", str(CHART), slack={"existingSecret": "slack"})
    assert has(deployment)
    assert has(claim)
    assert has(role)

    run("upgrade", str(CHART), slack={"existingSecret": "slack"}, image={"tag": "edge"})
    pod = api_server.api.get(deployment)["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"] == "quarterdeck:edge"

    run("uninstall")
    assert not has(deployment)
    assert not has(role)
    assert has(claim)


@pytest.mark.parametrize(
    ("values", "said", "unsaid"),
    [
        ({}, "secret generic quarterdeck-slack", "WARNING"),
        ({"slack": {"existingSecret": "s"}}, "/invite @Quarterdeck", "secret generic"),
        ({"rbac": {"readSecretMetadata": True}}, "every Secret's value", "lost when the pod goes"),
        ({"persistence": {"enabled": False}}, "lost when the pod goes", "every Secret's value"),
    ],
)
def test_the_notes_say_what_to_do_next(
    api_server: ApiServer, values: dict[str, Any], said: str, unsaid: str
) -> None:
    where = ("--kubeconfig", str(api_server.kubeconfig), "--dry-run=server")
    notes = helm("install", RELEASE, str(CHART), *where, values=values).partition("NOTES:")[2]
    assert said in notes
    assert unsaid not in notes

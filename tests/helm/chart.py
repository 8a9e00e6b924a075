"""Renders the chart with the real Helm, as the tests of it need it."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.kubernetes.build import binary

CHART = Path(__file__).parents[2] / "helm" / "quarterdeck"
RELEASE = "watch"
KUBERNETES = "1.37.0"

Object = dict[str, Any]


class ChartError(Exception):
    """Helm refused; the message is what it said."""


def helm(*arguments: str, values: Mapping[str, Any] | None = None) -> str:
    """Run Helm and return what it printed. Raises ChartError with its words when it fails."""
    command = [str(binary("helm")), *arguments]
    command += ["--values", "-"] if values is not None else []
    done = subprocess.run(
        command, input=yaml.safe_dump(dict(values or {})), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ChartError(done.stdout + done.stderr)
    return done.stdout


def render(namespace: str = "quarterdeck", **values: Any) -> list[Object]:
    """Return the objects that the chart makes with `values`."""
    where = ("--namespace", namespace, "--kube-version", KUBERNETES)
    text = helm("template", RELEASE, str(CHART), *where, values=values)
    return [each for each in yaml.safe_load_all(text) if each]


def one(objects: list[Object], kind: str) -> Object:
    """Return the only object of a kind."""
    (found,) = [each for each in objects if each["kind"] == kind]
    return found


def pod_of(deployment: Object) -> Object:
    """Return the Pod that the Deployment's controller would make."""
    template = deployment["spec"]["template"]
    metadata = {**template["metadata"], "name": "from-the-template"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}

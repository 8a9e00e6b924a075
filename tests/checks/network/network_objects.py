"""Namespaces, pods and policies in one line each, as the tests of this folder write them."""

from __future__ import annotations

from typing import Any

Doc = dict[str, Any]
SPEC: Doc = {"containers": [{"name": "app", "image": "shop:1"}]}


def policy(name: str, selector: Doc | None = None, namespace: str = "web", **spec: Any) -> Doc:
    """A NetworkPolicy; `types="Ingress Egress"` sets policyTypes, which are left out otherwise."""
    types = spec.pop("types", None)
    body: Doc = {"podSelector": selector or {}, **spec}
    if types is not None:
        body["policyTypes"] = types.split()
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta, "spec": body}


def pod(
    name: str, namespace: str = "web", *, host: bool = False, phase: str = "Running", **labels: str
) -> Doc:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {**SPEC, "hostNetwork": host},
        "status": {"phase": phase},
    }


def deployment(name: str, namespace: str = "web", *, kind: str = "Deployment", **labels: str) -> Doc:
    """A Deployment, or another controller with a pod template."""
    template = {"metadata": {"labels": labels}, "spec": SPEC}
    spec: Doc = {"template": template}
    if kind == "CronJob":
        spec = {"jobTemplate": {"spec": spec}}
    version = "batch/v1" if kind in {"Job", "CronJob"} else "apps/v1"
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def only(**labels: str) -> Doc:
    """A selector of these labels."""
    return {"matchLabels": labels}

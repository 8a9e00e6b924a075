"""Which routes a listener takes, as the Gateway API has it."""

from __future__ import annotations

from typing import Any

import pytest

from checks.cluster import objects as o
from checks.network.gateways import attached
from tests.harness.fixture_snapshot import snapshot_of

V1 = "gateway.networking.k8s.io/v1"
LISTENER = {"name": "web", "protocol": "HTTP", "port": 80}
ALL = {"allowedRoutes": {"namespaces": {"from": "All"}}}
PICKED = {"allowedRoutes": {"namespaces": {"from": "Selector", "selector": {"matchLabels": {"edge": "yes"}}}}}
NAMED = {
    "allowedRoutes": {
        "namespaces": {
            "from": "Selector",
            "selector": {"matchLabels": {"kubernetes.io/metadata.name": "web"}},
        }
    }
}
NONE = {"allowedRoutes": {"namespaces": {"from": "None"}}}


def takes(
    listener: dict[str, Any] | None = None,
    route: dict[str, Any] | None = None,
    *,
    kind: str = "HTTPRoute",
    namespace: str = "edge",
    parent: dict[str, Any] | None = None,
    labels: dict[str, str] | None = None,
) -> bool | None:
    """Whether the route is taken; None where it only may be."""
    spec = {"listeners": [LISTENER | (listener or {})]}
    gateway = {"apiVersion": V1, "kind": "Gateway", "metadata": {"name": "shop", "namespace": "edge"}}
    refs = [{"name": "shop", "namespace": "edge"} | (parent or {})]
    made = {"apiVersion": V1, "kind": kind, "metadata": {"name": "r", "namespace": namespace}}
    made["spec"] = {"parentRefs": refs} | (route or {})
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web", "labels": labels}}
    found = [] if labels is None else [space]
    snapshot = snapshot_of(gateway | {"spec": spec}, made, *found)
    [read] = snapshot.all(o.Gateway)
    taken = list(attached(snapshot, read, (read.spec.listeners or ())[0]))
    return (taken[0].sure or None) if taken else False


@pytest.mark.parametrize(
    ("listener", "names", "expected"),
    [
        ({}, None, True),
        ({}, ["shop.example.com"], True),
        ({"hostname": "shop.example.com"}, None, True),
        ({"hostname": "shop.example.com"}, ["SHOP.example.com"], True),
        ({"hostname": "shop.example.com"}, ["other.example.com"], False),
        ({"hostname": "*.example.com"}, ["a.b.example.com"], True),
        ({"hostname": "*.example.com"}, ["example.com"], False),
        ({"hostname": "shop.example.com"}, ["*.example.com"], True),
        ({"hostname": "*.example.com"}, ["*.shop.example.com"], True),
        ({"hostname": "*.example.com"}, ["*.example.org", "a.example.com"], True),
    ],
)
def test_host_names_must_meet(listener: dict[str, Any], names: list[str] | None, expected: bool) -> None:
    assert takes(listener, {"hostnames": names}) is expected


def test_by_namespace() -> None:
    assert takes() is True
    assert takes(namespace="web") is False
    assert takes(ALL, namespace="web") is True
    assert takes(NONE) is False
    assert takes(PICKED, namespace="web", labels={"edge": "yes"}) is True
    assert takes(PICKED, namespace="web", labels={"edge": "no"}) is False
    assert takes(PICKED, namespace="web") is None


def test_the_label_with_its_name_is_on_every_namespace() -> None:
    """The API server writes it; files leave it out, and a namespace that was not read has it too."""
    assert takes(NAMED, namespace="web", labels={}) is True
    assert takes(NAMED, namespace="web") is True
    assert takes(NAMED, namespace="other", labels={}) is False


def test_by_what_the_route_names() -> None:
    assert takes(parent={"sectionName": "web"}) is True
    assert takes(parent={"sectionName": "other"}) is False
    assert takes(parent={"port": 80}) is True
    assert takes(parent={"port": 81}) is False
    assert takes(parent={"group": "", "kind": "Service"}) is False
    assert takes(parent={"name": "other"}) is False


def test_by_protocol() -> None:
    assert takes({"protocol": "https"}) is True
    assert takes({"protocol": "TLS"}) is False
    assert takes({"protocol": "TLS"}, kind="TLSRoute") is True
    assert takes(kind="TLSRoute") is False
    assert takes(kind="GRPCRoute") is True
    assert takes({"protocol": "TCP"}) is False

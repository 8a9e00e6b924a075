"""`exposed`: yes where something publishes it and the policies let the Internet in; else no, or unknown."""

from __future__ import annotations

from typing import Any

import pytest

from bot.answer import Tone
from bot.commands.exposed import IsExposed, describe
from bot.errors import CommandError
from tests.harness.fixture_snapshot import snapshot_of


def pod(namespace: str = "web", name: str = "shop", **spec: object) -> dict[str, Any]:
    """A running pod."""
    meta = {"name": name, "namespace": namespace, "labels": {"app": name}}
    containers = [{"name": "a", "image": "a", "ports": [{"containerPort": 8080}]}]
    status = {"phase": "Running", "podIP": "10.0.0.7"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta,
        "spec": {"containers": containers, **spec},
        "status": status,
    }


def service(**spec: object) -> dict[str, Any]:
    """A Service in front of it."""
    meta = {"name": "front", "namespace": "web"}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": meta,
        "spec": {"selector": {"app": "shop"}, **spec},
    }


NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web"}}
DENY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "deny", "namespace": "web"},
    "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
}


@pytest.mark.parametrize(
    ("objects", "said", "exposed", "tone"),
    [
        ((service(type="LoadBalancer"),), "yes, web/shop is exposed: Service front", True, Tone.BAD),
        ((service(externalIPs=["192.0.2.1"]),), "yes, web/shop is exposed", True, Tone.BAD),
        ((service(type="NodePort"), DENY), "no, Service front publishes web/shop, but", False, Tone.GOOD),
        (
            (service(),),
            "no, nothing of its own publishes web/shop to the Internet, though",
            False,
            Tone.NEUTRAL,
        ),
        ((service(), DENY), "and the policies would not let it in", False, Tone.GOOD),
    ],
)
def test_it_takes_a_way_in_and_policies_that_let_it(
    objects: tuple[dict[str, Any], ...], said: str, exposed: bool, tone: Tone
) -> None:
    answer = describe(IsExposed("web/shop"), snapshot_of(NAMESPACE, pod(), *objects))
    assert said in answer.verdict
    assert answer.extra["exposed"] is exposed
    assert answer.tone is tone


def test_what_could_not_be_read_is_no_reassurance() -> None:
    answer = describe(
        IsExposed("web/shop"), snapshot_of(NAMESPACE, pod(), DENY, missing={"Service": "forbidden"})
    )
    assert "cannot be told for certain" in answer.verdict
    assert answer.extra["exposed"] is None
    assert answer.extra["incomplete"]


def test_a_pod_on_its_nodes_network_is_open_by_it() -> None:
    answer = describe(IsExposed("web/shop"), snapshot_of(NAMESPACE, pod(hostNetwork=True), DENY))
    assert "its node publishes it" in answer.verdict


def test_a_service_is_asked_about_by_its_own_name() -> None:
    snapshot = snapshot_of(NAMESPACE, pod(), service(type="NodePort"))
    assert describe(IsExposed("web/front"), snapshot).extra["exposed"] is True
    assert describe(IsExposed("shop"), snapshot).extra["exposed"] is True


def test_a_name_that_is_nowhere_or_twice_is_asked_back() -> None:
    snapshot = snapshot_of(NAMESPACE, pod(), pod("data"))
    with pytest.raises(CommandError, match="more than one namespace: data, web"):
        describe(IsExposed("shop"), snapshot)
    with pytest.raises(CommandError, match="called web/shoop") as raised:
        describe(IsExposed("web/shoop"), snapshot)
    assert "Did you mean web/shop?" in raised.value.next_step

"""Replicas hold one and the same parts, and are otherwise what was read."""

from __future__ import annotations

from typing import Any

import msgspec

from checks.cluster import objects as o
from checks.cluster.objects import wire
from checks.cluster.sharing import Parts


def read(number: int, image: str = "web:1", token: str = "") -> o.Pod:
    mounts = [
        {"name": "data", "mountPath": "/data"},
        *([{"name": token, "mountPath": "/t"}] if token else []),
    ]
    container: dict[str, Any] = {
        "name": "web",
        "image": image,
        "env": [{"name": "LEVEL", "value": "info"}],
        "volumeMounts": mounts,
    }
    pod = {
        "metadata": {"name": f"web-{number}"},
        "spec": {"containers": [container], "nodeName": f"n{number}"},
    }
    return wire.convert(pod, o.Pod)


def container_of(pod: o.Pod) -> o.Container:
    return (pod.spec.containers or ())[0]


def test_replicas_hold_the_same_containers() -> None:
    pods = [read(1), read(2)]
    Parts().share(pods)
    assert pods[0].spec.containers is pods[1].spec.containers
    assert [pod.spec.node_name for pod in pods] == ["n1", "n2"]


def test_containers_that_differ_in_one_thing_share_the_rest() -> None:
    parts, pods = Parts(), [read(1, token="token-a"), read(2, token="token-b"), read(3, image="web:2")]
    parts.share(pods[:1])
    parts.share(pods[1:])
    first, second, third = (container_of(pod) for pod in pods)
    assert first.env is second.env is third.env
    assert first.volume_mounts != second.volume_mounts
    assert third.image == "web:2"


def test_sharing_changes_nothing_that_is_said() -> None:
    pods = [read(number % 3, f"web:{number % 2}", f"token-{number}") for number in range(12)]
    before = [msgspec.structs.asdict(pod) for pod in pods]
    written = [wire.encode(pod) for pod in pods]
    Parts().share(pods)
    assert [wire.encode(pod) for pod in pods] == written
    assert [msgspec.structs.asdict(pod) for pod in pods] == before

"""Replicas hold one and the same parts, and are otherwise what plain decoding makes of them."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any

import msgspec
import pytest

from checks.cluster import objects as o
from checks.cluster.kinds import KINDS
from checks.cluster.objects import wire
from checks.cluster.sample import read_sample
from checks.cluster.sharing import Parts, form_of
from tests.harness.hostile import any_object, broken

KEY = "AKIA" + "ABCDEFGHIJKLMNOP"


def pod(number: int, image: str = "web:1", token: str = "", **spec: Any) -> dict[str, Any]:
    mounts = [
        {"name": "data", "mountPath": "/data"},
        *([{"name": token, "mountPath": "/t"}] if token else []),
    ]
    container: dict[str, Any] = {
        "name": "web",
        "image": image,
        "env": [{"name": "LEVEL", "value": "info"}, {"name": "KEY", "value": KEY}],
        "volumeMounts": mounts,
    }
    return {
        "metadata": {"name": f"web-{number}"},
        "spec": {"containers": [container], "nodeName": f"n{number}", **spec},
    }


def read(parts: Parts, *objects: Any, type_: type[o.Object] = o.Pod) -> tuple[Any, ...]:
    decoder = wire.decoder(form_of(type_))
    return parts.whole([decoder.decode(msgspec.json.encode(each)) for each in objects], type_)


def container_of(of: o.Pod) -> o.Container:
    return (of.spec.containers or ())[0]


def test_replicas_hold_the_same_containers() -> None:
    pods = read(Parts(), pod(1), pod(2))
    assert pods[0].spec.containers is pods[1].spec.containers
    assert [each.spec.node_name for each in pods] == ["n1", "n2"]


def test_containers_that_differ_in_one_thing_share_the_rest() -> None:
    parts = Parts()
    pods = read(parts, pod(1, token="token-a")) + read(parts, pod(2, token="token-b"), pod(3, image="web:2"))
    first, second, third = map(container_of, pods)
    assert first.env is second.env is third.env
    assert first.volume_mounts != second.volume_mounts
    assert third.image == "web:2"


@pytest.mark.parametrize("bare", [{}, {"spec": {}}, {"spec": {"containers": None, "volumes": None}}])
def test_what_is_not_there_stays_so(bare: dict[str, Any]) -> None:
    assert read(Parts(), bare) == (wire.convert(bare, o.Pod),)


def test_equal_bytes_of_different_fields_are_different_parts() -> None:
    (only,) = read(Parts(), pod(1, initContainers=[], volumes=[], imagePullSecrets=[], securityContext={}))
    assert only.spec.security_context == o.PodSecurityContext()
    assert (only.spec.init_containers, only.spec.volumes, only.spec.image_pull_secrets) == ((), (), ())


def test_no_value_is_kept_to_find_equal_ones_by() -> None:
    parts = Parts()
    read(parts, pod(1))
    assert KEY.encode() not in b"".join(digest for _, digest in parts._known)
    assert KEY not in repr(parts._known)


def test_a_part_that_does_not_fit_is_said() -> None:
    parts, wrong = Parts(), pod(1, volumes=7)
    for _ in range(2):
        with pytest.raises(msgspec.ValidationError):
            read(parts, wrong)


@pytest.mark.parametrize("kind", KINDS)
def test_sharing_changes_nothing_that_is_said(kind: str) -> None:
    type_, random, parts = KINDS[kind].type, Random(kind), Parts()
    plain = wire.decoder(type_)
    stored = [wire.encode(each) for each in read_sample(datetime.now(UTC)).objects.get(kind, ())]
    made = [
        msgspec.json.encode(broken(random, any_object(random, KINDS[kind]), rate)) for rate in (0, 0.02) * 20
    ]
    form = wire.decoder(form_of(type_))
    for body in (*stored, *made):
        try:
            expected = plain.decode(body)
        except msgspec.ValidationError:
            with pytest.raises(msgspec.ValidationError):
                parts.whole([form.decode(body)], type_)
        else:
            assert parts.whole([form.decode(body)], type_) == (expected,)

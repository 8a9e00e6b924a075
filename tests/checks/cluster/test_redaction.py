"""What may be a secret is gone once an object is decoded, however it came in, and stays gone in a file."""

from __future__ import annotations

import time
from typing import Any

import pytest

from checks.cluster import objects as o
from checks.cluster.objects import wire
from checks.cluster.objects.disguise import looks_like
from checks.cluster.redaction import redacted

SECRET = "correct-horse-battery-staple"
POD = {
    "metadata": {
        "name": "web",
        "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": SECRET,
            "container.apparmor.security.beta.kubernetes.io/app": "runtime/default",
        },
    },
    "spec": {
        "containers": [
            {
                "name": "app",
                "env": [{"name": "PASSWORD", "value": SECRET}, {"name": "EMPTY", "value": ""}],
                "command": ["run", SECRET],
                "args": [f"--password={SECRET}"],
            }
        ]
    },
}


def test_no_secret_is_left_in_a_pod() -> None:
    pod = wire.convert(POD, o.Pod)
    assert SECRET not in repr(pod)
    assert SECRET.encode() not in wire.encode(pod)
    assert pod.metadata.annotations.pairs == (
        ("container.apparmor.security.beta.kubernetes.io/app", "runtime/default"),
    )
    variables = (pod.spec.containers or ())[0].env or ()
    assert [each.value and each.value.like for each in variables] == ["text", ""]


def test_what_was_dropped_stays_dropped_in_a_file() -> None:
    pod = wire.convert(POD, o.Pod)
    assert wire.decoder(o.Pod).decode(wire.encode(pod)) == pod


@pytest.mark.parametrize(
    ("value", "like"),
    [
        ("", ""),
        ("true", "text"),
        ("https://example.com/a:b@c", "text"),
        ("postgres://app:$(PASSWORD)@db/app", "text"),
        ("postgres://app:hunter22@db/app", "URL with a password"),
        ("AKIA" + "IOSFODNN7EXAMPLE", "AWS access key id"),
        ("xoxb-" + "0123456789ab", "Slack token"),
        ("ghp_" + "a" * 36, "GitHub token"),
        ("-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE", "private key"),
        ("-----BEGIN CERTIFICATE-----\nMIIE", "text"),
    ],
)
def test_well_known_forms_are_told_apart(value: str, like: str) -> None:
    assert looks_like(value) == like


@pytest.mark.parametrize("size", [1 << 20, 5 << 20])
@pytest.mark.parametrize("piece", ["A", "-", "a://", "eyJ", "a://b:", "-----BEGIN "])
def test_a_huge_value_takes_no_time(piece: str, size: int) -> None:
    assert looks_like(piece * (size // len(piece))) == "text"


def test_of_a_snippet_only_its_being_there_is_kept() -> None:
    key = "nginx.ingress.kubernetes.io/configuration-snippet"
    ingress = wire.convert({"metadata": {"name": "web", "annotations": {key: SECRET}}}, o.Ingress)
    assert ingress.metadata.annotations.pairs == ((key, ""),)
    assert SECRET not in repr(ingress)


def test_annotations_of_which_nothing_is_kept_are_none_at_all() -> None:
    """So that a snapshot is written the same before and after it was in a file."""
    pod = wire.convert({"metadata": {"name": "a", "annotations": {"x": "y"}}, "spec": {}}, o.Pod)
    assert b"annotations" not in wire.encode(pod)


KEY = "AKIA" + "IOSFODNN7EXAMPLE"


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"containers": [{"args": [f"--password={SECRET}"]}]}, "args"),
        ({"containers": [{"command": ["run", "--api-key", SECRET, "--verbose"]}]}, "command"),
        ({"containers": [{"args": [f"mysql --password {SECRET} --fast"]}]}, "args"),
        ({"containers": [{"args": [f"export DB_PASSWORD='{SECRET} x'; run"]}]}, "args"),
        ({"containers": [{"args": [f"curl -u {KEY}"]}]}, "args"),
        ({"template": {"spec": {"containers": [{"env": [{"name": "A", "value": SECRET}]}]}}}, "value"),
        ({"containers": [{"env": [{"name": "A", "value": 8675309}]}]}, "value"),
        ({"server": {"env": [{"name": "A", "value": SECRET}]}}, "value"),
        ({"auth": [{"password": SECRET}]}, "password"),
        ({"pin": {"token": 8675309}}, "token"),
        ({"notes": ["see", KEY]}, "notes"),
    ],
)
def test_a_whole_object_holds_no_secret(spec: dict[str, Any], field: str) -> None:
    found = redacted({"apiVersion": "example.com/v1", "kind": "Thing", "spec": spec})
    for secret in (SECRET, KEY, "8675309"):
        assert secret.encode() not in bytes(found.raw)
    assert field in found.redacted


def test_a_pod_template_and_an_annotation_of_a_whole_object_hold_no_secret() -> None:
    variables = [{"name": "A", "value": SECRET}]
    found = redacted(
        {
            "apiVersion": "v1",
            "kind": "PodTemplate",
            "metadata": {"annotations": {"example.com/note": f"key {KEY}", "example.com/token": SECRET}},
            "template": {"spec": {"containers": [{"name": "app", "env": variables}]}},
        }
    )
    assert SECRET.encode() not in bytes(found.raw)
    assert KEY.encode() not in bytes(found.raw)
    assert {"value", "example.com/note", "example.com/token"} <= set(found.redacted)


def test_what_is_no_secret_stays() -> None:
    spec = {
        "serviceAccountName": "token",
        "automountServiceAccountToken": False,
        "selector": {"matchLabels": {"token": "blue"}},
        "volumes": [{"name": "x", "secret": {"secretName": "y"}}],
        "containers": [{"args": ["--v=2", "--token-ttl", "1h", "run --fast now"], "env": [{"name": "A"}]}],
    }
    given = {"apiVersion": "example.com/v1", "kind": "Thing", "spec": spec}
    found = redacted({**given})
    assert b"redacted" not in bytes(found.raw)
    assert found.redacted == ()


def test_long_arguments_are_looked_through_in_no_time() -> None:
    started = time.monotonic()
    for text in ("a" * 500_000, "--a " * 125_000, "a=" * 250_000, 'a="' * 150_000, "-" * 500_000):
        redacted({"apiVersion": "v1", "kind": "Pod", "spec": {"args": [text]}})
    assert time.monotonic() - started < 10

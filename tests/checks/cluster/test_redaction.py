"""What may be a secret is gone once an object is decoded, however it came in, and stays gone in a file."""

from __future__ import annotations

import pytest

from checks.cluster import objects as o
from checks.cluster.objects import wire
from checks.cluster.objects.disguise import looks_like

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

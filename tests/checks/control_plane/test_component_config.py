"""Configuration inside of ConfigMaps: only what checks read is kept, and a broken entry breaks nothing."""

from __future__ import annotations

import pytest

from checks.cluster import objects as o
from checks.cluster.objects import wire

SECRET = "correct-horse-battery"
HEAD = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"


def config_map(text: str) -> o.ComponentConfigMap:
    raw = {"metadata": {"name": "kubelet-config", "namespace": "kube-system"}, "data": {"kubelet": text}}
    return wire.convert(raw, o.ComponentConfigMap)


def test_only_the_settings_that_are_judged_are_kept() -> None:
    kept = config_map(f"{HEAD}readOnlyPort: 10255\nstaticPodURLHeader: {{Authorization: [{SECRET}]}}")
    assert kept.data.kubelet is not None
    assert kept.data.kubelet.config.read_only_port == 10255
    assert SECRET.encode() not in wire.encode(kept)
    assert wire.decoder(o.ComponentConfigMap).decode(wire.encode(kept)) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: [",
        "kind: Other",
        f"{HEAD}readOnlyPort: many",
        f"{HEAD}authentication: null\nfeatureGates: []",
        f"{HEAD}---\n{HEAD}",
        f"{HEAD}a: &a [*a]",
        "x" * (1 << 19),
        "[" * 5000,
    ],
)
def test_a_broken_entry_is_a_problem_and_no_failure(text: str) -> None:
    kept = config_map(text)
    assert kept.data.kubelet is not None
    assert kept.data.kubelet.config is None
    assert kept.data.kubelet.problem
    assert wire.decoder(o.ComponentConfigMap).decode(wire.encode(kept)) == kept

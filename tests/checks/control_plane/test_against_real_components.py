"""What we take for defaults is what the real API server says of itself, and it lists what we ask for."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest

from checks.cluster import objects as o
from checks.cluster.objects.arguments import FLAGS, Takes
from checks.cluster.source import LiveCluster, take_snapshot
from checks.control_plane.components import components
from checks.control_plane.server_flags import DEFAULT_PLUGINS, DEFAULTS
from tests.harness.api_server import ApiServer
from tests.kubernetes.build import binary

pytestmark = pytest.mark.kubernetes
_LINE = re.compile(r"^ +(?:-\w, )?--([a-z0-9-]+)(?: ([a-zA-Z0-9]+))?  +(.*)$", re.MULTILINE)
_LISTS = ("strings", "stringArray", "mapStringBool", "colonSeparatedMultimapStringString")


def pod(name: str, labels: dict[str, str], spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}


def config_map(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}


@pytest.fixture(scope="module")
def help_page() -> Mapping[str, tuple[str, str]]:
    """Every flag's type (empty for a switch) and description."""
    text = subprocess.run(
        [binary("kube-apiserver"), "--help"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    return {name: (type_, rest) for name, type_, rest in _LINE.findall(text)}


def test_the_defaults_that_rules_rely_on_are_the_servers(help_page: Mapping[str, tuple[str, str]]) -> None:
    for name, value in DEFAULTS.items():
        assert f"(default {value})" in help_page[name][1]
    assert (
        "Defaults to AlwaysAllow if --authorization-config is not used" in help_page["authorization-mode"][1]
    )


def test_flags_take_what_the_server_says(help_page: Mapping[str, tuple[str, str]]) -> None:
    known = FLAGS.keys() & help_page.keys()
    assert len(known) > 40
    for name in known:
        type_ = help_page[name][0]
        expected = Takes.SWITCH if not type_ else Takes.LIST if type_ in _LISTS else Takes.TEXT
        assert (name, FLAGS[name]) == (name, expected)


def test_the_plugins_that_run_by_default_do(help_page: Mapping[str, tuple[str, str]]) -> None:
    listed = re.search(r"default enabled ones \(([^)]*)\)", help_page["enable-admission-plugins"][1])
    assert listed
    assert set(listed[1].split(", ")) >= DEFAULT_PLUGINS
    asked = ("DenyServiceExternalIPs", "EventRateLimit", "AlwaysAdmit", "AlwaysPullImages", "NodeRestriction")
    assert not set(listed[1].split(", ")) & set(asked)
    assert all(plugin in help_page["enable-admission-plugins"][1] for plugin in asked)


def test_a_live_cluster_shows_its_static_pods_and_component_configuration(api_server: ApiServer) -> None:
    spec = {"containers": [{"name": "x", "image": "x", "command": ["kube-apiserver", "--profiling=false"]}]}
    text = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nreadOnlyPort: 10255\n"
    made = {"pod-template-hash": "x"}
    objects = (
        pod("kube-apiserver-cp-1", {}, spec),
        pod("made-by-a-controller", made, spec),
        {**config_map("kubelet-config"), "data": {"kubelet": text}},
        {**config_map("other"), "data": {"kubelet": text}},
    )
    stored = api_server.api.apply(*objects, namespace="kube-system")
    try:
        snapshot = take_snapshot(LiveCluster(kubeconfig=api_server.kubeconfig), progress=lambda *_: None)
    finally:
        api_server.api.delete(*stored)  # the server is every test's
    found = components(snapshot).api_servers
    assert [server.resource.name for server in found] == ["kube-apiserver-cp-1"]
    config = snapshot.all(o.ComponentConfigMap)
    assert [each.metadata.name for each in config] == ["kubelet-config"]
    assert config[0].data.kubelet is not None
    assert config[0].data.kubelet.config.read_only_port == 10255
